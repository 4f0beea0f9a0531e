//! The checkers that a parameter names with `check`: rules that a type cannot express, implemented in Rust. They are
//! pure; the problems they find have places, and are errors of the spec like any other.

mod distinct_secrets;
mod synapse_options;
mod synapse_value;
mod written_keys;

pub(in crate::module) use written_keys::WrittenKeys;

use super::manifest::{Check, Manifest};
use crate::diagnostic::Problems;
use crate::spec::node::Node;

/// Checks the value of a parameter; also receives the keys that the module itself writes.
type ValueCheck = fn(&Node, &WrittenKeys) -> Problems;

fn of(check: Check) -> ValueCheck {
    match check {
        Check::DistinctSecrets => distinct_secrets::check,
        Check::SynapseOptions => synapse_options::check,
    }
}

/// The problems that the checkers of a module's parameters find in one entry of a spec.
pub(super) fn check(manifest: &Manifest, entry: &Node) -> Problems {
    let Some(table) = entry.as_table() else { return Problems::new() };
    let checked = manifest.params.iter().filter_map(|(name, param)| {
        let checker = of(param.check?);
        Some(checker(&table.get(name)?.node, &WrittenKeys::by(manifest)))
    });
    super::types::hide_secrets(checked.flatten().collect())
}
