//! nginx: one parameter of a directive. nginx has no way to escape `$`, so text with one is refused:
//! in most directives it would be read as a variable.

use super::{is_bare, no_control};

/// One parameter.
pub(super) fn nginx(text: &str) -> Result<String, String> {
    no_control(text)?;
    if text.contains('$') {
        return Err("nginx cannot escape `$`: it would be read as a variable".into());
    }
    if is_bare(text, "_-./:=@%+,*^") {
        return Ok(text.to_owned());
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A regular expression as a parameter: quoted if it has braces, semicolons or blanks. nginx removes a backslash only
/// before `\ " ' t r n`, so other backslashes in a pattern stay as they are.
pub(super) fn nginx_regex(pattern: &str) -> Result<String, String> {
    no_control(pattern)?;
    if pattern.is_empty() {
        return Err("the pattern is empty".into());
    }
    let bare = !pattern.contains(|c: char| "{};\"' #".contains(c));
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        let eaten = c == '\\' && chars.peek().is_none_or(|next| "\\\"'trn".contains(*next));
        if eaten || (c == '"' && !bare) {
            out.push('\\');
        }
        out.push(c);
        if c == '\\' && chars.peek() == Some(&'\\') {
            chars.next();
            out.push_str("\\\\");
        }
    }
    Ok(if bare { out } else { format!("\"{out}\"") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads one parameter that ends before ` ;`, as ngx_conf_read_token does.
    fn read(written: &str) -> String {
        let line = format!("{written} ;");
        let chars: Vec<char> = line.chars().collect();
        let quoted = chars[0] == '"';
        let mut at = usize::from(quoted);
        let start = at;
        while at < chars.len() {
            match chars[at] {
                '\\' => at += 1,
                '"' if quoted => break,
                ' ' | ';' | '{' if !quoted => break,
                _ => {}
            }
            at += 1;
        }
        let rest: String = chars[at..].iter().collect();
        assert_eq!(rest, if quoted { "\" ;" } else { " ;" }, "{written}");
        let mut text = String::new();
        let mut token = chars[start..at].iter().copied().peekable();
        while let Some(c) = token.next() {
            match (c, token.peek()) {
                ('\\', Some(next @ ('"' | '\'' | '\\'))) => {
                    text.push(*next);
                    token.next();
                }
                ('\\', Some('t' | 'r' | 'n')) => panic!("{written}"),
                _ => text.push(c),
            }
        }
        text
    }

    proptest! {
        #[test]
        fn parameters_read_back_the_same(text in "[^$\\p{C}]{0,20}", other in "[\\\\\"'tn;{} #a]*") {
            prop_assert_eq!(read(&nginx(&text).unwrap()), text);
            prop_assert_eq!(read(&nginx(&other).unwrap()), other);
        }

        #[test]
        fn patterns_read_back_the_same(pattern in "([\\\\][\\\\.dtrn\"'{w]|[a-z.*{};\" ()$])+") {
            prop_assert_eq!(read(&nginx_regex(&pattern).unwrap()), pattern);
        }
    }

    #[test]
    fn patterns_stay_readable() {
        assert_eq!(
            nginx_regex(r"^/_matrix/(client|media)/.*\.png$").unwrap(),
            r"^/_matrix/(client|media)/.*\.png$"
        );
        assert_eq!(nginx_regex(r"^a{2};$").unwrap(), r#""^a{2};$""#);
        assert!(nginx("a$b").is_err() && nginx("a\nb").is_err());
        assert_eq!(nginx("").unwrap(), "\"\"");
        assert_eq!(nginx("/a b").unwrap(), "\"/a b\"");
    }
}
