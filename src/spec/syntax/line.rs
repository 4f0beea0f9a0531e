//! Lines that are neither pairs nor headers, and the keys of pairs.

use super::value::{Correction, fixed, is_toml, plain};
use crate::diagnostic::lookalike;

/// Guesses what a line without `=` was meant to be.
pub(super) fn meant(line: &str) -> Correction {
    let known = [comment, block, closing, item, colon, odd, key_value];
    known.iter().find_map(|of| of(line)).unwrap_or_else(|| Correction {
        why: "this line is not valid TOML".to_owned(),
        write: None,
        help: "a line is `[section]`, `key = value`, or a comment after `#`",
    })
}

/// Comment markers of other languages.
const COMMENTS: [&str; 8] = ["//", "/*", "*/", "--", ";", "%", "REM ", "rem "];

fn comment(line: &str) -> Option<Correction> {
    let mark = COMMENTS.iter().find(|mark| line.starts_with(**mark))?;
    let text = line.get(mark.len()..)?.trim_start_matches(['/', '*', '-', ';']);
    let text = text.trim().trim_end_matches("*/").trim_end();
    let why = format!("a comment starts with `#`, not `{}`", mark.trim());
    Some(Correction::write(why, format!("# {text}").trim_end().to_owned()))
}

/// `server {`
fn block(line: &str) -> Option<Correction> {
    let name = line.strip_suffix('{')?.trim().trim_end_matches(':').trim_end();
    let is_key_char = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is = !name.is_empty() && name.chars().all(is_key_char);
    let why =
        "a section header is its name in brackets, and a section ends where the next one starts";
    is.then(|| Correction::write(why, format!("[{name}]")))
}

fn closing(line: &str) -> Option<Correction> {
    let is = line.chars().all(|c| "]}),;".contains(c));
    is.then(|| Correction {
        why: "this closes nothing".to_owned(),
        write: None,
        help: "remove it, or look for the missing opening bracket",
    })
}

/// `- a`
fn item(line: &str) -> Option<Correction> {
    line.strip_prefix("- ").map(|_| Correction {
        why: "this is a YAML list item".to_owned(),
        write: None,
        help: "a TOML list is written `key = [\"a\", \"b\"]`, a list of tables `[[key]]`",
    })
}

/// `key: value`
fn colon(line: &str) -> Option<Correction> {
    let (key, value) = line.split_once(':')?;
    let (key, value) = (right_key(key.trim())?, value.trim_start_matches('=').trim());
    let why = "TOML uses `=` between key and value, not `:`";
    if value.is_empty() || value.starts_with('#') {
        let why = "a section header is its name in brackets, without `:`";
        return Some(Correction::write(why, format!("[{key}]")));
    }
    let (value, comment) = match value.split_once(" #") {
        Some((value, comment)) if fixed(value.trim()).is_some() => (value.trim(), Some(comment)),
        _ => (value, None),
    };
    let comment = comment.map(|text| format!(" #{text}")).unwrap_or_default();
    let write = fixed(value).map(|value| format!("{key} = {value}{comment}"));
    Some(Correction { why: why.to_owned(), write, help: "write `key = value`" })
}

/// Finds invisible or easily confused characters.
fn odd(line: &str) -> Option<Correction> {
    let first = line.chars().find_map(lookalike)?;
    let write = Some(plain(line).trim().to_owned()).filter(|line| is_toml(&format!("{line}\n")));
    let help = "type the character that was meant";
    Some(Correction { why: format!("unexpected character: {}", first.describe()), write, help })
}

/// `key value`, `key "value"`, `client_max_body_size 50M;`, `key`
fn key_value(line: &str) -> Option<Correction> {
    let line = line.trim_end_matches(';').trim_end();
    let (key, value) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let key = right_key(key)?;
    if value.is_empty() {
        let why = format!("`{key}` has no value");
        return Some(Correction {
            why,
            write: None,
            help: "write `key = value`, or remove the line",
        });
    }
    let write = fixed(value.trim()).map(|value| format!("{key} = {value}"));
    Some(Correction {
        why: "missing `=` after the key".to_owned(),
        write,
        help: "write `key = value`",
    })
}

