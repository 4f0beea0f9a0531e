//! The only way to get a syntax tree. Expressions of extraordinary size are refused before parsing: minijinja's parser
//! and compiler and our own walks are recursive, and a sum of ten thousand terms would overflow the stack and end the
//! program.

use super::failure::TemplateFailure;
use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::{self, Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// The most tokens of one expression; the longest in the built-in modules has a fifth of that.
const TOKENS: usize = 1000;

/// The most branches of one template: every `elif` nests what follows it.
const BRANCHES: usize = 200;

/// The tree of a bare expression.
///
/// # Errors
///
/// The expression has more than 1000 parts, or does not parse.
pub fn expression(text: &str) -> Result<Expr<'_>, TemplateFailure> {
    refuse_if_too_large(text, true)?;
    Ok(machinery::parse_expr(text)?)
}

/// The tree of a template.
///
/// # Errors
///
/// An expression has more than 1000 parts, the template has more than 200 `elif`, or it does not parse.
pub fn template(text: &str) -> Result<Stmt<'_>, TemplateFailure> {
    refuse_if_too_large(text, false)?;
    // Whitespace trimming does not affect the tree.
    Ok(machinery::parse(text, "", SyntaxConfig::default())?)
}

/// Refuses a text that is too large. A text with fewer bytes than the limit cannot have that many tokens.
fn refuse_if_too_large(text: &str, bare: bool) -> Result<(), TemplateFailure> {
    if text.len() <= TOKENS {
        return Ok(());
    }
    let (mut tokens, mut branches) = (0, 0);
    // The parser reports invalid tokens.
    for (token, span) in tokenize(text, bare, SyntaxConfig::default()).map_while(Result::ok) {
        match token {
            Token::VariableStart | Token::BlockStart => tokens = 0,
            Token::Ident("elif") => branches += 1,
            _ => tokens += 1,
        }
        let what = match (tokens > TOKENS, branches > BRANCHES) {
            (true, _) => format!("this expression is too long: it has more than {TOKENS} parts"),
            (_, true) => format!("more than {BRANCHES} `elif` here"),
            _ => continue,
        };
        let at = span.start_offset as usize;
        return Err(TemplateFailure { message: what, range: Some(at..at + 1), template: None });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeply_nested_expressions_are_refused() {
        for (one, last) in
            [("1 + ", "1"), ("not ", "1"), ("- ", "1"), ("x.", "y"), ("1 if 1 else ", "1")]
        {
            let many = one.repeat(100_000) + last;
            let failure = expression(&many).unwrap_err();
            assert!(failure.message.contains("too long"), "{}", failure.message);
            assert!(template(&format!("{{{{ {many} }}}}")).is_err());
            expression(&(one.repeat(20) + last)).unwrap();
        }
        let elifs = format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(10_000));
        assert!(template(&elifs).unwrap_err().message.contains("`elif`"));
    }

    #[test]
    fn long_templates_of_short_expressions_are_fine() {
        template(&"{{ 1 + 1 }} and {% if x %}y{% endif %}\n".repeat(10_000)).unwrap();
    }
}
