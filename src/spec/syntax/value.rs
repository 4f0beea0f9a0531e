//! Text in the place of a value that was meant as one: words of YAML and Python, quotes from word processors,
//! templates, comments of other languages.

use super::nested;
use super::scalar::{
    apostrophe, backtick, boolean, escape, fraction, heredoc, leading_zero, nothing, prefix,
    several,
};
use crate::diagnostic::{Lookalike, lookalike};

/// What a text was probably meant to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Correction {
    /// The mistake, as a message.
    pub(super) why: String,
    /// The correct spelling, if there is one.
    pub(super) write: Option<String>,
    /// The advice otherwise.
    pub(super) help: &'static str,
}

impl Correction {
    pub(super) fn write(why: impl Into<String>, write: impl Into<String>) -> Correction {
        Correction { why: why.into(), write: Some(write.into()), help: "" }
    }

    pub(super) fn help(why: impl Into<String>, help: &'static str) -> Correction {
        Correction { why: why.into(), write: None, help }
    }
}

/// The message for a text without quotes.
const TEXT: &str = "text needs quotes";

/// Whether this is a text whose only mistake is that it has no quotes.
pub(super) fn is_bare_text(text: &str) -> bool {
    text.len() <= super::MAX_STATEMENT_BYTES && !is_value(text) && meant(text).why == TEXT
}

/// Whether it is a valid TOML value.
pub(super) fn is_value(text: &str) -> bool {
    !text.is_empty() && is_toml(&format!("x = {text}\n"))
}

/// Whether it is valid TOML.
pub(super) fn is_toml(text: &str) -> bool {
    toml::de::DeTable::parse_recoverable(text).1.is_empty()
}

/// Guesses what an invalid value was meant to be.
pub(super) fn meant(text: &str) -> Correction {
    let known = [
        empty,
        odd_quotes,
        odd_characters,
        template,
        variable,
        vault,
        semicolon,
        comment,
        comma,
        assignment,
        nested::meant,
        boolean,
        nothing,
        backtick,
        heredoc,
        prefix,
        apostrophe,
        escape,
        several,
        leading_zero,
        fraction,
    ];
    known.iter().find_map(|of| of(text)).unwrap_or_else(|| Correction::write(TEXT, quoted(text)))
}

/// Quotes a text for TOML.
pub(super) fn quoted(text: &str) -> String {
    match text.contains(['"', '\\']) && !text.contains('\'') && !text.chars().any(char::is_control)
    {
        true => format!("'{text}'"),
        false => serde_json::Value::from(text).to_string(),
    }
}

/// Returns the correct spelling of a value, valid or not; `None` if unknown.
pub(super) fn fixed(text: &str) -> Option<String> {
    match is_value(text) {
        true => Some(text.to_owned()),
        false => meant(text).write.filter(|write| is_value(write)),
    }
}

fn empty(text: &str) -> Option<Correction> {
    let help =
        "write the value after `=`, or remove the line: an option that is not set has its default";
    text.is_empty().then(|| Correction::help("the value is missing", help))
}

/// Finds `“a”`: quotes from word processors and web pages.
fn odd_quotes(text: &str) -> Option<Correction> {
    let first = text.chars().find_map(lookalike).filter(Lookalike::is_quote)?;
    let why = format!("{} is not a quote in TOML", first.describe());
    let is_quote =
        |c: char| c == '"' || c == '\'' || lookalike(c).is_some_and(|one| one.is_quote());
    let around =
        text.starts_with(is_quote) && text.trim_end_matches([',', ';']).ends_with(is_quote);
    let one = text.chars().filter(|c| is_quote(*c)).count() == 2;
    let inside = text.trim_end_matches([',', ';']).trim_matches(is_quote);
    match around && one {
        true => Some(Correction::write(why, quoted(inside))),
        false => Some(Correction { why, write: replaced(text), help: "write `\"` in its place" }),
    }
}

/// Finds unusual spaces and invisible characters.
fn odd_characters(text: &str) -> Option<Correction> {
    let first = text.chars().find_map(lookalike)?;
    let why = format!("unexpected character: {}", first.describe());
    Some(Correction {
        why,
        write: replaced(text),
        help: "remove it, and type the character that was meant",
    })
}

/// Returns the text with look-alikes replaced, if that is a value.
fn replaced(text: &str) -> Option<String> {
    fixed(plain(text).trim())
}

/// Returns the text with look-alikes replaced.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match lookalike(c) {
            Some(known) => plain.push_str(known.meant),
            None => plain.push(c),
        }
    }
    plain
}

/// Finds `{{ x }}`, as in Jinja.
fn template(text: &str) -> Option<Correction> {
    let is = text.starts_with("{{") || text.starts_with("{%");
    is.then(|| Correction::write("a template needs quotes around it", quoted(text)))
}

