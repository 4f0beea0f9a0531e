//! Checks that every entry of a table of secrets has a name of its own: a secret with two uses leaks for both at once.

use super::WrittenKeys;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::spec::node::Node;
use std::collections::BTreeMap;

pub(super) fn check(node: &Node, _: &WrittenKeys) -> Problems {
    let Some(table) = node.as_table() else { return Problems::new() };
    let mut seen: BTreeMap<&str, (&str, &Place)> = BTreeMap::new();
    let mut problems = Problems::new();
    for (key, entry) in table {
        let named = entry.node.as_table().and_then(|named| named.get("secret"));
        let Some(name) = named.and_then(|named| named.node.as_str()) else { continue };
        match seen.get(name) {
            None => drop(seen.insert(name, (key, &entry.node.place))),
            Some((other, place)) => problems.push(shared(name, key, other, &entry.node, place)),
        }
    }
    problems
}

fn shared(name: &str, key: &str, other: &str, node: &Node, place: &Place) -> Diagnostic {
    let message = format!("`{key}` and `{other}` are both the secret `{name}`");
    Diagnostic::error("spec/shared-secret", message)
        .at(&node.place)
        .see(place, "the other use")
        .help(format!("use another name for `{key}`, or leave it out: then one is generated"))
}
