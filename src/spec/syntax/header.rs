//! `[section]` lines that are not valid TOML.

use super::value::{Correction, is_toml, plain};

/// Guesses what such a line was meant to be.
pub(super) fn meant(line: &str) -> Correction {
    let help = "write only the name in the brackets, such as `[synapse]` or `[[resource]]`";
    let list = line.starts_with("[[");
    let (name, rest) = inside(line);
    let write = (!name.is_empty()).then(|| written(&name, list));
    let write = write.filter(|write| is_toml(&format!("{write}\n")));
    let rest = rest.trim();
    let why = if name.is_empty() {
        "the section has no name"
    } else if rest.starts_with("//") || rest.starts_with(';') || rest.starts_with("--") {
        "a comment starts with `#`"
    } else if rest == ":" || rest == "{" {
        "a section header is only its name in brackets"
    } else if brackets(line).is_some_and(|(open, close)| open != close) {
        "the brackets around the section name do not match"
    } else if name.contains([' ', ':', '"', '/']) || !name.is_ascii() {
        "this is not a valid section name"
    } else if !line.contains(']') {
        "this section header is never closed"
    } else {
        "nothing can follow a section header on its line"
    };
    Correction { why: why.to_owned(), write, help }
}

/// Returns the name between the brackets, and the text after them.
fn inside(line: &str) -> (String, &str) {
    let text = line.trim_start_matches('[');
    let end = text.find([']', '#', '{', '}']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (plain(name).trim().to_owned(), rest.trim_start_matches([']', '}']))
}

/// Returns the number of brackets before and after the name.
fn brackets(line: &str) -> Option<(usize, usize)> {
    let open = line.len() - line.trim_start_matches('[').len();
    let at = line.find(']')?;
    let rest = line.get(at..)?;
    Some((open, rest.len() - rest.trim_start_matches(']').len()))
}

/// Formats `[synapse.media]`, also from `synapse:media` and `synapse "media"`.
fn written(name: &str, list: bool) -> String {
    let parts: Vec<String> = name
        .split(['.', ':', '/'])
        .flat_map(|part| part.split('"'))
        .map(|part| part.trim().trim_matches('\'').replace(' ', "_"))
        .filter(|part| !part.is_empty())
        .map(|part| match part.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
            true => part,
            false => format!("\"{part}\""),
        })
        .collect();
    let name = parts.join(".");
    if list { format!("[[{name}]]") } else { format!("[{name}]") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_headers_are_corrected() {
        for (line, write) in [
            ("[a", "[a]"),
            ("[[a]", "[[a]]"),
            ("[a]]", "[a]"),
            ("[a b]", "[a_b]"),
            ("[a:b]", "[a.b]"),
            ("[a \"b\"]", "[a.b]"),
            ("[a]:", "[a]"),
            ("[a] // x", "[a]"),
            ("[a} ", "[a]"),
            ("[\u{a0}a]", "[a]"),
        ] {
            assert_eq!(meant(line).write.as_deref(), Some(write), "{line}");
        }
        assert_eq!(meant("[]").write, None);
    }
}
