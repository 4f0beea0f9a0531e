//! The parameters that a module's cases never set. If no case sets a parameter, a misspelling of it in the templates
//! goes unnoticed.

use super::case::Case;
use crate::module::Manifest;
use crate::module::types::{Field, ParamType};
use crate::spec::node::{Node, Value};

/// The parameters that no case sets; `limits.login` for a field of a table.
pub(super) fn uncovered(manifest: &Manifest, cases: &[Case]) -> Vec<String> {
    let sections: Vec<&Node> = cases
        .iter()
        .filter_map(|case| Some(&case.root.as_table()?.get(&manifest.name)?.node))
        .flat_map(entries)
        .collect();
    let mut missing = Vec::new();
    for (name, param) in &manifest.params {
        collect_missing(name, &param.field, &below(&sections, name), &mut missing);
    }
    missing
}

fn collect_missing(path: &str, field: &Field, nodes: &[&Node], missing: &mut Vec<String>) {
    if nodes.is_empty() {
        return missing.push(path.to_owned());
    }
    let (ty, nodes): (&ParamType, Vec<&Node>) = match &field.ty {
        ParamType::List(ty) => (ty, nodes.iter().flat_map(|node| entries(node)).collect()),
        ParamType::Map(ty, _) => {
            let values = nodes.iter().filter_map(|node| node.as_table());
            (ty, values.flat_map(|table| table.values().map(|entry| &entry.node)).collect())
        }
        ty => (ty, nodes.to_vec()),
    };
    let ParamType::Table(fields) = ty else { return };
    for (name, field) in fields {
        collect_missing(&format!("{path}.{name}"), field, &below(&nodes, name), missing);
    }
}

fn below<'n>(nodes: &[&'n Node], key: &str) -> Vec<&'n Node> {
    nodes.iter().filter_map(|node| Some(&node.as_table()?.get(key)?.node)).collect()
}

/// The items of a list, or the one node.
fn entries(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::Array(items) => items.iter().collect(),
        _ => vec![node],
    }
}