/// Finds `${X}`, as in a shell.
fn variable(text: &str) -> Option<Correction> {
    let rest = text.strip_prefix('$')?.trim_end_matches(';');
    let name = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(rest);
    let name = name.strip_prefix("env:").unwrap_or(name);
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is = !name.is_empty() && name.chars().all(is_name_char);
    let why = format!(
        "`{text}` is not expanded in a spec: an environment variable is written as a table"
    );
    is.then(|| Correction::write(why, format!("{{ env = \"{name}\" }}")))
}

/// Finds `!vault`, as in Ansible.
fn vault(text: &str) -> Option<Correction> {
    let help = "store the value with `matrixform secrets set SPEC AREA/NAME`, and write `{ secret = \"AREA/NAME\" }`";
    if text.starts_with("!vault") || text.starts_with("$ANSIBLE_VAULT") {
        return Some(Correction::help("Ansible Vault values are not supported", help));
    }
    let tagged = text.starts_with('!').then(|| text.split_once(' ')).flatten();
    tagged.map(|(tag, rest)| Correction {
        why: format!("`{tag}` is a YAML tag, and TOML has none"),
        write: fixed(rest.trim_start_matches(['!', ' '])),
        help: "write only the value",
    })
}

/// `1;`
fn semicolon(text: &str) -> Option<Correction> {
    let rest = text.strip_suffix(';')?.trim_end_matches([';', ',', ' ', '\t']);
    let write = fixed(rest);
    Some(Correction {
        why: "a TOML line does not end in `;`".to_owned(),
        write,
        help: "remove the `;`",
    })
}

/// `1 // why`
fn comment(text: &str) -> Option<Correction> {
    let mark = [" //", " --", " ;", " /*", "\t//", "\t--", "\t;"];
    let found = mark.into_iter().filter_map(|mark| Some((text.find(mark)?, mark)));
    let (at, mark) = found.min_by_key(|(at, _)| *at)?;
    let value = fixed(text.get(..at)?.trim_end())?;
    let comment = text.get(at + mark.len()..)?.trim().trim_end_matches("*/").trim_end();
    let why = format!("a comment starts with `#`, not `{}`", mark.trim());
    Some(Correction::write(why, format!("{value} # {comment}")))
}

/// `"a",`
fn comma(text: &str) -> Option<Correction> {
    let rest = text.strip_suffix(',')?.trim_end_matches([';', ',', ' ', '\t']);
    let write = fixed(rest);
    Some(Correction {
        why: "a TOML line does not end in `,`".to_owned(),
        write,
        help: "remove the `,`",
    })
}

/// `== 1`, `=> 1`
fn assignment(text: &str) -> Option<Correction> {
    let rest = text.strip_prefix(['=', '>'])?.trim_start_matches(['=', '>', ' ', '\t']);
    let why = "a single `=` goes between key and value";
    Some(Correction { why: why.to_owned(), write: fixed(rest), help: "write one `=`" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_values_are_corrected() {
        for (text, write) in [
            ("matrix.example.org", "\"matrix.example.org\""),
            ("\u{201c}a b\u{201d}", "\"a b\""),
            ("\u{2018}a\u{2019}", "\"a\""),
            ("1\u{200b}", "1"),
            ("\u{a0}true", "true"),
            ("yes", "true"),
            ("True", "true"),
            ("OFF", "false"),
            ("{{ name }}", "\"{{ name }}\""),
            ("${HOST}", "{ env = \"HOST\" }"),
            ("$HOST", "{ env = \"HOST\" }"),
            ("2;", "2"),
            ("a;", "\"a\""),
            ("1 // why", "1 # why"),
            ("a -- why", "\"a\" # why"),
            ("\"a\",", "\"a\""),
            ("= 1", "1"),
            ("> a", "\"a\""),
            ("`a`", "\"a\""),
            ("r\"a\"", "\"a\""),
            ("'it's'", "\"it's\""),
            ("\"\\d+\"", "'\\d+'"),
            ("\"a\" \"b\"", "[\"a\", \"b\"]"),
            ("a, b", "[\"a\", \"b\"]"),
            ("0644", "\"0644\""),
            ("-007", "-7"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("30d", "\"30d\""),
            ("1.163.2", "\"1.163.2\""),
            ("10.0.0.1", "\"10.0.0.1\""),
            ("say \"a\"", "'say \"a\"'"),
            ("[\"a\" \"b\"]", "[\"a\", \"b\"]"),
            ("[a, b]", "[\"a\", \"b\"]"),
            ("{ a: 1, b: yes }", "{ a = 1, b = true }"),
            ("{ a = 1 b = 2 }", "{ a = 1, b = 2 }"),
            ("[1, 2}", "[1, 2]"),
        ] {
            assert_eq!(fixed(text).as_deref(), Some(write), "{text}: {:?}", meant(text));
        }
        for text in ["", "null", "None", "~", "!vault |", "<<EOF"] {
            assert_eq!(fixed(text), None, "{text}");
            assert!(!meant(text).help.is_empty(), "{text}");
        }
        // Text that can never be corrected terminates too.
        for text in ["\"a", "'", ";", ",", "= = =", "!a !b !c", "\"a\",;,;"] {
            let _ = fixed(&text.repeat(60));
        }
    }
}
