//! A Python package with an exact version, in pip's syntax.

use super::Literal;
use super::text_type::{RefusedText, TextType};
use minijinja::Value;

pub(super) const REQUIREMENT: TextType = TextType {
    name: "requirement",
    article: "a Python package with its version",
    example: "`matrix-synapse-ldap3==0.4.0`",
    pattern: r"^[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._-]+\])?(==[0-9A-Za-z.!+_-]+| @ [A-Za-z+]+://[^\s]+)$",
    fields: &["name", "text"],
    parse,
};

/// Without a version, every build could produce a different program.
fn parse(text: &str) -> Result<Value, RefusedText> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c));
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(RefusedText::because("must start with the name of a package"));
    }
    let (extras, pin) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((extras, pin)) => (Some(extras), pin),
        None => (None, rest),
    };
    let clean = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    if extras.is_some_and(|extras| !clean(extras, ",._-")) {
        return Err(RefusedText::because(
            "only names of extras, separated by commas, are allowed in `[…]`",
        ));
    }
    let is_pinned = match (pin.strip_prefix("=="), pin.strip_prefix(" @ ")) {
        (Some(version), _) => clean(version, ".!+_-"),
        (_, Some(url)) => is_address(url),
        _ => false,
    };
    if !is_pinned {
        let help = format!("write `{name}==VERSION`, with one of the versions on PyPI");
        return Err(RefusedText::because("has no version: every build could get a different one")
            .write(help));
    }
    // PyPI normalises names like this to compare them.
    let plain = name.to_ascii_lowercase().replace(['.', '_'], "-");
    Ok(Literal::new(text, vec![("name", Value::from(plain))]).into_value())
}

fn is_address(url: &str) -> bool {
    let visible = |c: char| !c.is_whitespace() && !c.is_control();
    url.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.chars().all(|c| c.is_ascii_alphabetic() || c == '+') && !rest.is_empty()
    }) && url.chars().all(visible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_one_version() {
        for (text, name) in [
            ("Authlib==1.6.5", "authlib"),
            ("synapse_s3_storage_provider==1.6.0", "synapse-s3-storage-provider"),
            ("sentry-sdk[http2]==2.0.0rc1", "sentry-sdk"),
            ("own @ https://example.org/own-1.0-py3-none-any.whl", "own"),
            ("own @ git+https://example.org/own@0123abc", "own"),
        ] {
            let value = parse(text).unwrap();
            assert_eq!(value.to_string(), text);
            assert_eq!(value.get_attr("name").unwrap().as_str(), Some(name));
        }
        for text in [
            "matrix-synapse-ldap3",
            "a>=1",
            "a==1.*",
            "a==",
            "a @ ",
            "a @ file",
            "--pre",
            "",
            "a[==1",
            "a[b c]==1",
            "a==1 b",
            "a==1; python_version > '3'",
            "a @ https://x y",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let refusal = parse("matrix-synapse-ldap3").unwrap_err();
        assert!(refusal.help.unwrap().contains("`matrix-synapse-ldap3==VERSION`"));
    }
}