/// Returns the key, quoted if necessary.
fn right_key(key: &str) -> Option<String> {
    let bare = key.trim_matches(['"', '\'']);
    let is_key_char = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is = !bare.is_empty() && bare.chars().all(is_key_char) && is_toml(&format!("{bare} = 1\n"));
    is.then(|| bare.to_owned())
}

/// Guesses what the key of a pair was meant to be; `None` if it is right.
pub(super) fn key(key: &str) -> Option<Correction> {
    if is_toml(&format!("{key} = 1\n")) {
        return None;
    }
    let fits = |text: &str| Some(text.to_owned()).filter(|text| is_toml(&format!("{text} = 1\n")));
    if key.is_empty() {
        let help = "write the name of the option before `=`";
        return Some(Correction { why: "the key is missing".to_owned(), write: None, help });
    }
    if let Some(first) = key.chars().find_map(lookalike) {
        let text = plain(key);
        let write = fits(text.trim()).or_else(|| fits(text.trim().trim_matches('"')));
        let write = right_key(text.trim()).or(write);
        let why = match first.is_quote() {
            true => format!("{} is not a quote in TOML", first.describe()),
            false => format!("unexpected character: {}", first.describe()),
        };
        return Some(Correction { why, write, help: "type the character that was meant" });
    }
    if let Some(name) = key.strip_suffix(':').and_then(|name| right_key(name.trim())) {
        return Some(Correction::write("a single `=` goes between key and value", name));
    }
    for keyword in ["export ", "set ", "let ", "var ", "const ", "local "] {
        if let Some(name) = key.strip_prefix(keyword).and_then(|name| right_key(name.trim())) {
            return Some(Correction::write(
                format!("a key has no `{}` before it", keyword.trim()),
                name,
            ));
        }
    }
    if let Some(name) = key.strip_prefix('$').and_then(right_key) {
        return Some(Correction::write("a key has no `$` before it", name));
    }
    let joined = key.split_whitespace().collect::<Vec<_>>().join("_");
    let why = "a key without quotes may only have letters from a to z, digits, `_` and `-`";
    let write =
        fits(&joined).or_else(|| fits(&super::value::quoted(key.trim_matches(['"', '\'']))));
    Some(Correction { why: why.to_owned(), write, help: "write it like this, or between quotes" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_lines_are_corrected() {
        for (line, write) in [
            ("// why", "# why"),
            ("; why", "# why"),
            ("-- why", "# why"),
            ("/* why */", "# why"),
            ("server {", "[server]"),
            ("address: a.example", "address = \"a.example\""),
            ("\"address\": \"a\",", "address = \"a\""),
            ("port: 22 # ssh", "port = 22 # ssh"),
            ("hsts: yes", "hsts = true"),
            ("synapse:", "[synapse]"),
            ("address \"a\"", "address = \"a\""),
            ("client_max_body_size 50M;", "client_max_body_size = \"50M\""),
            ("a \u{ff1d} 1", "a = 1"),
        ] {
            assert_eq!(meant(line).write.as_deref(), Some(write), "{line}");
        }
        for line in ["}", "- a", "word", "@"] {
            assert!(!meant(line).help.is_empty(), "{line}");
        }
        for (of, write) in [
            ("\u{201c}a\u{201d}", "a"),
            ("my key", "my_key"),
            ("\u{fc}", "\"\u{fc}\""),
            ("export A", "A"),
            ("a:", "a"),
            ("a\u{a0}", "a"),
        ] {
            assert_eq!(key(of).unwrap().write.as_deref(), Some(write), "{of}");
        }
        assert_eq!(key("a.b-c"), None);
    }
}
