//! Secrets in a spec: read by their name, refused as plain text, and hidden from every message.

use super::SecretRef;
use crate::diagnostic::{Diagnostic, Place, Problems, conceal};
use crate::spec::node::{Node, Table};
use minijinja::Value;

/// A secret by its name.
pub(super) fn read_secret(
    table: &Table,
    generate: Option<&str>,
    node: &Node,
) -> Result<Value, Problems> {
    let only = table.len() == 1;
    let problem = match table.get("secret").and_then(|entry| entry.node.as_str()) {
        Some(name) if only && super::reference::is_name(name) => {
            return Ok(SecretRef::named(name, generate).to_value());
        }
        Some(_) if only => Diagnostic::error("spec/value", "this is not the name of a secret")
            .help("names are words with `/` between them: `synapse/pepper`"),
        _ => Diagnostic::error("spec/type", "a secret is given by its name alone")
            .help("write `{ secret = \"synapse/pepper\" }`"),
    };
    Err(vec![problem.at(&node.place)])
}

const PLAIN_SECRET: &str = "spec/plain-secret";

/// The problem of a secret that stands in the spec.
pub(in crate::module) fn plain_secret(node: &Node) -> Diagnostic {
    Diagnostic::error(PLAIN_SECRET, "a secret must not stand in the spec")
        .labelled(&node.place, "anyone who reads the spec could read it")
        .help(
            "put it into a store with `matrixform secrets set`, and write `{ secret = \"name\" }`",
        )
}

/// Whether a key of a free table is one under which programs keep a secret. A path is none, and what is
/// one by mistake may be given by name like a secret.
pub(super) fn names_a_secret(key: &str) -> bool {
    const WORDS: [&str; 7] =
        ["secret", "password", "passwd", "private_key", "secret_key", "api_key", "access_token"];
    let key = key.to_ascii_lowercase();
    let ends = |word: &str| {
        let rest = key.strip_suffix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['_', '-']))
    };
    WORDS.iter().any(|word| ends(word)) || key == "smtp_pass"
}

/// Where secrets stand in the spec, as far as problems tell.
pub(in crate::module) fn plain_places(problems: &[Diagnostic]) -> Vec<Place> {
    let plain = problems.iter().filter(|problem| problem.code == PLAIN_SECRET);
    plain.filter_map(|problem| Some(problem.place.as_ref()?.0.clone())).collect()
}

/// The problems with stars where they would show a secret.
pub(in crate::module) fn hide_secrets(mut problems: Problems) -> Problems {
    let secrets = plain_places(&problems);
    conceal(&mut problems, &secrets);
    problems
}
