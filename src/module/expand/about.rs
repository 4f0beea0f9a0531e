//! The line of the spec that a finding is about: the one that its `at` names, else the value in the spec that its
//! condition reads, else the entry of the list, else the section.

use crate::diagnostic::Place;
use crate::module::manifest::{Finding, Manifest};
use crate::module::settings::Section;
use crate::module::syntax::chains;
use crate::spec::node::{Entry, Node, Value};

/// The place that a finding's message points to; `at` is the finding's own path, rendered.
pub(super) fn about(
    manifest: &Manifest,
    section: &Section,
    finding: &Finding,
    index: usize,
    at: Option<&str>,
) -> Place {
    let own_list = finding.for_each.as_ref();
    let own_list = own_list.is_some_and(|list| list.text == format!("{}.list", manifest.name));
    let entry = section.entries.get(if own_list { index } else { 0 });
    let target = entry.and_then(|entry| match at {
        Some(at) => deepest(&entry.node, at.split('.')).map(|(_, entry)| entry),
        None => read(&entry.node, if own_list { "item" } else { &manifest.name }, finding),
    });
    match (target, entry) {
        (Some(target), _) => target.key.clone(),
        (None, Some(entry)) if own_list => entry.node.place.clone(),
        _ => section.place.clone(),
    }
}

/// The first of the deepest values that the condition reads.
fn read<'n>(node: &'n Node, root: &str, finding: &Finding) -> Option<&'n Entry> {
    let mut best: Option<(usize, &Entry)> = None;
    for chain in chains(&finding.condition.text) {
        let Some((first, path)) = chain.split_first() else { continue };
        if first != root {
            continue;
        }
        let found = deepest(node, path.iter().map(String::as_str));
        best = match (best, found) {
            (Some((depth, _)), Some((deeper, entry))) if deeper > depth => Some((deeper, entry)),
            (None, found) => found,
            (best, _) => best,
        };
    }
    best.map(|(_, entry)| entry)
}

/// The last key of a path that the spec sets, and its depth.
fn deepest<'n, 'p>(
    mut node: &'n Node,
    path: impl Iterator<Item = &'p str>,
) -> Option<(usize, &'n Entry)> {
    let mut found = None;
    for (depth, name) in path.enumerate() {
        let Value::Table(table) = &node.value else { break };
        let Some(entry) = table.get(name) else { break };
        found = Some((depth, entry));
        node = &entry.node;
    }
    found
}
