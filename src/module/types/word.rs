//! Plain words: strings, slugs, SQL identifiers, users. These values would be safe without quoting, but are quoted all
//! the same.

use super::text_type::{RefusedText, TextType};
use crate::resource::postgres_name;
use minijinja::Value;

pub(super) const STRING: TextType = TextType {
    name: "string",
    article: "a string",
    example: "`hello`",
    pattern: r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$",
    fields: &[],
    parse: string,
};

pub(super) const COMMAND: TextType =
    TextType { name: "command", article: "a shell command", example: "`du -sh /srv`", ..STRING };

pub(super) const SLUG: TextType = TextType {
    name: "slug",
    article: "a slug",
    example: "`main-2`",
    pattern: r"^[a-z0-9][a-z0-9_-]{0,63}$",
    fields: &[],
    // No dots: cron skips files with a dot, and the name of a unit ends at one.
    parse: |text| word(text, Word { start: "", within: "_-", most: 64, digit_first: true }),
};

pub(super) const IDENTIFIER: TextType = TextType {
    name: "identifier",
    article: "the name of a role or database",
    example: "`matrix-synapse`",
    pattern: postgres_name::PATTERN,
    fields: &[],
    parse: |text| match postgres_name::why_not(text) {
        None => Ok(Value::from(text)),
        Some(why) => Err(RefusedText::because(why).write("use letters, digits, `_`, `-` and `.`")),
    },
};

pub(super) const USER: TextType = TextType {
    name: "user",
    article: "a user on the host",
    example: "`matrix-synapse`",
    pattern: r"^[a-z_][a-z0-9_-]{0,31}$",
    fields: &[],
    // The limit and the characters of useradd.
    parse: |text| word(text, Word { start: "_", within: "_-", most: 32, digit_first: false }),
};

fn string(text: &str) -> Result<Value, RefusedText> {
    match text.chars().find(|c| c.is_control() && !"\n\t".contains(*c)) {
        Some(c) => Err(RefusedText::because(format!(
            "contains the control character {}",
            c.escape_unicode()
        ))),
        None => Ok(Value::from(text)),
    }
}

struct Word {
    start: &'static str,
    within: &'static str,
    most: usize,
    digit_first: bool,
}

fn word(text: &str, rule: Word) -> Result<Value, RefusedText> {
    let lower = |c: char| c.is_ascii_lowercase();
    let first =
        |c: char| lower(c) || rule.start.contains(c) || (rule.digit_first && c.is_ascii_digit());
    let other = |c: &char| !(lower(*c) || c.is_ascii_digit() || rule.within.contains(*c));
    if text.len() > rule.most {
        return Err(RefusedText::because(format!("longer than {} characters", rule.most)));
    }
    if let Some(c) = text.chars().find(other) {
        let help = "use lowercase letters and digits";
        return Err(
            RefusedText::because(format!("`{}` is not allowed", c.escape_debug())).write(help)
        );
    }
    match text.chars().next() {
        None => Err(RefusedText::because("empty")),
        Some(c) if !first(c) => Err(RefusedText::because(format!("cannot start with `{c}`"))),
        Some(_) => Ok(Value::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use crate::module::types::text_type::find;

    #[test]
    fn words_are_restricted_by_type() {
        let takes = |name: &str, text: &str| (find(name).unwrap().parse)(text).is_ok();
        for (name, good, bad) in [
            ("slug", ["a", "2nd-one", "a_b"], ["", "A", "a.b"]),
            ("identifier", ["1a", "_x1", "matrix-synapse"], ["-a", "a\"b", "Ä"]),
            ("user", ["_apt", "www-data", "u1"], ["-a", "1a", "a b"]),
            ("string", ["", "a\nb", "ü"], ["\0", "\u{1b}[0m", "\r"]),
        ] {
            assert!(good.iter().all(|text| takes(name, text)), "{name}");
            assert!(!bad.iter().any(|text| takes(name, text)), "{name}");
        }
        assert!(!takes("identifier", &"a".repeat(64)));
    }
}
