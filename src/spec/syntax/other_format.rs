//! A whole file in another language: one message instead of one for each line.

use super::statements::{Statement, StatementKind, first_line};
use super::value::is_bare_text;
use std::ops::Range;

/// The probable language of a file.
pub(super) struct OtherFormat {
    /// The name of the language, with its article.
    pub(super) what: &'static str,
    /// The line that identifies it.
    pub(super) span: Range<usize>,
    /// The advice.
    pub(super) help: &'static str,
}

const WRITE: &str = "a spec is TOML: `[synapse]` starts a section, and `server_name = \"example.org\"` sets an option in it; \
                     `matrixform init` writes one to start from";

/// Detects the language of a text that is not TOML.
pub(super) fn find(text: &str, statements: &[Statement]) -> Option<OtherFormat> {
    let all = [stored, markup, json, yaml, blocks, ini];
    all.iter().find_map(|of| of(text, statements))
}

fn found(what: &'static str, span: Range<usize>, help: &'static str) -> Option<OtherFormat> {
    Some(OtherFormat { what, span, help })
}

/// Detects other files that are often beside a spec.
fn stored(text: &str, statements: &[Statement]) -> Option<OtherFormat> {
    let first = statements.first()?.span.clone();
    let line = text.get(first.clone())?;
    if line.starts_with("age-encryption.org/") || line.starts_with("-----BEGIN AGE") {
        return found("an age file", first, "name the spec itself, such as `inventory/prod.toml`");
    }
    match line.starts_with("-----BEGIN ") {
        true => found(
            "a key or a certificate",
            first,
            "name the spec itself, such as `inventory/prod.toml`",
        ),
        false => None,
    }
}

fn markup(text: &str, statements: &[Statement]) -> Option<OtherFormat> {
    let first = statements.first()?.span.clone();
    let line = text.get(first.clone())?;
    let is = line.starts_with('<') && !line.starts_with("<<");
    if is { found("HTML or XML", first, WRITE) } else { None }
}

/// Detects a file that begins with a brace, or with a list of objects.
fn json(text: &str, statements: &[Statement]) -> Option<OtherFormat> {
    let first = statements.first()?.span.clone();
    let rest = text.get(first.start..)?;
    let list = rest.strip_prefix('[').map(|rest| rest.trim_start().starts_with(['{', '"']));
    match rest.starts_with('{') && !rest.starts_with("{{")
        || list == Some(true) && !rest.starts_with("[\"")
    {
        true => found("JSON", first.start..first.start + first_line(rest).len(), WRITE),
        false => None,
    }
}

/// Detects `key:` and `- item`, if no line has a `=` or a header.
fn yaml(text: &str, statements: &[Statement]) -> Option<OtherFormat> {
    let lines = || statements.iter().filter_map(|one| Some((one, text.get(one.span.clone())?)));
    let first = lines().find(|(_, line)| is_yaml(line));
    let marked = lines().next().is_some_and(|(_, line)| line == "---" || line.starts_with("%YAML"));
    let yaml = lines().filter(|(_, line)| is_yaml(line)).count();
    let toml = statements.iter().filter(|one| one.kind != StatementKind::Other).count();
    let toml = toml
        - lines().filter(|(one, line)| one.kind != StatementKind::Other && is_yaml(line)).count();
    let is = marked || (yaml >= 2 && yaml > 4 * toml);
    let span = if marked { statements.first()? } else { first?.0 }.span.clone();
    if is { found("YAML", span, WRITE) } else { None }
}

/// `key:`, `key: value`, `- item`.
fn is_yaml(line: &str) -> bool {
    let key = line.trim_start_matches("- ").split(':').next().unwrap_or_default();
    let rest = line.trim_start_matches("- ").get(key.len()..).unwrap_or_default();
    let is_key_char = |c: char| c.is_ascii_alphanumeric() || "_-. \"'".contains(c);
    let pair =
        !key.is_empty() && key.chars().all(is_key_char) && (rest == ":" || rest.starts_with(": "));
    line.starts_with("- ") || pair
}

