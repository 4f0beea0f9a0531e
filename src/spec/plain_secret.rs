//! Secrets that stand in a spec itself, wherever that is: told by their form. A spec is committed, so
//! each is an error; whoever shows the place puts stars there.

use super::Spec;
use super::node::{Node, Value};
use crate::diagnostic::{Diagnostic, Place, Problems};

/// What begins or marks a secret, and what it is.
const MARKS: [(&str, &str); 5] = [
    ("PRIVATE KEY-----", "a private key"),
    ("AGE-SECRET-KEY-1", "the identity of an age file"),
    ("syt_", "an access token of Synapse"),
    ("mct_", "an access token of an authentication service"),
    ("ed25519 a_", "a signing key of Synapse"),
];

/// All secrets in the text of a spec.
pub fn plain_secrets(spec: &Spec) -> Problems {
    let mut found = Vec::new();
    let sections = spec.sections.values().map(|entry| &entry.node);
    sections.chain(&spec.resources).for_each(|node| look(node, &mut found));
    let problem = |(what, place): (&str, &Place)| {
        Diagnostic::error("spec/plain-secret", format!("{what} stands in the spec"))
            .labelled(place, "anyone who reads the spec could read it")
            .help("take it out of the file and its history, replace it, and name the new one: `{ secret = \"name\" }`")
    };
    found.into_iter().map(problem).collect()
}

fn look<'n>(node: &'n Node, found: &mut Vec<(&'static str, &'n Place)>) {
    match &node.value {
        Value::String(text) => found.extend(kind(text).map(|what| (what, &node.place))),
        Value::Array(items) => items.iter().for_each(|item| look(item, found)),
        Value::Table(table) => table.values().for_each(|entry| look(&entry.node, found)),
        _ => {}
    }
}

/// What kind of secret a text holds. A mark without anything after it is a word about secrets.
fn kind(text: &str) -> Option<&'static str> {
    let holds = |(mark, _): &&(&str, &str)| {
        text.split(mark).skip(1).any(|after| after.trim_start().len() >= 16)
    };
    MARKS.iter().find(holds).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn tells_secrets_by_their_form() {
        let key =
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n";
        assert_eq!(kind(key), Some("a private key"));
        assert_eq!(
            kind("curl -H 'Authorization: Bearer syt_YWxpY2U_abcdefgh'"),
            Some("an access token of Synapse")
        );
        assert_eq!(kind("ed25519 a_Zm9v YmFyYmF6Zm9vYmFyYmF6"), Some("a signing key of Synapse"));
        assert_eq!(kind("it must hold `BEGIN PRIVATE KEY-----`"), None);
        assert_eq!(kind("syt_"), None);
    }
}
