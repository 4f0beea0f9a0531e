//! Placeholders that nobody filled in: `${DOMAIN}`, `{{ domain }}`, `<your-domain>`, CHANGEME. The spec is read as it is
//! written, so each would reach the host as it stands.

use super::text_type::RefusedText;
use regex_lite::Regex;
use std::sync::LazyLock;

/// A form of placeholder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A variable of a shell or of Compose; the name is the first group that matches.
    Variable,
    /// An expression of Jinja, as in Ansible.
    Expression,
    /// A word to replace, as in documentation.
    Word,
}

/// The forms. A name between `<` and `>` counts only if it cannot be a part of an address, of HTML or of a pattern.
const FORMS: [(Form, &str); 4] = [
    (Form::Variable, r"\$\{([A-Za-z_][A-Za-z0-9_]*)[^}]*\}|^\$([A-Za-z_][A-Za-z0-9_]*)$"),
    (Form::Expression, r"\{\{.*\}\}"),
    (
        Form::Word,
        r"(^|://)<[A-Za-z][A-Za-z0-9 _-]*>($|[/:])|(^|[^?P])<([A-Z][A-Z_-]+|[A-Za-z0-9]+([ _-][A-Za-z0-9]+)+)>",
    ),
    (Form::Word, r"(?i)\b(change[_-]?me|replace[_-]?me|your[_-]domain|yourdomain)\b"),
];

static PATTERNS: LazyLock<Vec<(Form, Regex)>> = LazyLock::new(|| {
    let compiled =
        FORMS.iter().filter_map(|(form, pattern)| Some((*form, Regex::new(pattern).ok()?)));
    compiled.collect()
});

/// How a text is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::module) enum ReadAs {
    /// As it is; a whole text may be `{ env = "NAME" }` instead.
    Option,
    /// As it is.
    Plain,
    /// As a template of Synapse's own.
    Template,
}

/// Why a text is refused if it has a placeholder.
pub(in crate::module) fn unfilled(text: &str, read: ReadAs) -> Option<RefusedText> {
    let forms = PATTERNS.iter();
    let mut forms = forms.filter(|(form, _)| *form != Form::Expression || read != ReadAs::Template);
    let (form, parts) = forms.find_map(|(form, pattern)| Some((form, pattern.captures(text)?)))?;
    let why = match form {
        Form::Expression => "matrixform does not evaluate `{{ … }}` here".to_owned(),
        Form::Word => "this placeholder was not filled in".to_owned(),
        Form::Variable => {
            let name = parts.get(1).or(parts.get(2)).map_or("", |name| name.as_str());
            let why = format!("matrixform does not expand the variable `{name}`");
            if read == ReadAs::Option {
                let help = format!(
                    "write the value itself; to read the variable, write `{{ env = \"{name}\" }}` in place of the whole text"
                );
                return Some(RefusedText::because(why).write(help));
            }
            why
        }
    };
    Some(RefusedText::because(why).write("write the value itself"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_values() {
        for text in [
            "${DOMAIN}",
            "https://${DOMAIN:-example.org}/",
            "$DOMAIN",
            "{{ domain }}",
            "x {{domain}}",
            "<domain>",
            "https://<your-domain>/",
            "https://<host>:8448",
            "Matrix <YOUR_ADDRESS>",
            "CHANGEME",
            "change-me",
            "matrix.your-domain.com",
        ] {
            assert!(unfilled(text, ReadAs::Option).is_some(), "{text}");
        }
        for text in [
            "",
            "Example <matrix@example.org>",
            "x <root>",
            "<b>bold</b>",
            "(?P<user_id>.*)",
            "[%(app)s] a < b > c",
            "\"$user\", public",
            "^@irc_.*$",
            "costs $5",
            "exchange-medium",
            "{a}",
        ] {
            assert!(unfilled(text, ReadAs::Option).is_none(), "{text}");
        }
        assert!(
            unfilled("{{ user.name }}", ReadAs::Template).is_none(),
            "some options are templates"
        );
        let help = |read| unfilled("a${MAIL_HOST}", read).and_then(|one| one.help).unwrap();
        assert!(help(ReadAs::Option).contains("`{ env = \"MAIL_HOST\" }`"));
        assert_eq!(help(ReadAs::Plain), "write the value itself");
    }
}