/// Detects Terraform and nginx: `word … {`, and lines that end in `;`.
fn blocks(text: &str, statements: &[Statement]) -> Option<OtherFormat> {
    let lines = || statements.iter().filter_map(|one| Some((one, text.get(one.span.clone())?)));
    let terraform = [
        "resource \"",
        "provider \"",
        "variable \"",
        "data \"",
        "module \"",
        "output \"",
        "terraform {",
    ];
    let block =
        |line: &str| terraform.iter().any(|start| line.starts_with(start)) && line.ends_with('{');
    if let Some((one, _)) = lines().find(|(_, line)| block(line)) {
        return found("Terraform's language (HCL)", one.span.clone(), WRITE);
    }
    let opens = |line: &str| {
        line.ends_with('{')
            && line.starts_with(|c: char| c.is_ascii_lowercase())
            && !line.contains('=')
    };
    let first = lines().find(|(_, line)| opens(line))?;
    let ends = lines().filter(|(_, line)| line.ends_with(';')).count();
    if ends >= 2 { found("an nginx configuration", first.0.span.clone(), WRITE) } else { None }
}

/// Detects `;` comments and unquoted text, if there are no quotes anywhere.
fn ini(text: &str, statements: &[Statement]) -> Option<OtherFormat> {
    let values = || {
        statements.iter().filter_map(|one| match &one.kind {
            StatementKind::Pair { value, .. } => Some((one, text.get(value.clone())?)),
            _ => None,
        })
    };
    let quoted = values().any(|(_, value)| value.starts_with(['"', '\'', '[', '{']));
    let bare = || values().filter(|(_, value)| is_bare(value));
    let comments = statements.iter().filter_map(|one| text.get(one.span.clone()));
    let comments = comments.filter(|line| line.starts_with(';')).count();
    let first = bare().next()?.0.span.clone();
    let is = !quoted && (bare().count() >= 3 || comments > 0);
    if is { found("an INI file", first, WRITE) } else { None }
}

fn is_bare(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') && is_bare_text(value)
}

#[cfg(test)]
mod tests {
    use super::super::statements::statements;
    use super::*;

    fn what(text: &str) -> Option<&'static str> {
        find(text, &statements(text)).map(|found| found.what)
    }

    #[test]
    fn whole_files_are_distinguished_from_mistakes() {
        for (text, is) in [
            ("host:\n  address: a\n", "YAML"),
            ("---\nhost: {}\n", "YAML"),
            ("- hosts: all\n  tasks:\n    - apt: name=nginx state=present\n", "YAML"),
            ("{\n  \"host\": {}\n}\n", "JSON"),
            ("[\n  { \"a\": 1 }\n]\n", "JSON"),
            ("; c\n[host]\naddress = a.example\n", "an INI file"),
            ("[host]\naddress = a.example\nuser = root\nbecome = sudo\n", "an INI file"),
            ("<!DOCTYPE html>\n<html>\n", "HTML or XML"),
            ("resource \"a\" \"b\" {\n  name = \"x\"\n}\n", "Terraform's language (HCL)"),
            ("server {\n  listen 80;\n  server_name a;\n}\n", "an nginx configuration"),
            ("age-encryption.org/v1\n-> X25519 abc\n", "an age file"),
        ] {
            assert_eq!(what(text), Some(is), "{text}");
        }
        for text in [
            "[host]\naddress: a\n",
            "[host]\naddress = a\nport = 22\n",
            "a = yes\nb = no\nc = on\n",
            "a = 30d\nb = 5M\nc = 1.2.3\n",
            "",
            "[host]\na = \"b\"\nuser: root\nname: x\n",
        ] {
            assert_eq!(what(text), None, "{text}");
        }
    }
}
