//! Secrets in a spec: read by their name, refused as plain text, and hidden from every message.

use super::SecretRef;
use crate::diagnostic::Place;
use crate::diagnostic::{Diagnostic, Problems, Source};
use crate::spec::node::{Node, Table};
use minijinja::Value;
use std::sync::Arc;

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
pub(super) fn plain_secret(node: &Node) -> Diagnostic {
    Diagnostic::error(PLAIN_SECRET, "a secret must not stand in the spec")
        .labelled(&node.place, "anyone who reads the spec could read it")
        .help(
            "put it into a store with `matrixform secrets set`, and write `{ secret = \"name\" }`",
        )
}

/// Snippets show whole lines, so where a secret stands in the spec all problems get a text in which
/// stars stand in its place.
pub(super) fn hide_secrets(mut problems: Problems) -> Problems {
    let plain = |problem: &Diagnostic| match &problem.place {
        Some((place, _)) if problem.code == PLAIN_SECRET => Some(place.clone()),
        _ => None,
    };
    for secret in problems.iter().filter_map(plain).collect::<Vec<_>>() {
        let hidden = stars(&secret);
        for (place, _) in problems.iter_mut().filter_map(|problem| problem.place.as_mut()) {
            if place.source.name == hidden.name {
                place.source = Arc::clone(&hidden);
            }
        }
    }
    problems
}

/// The text with every character of a place replaced, line ends apart; the bytes stay as many.
fn stars(place: &Place) -> Arc<Source> {
    let hide = |(at, c): (usize, char)| match c {
        _ if !place.span.contains(&at) || c == '\n' => c.to_string(),
        _ => "*".repeat(c.len_utf8()),
    };
    let text: String = place.source.text.char_indices().map(hide).collect();
    Source::new(place.source.name.clone(), text)
}
