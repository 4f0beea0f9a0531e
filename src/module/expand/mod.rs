//! Expansion: turns a spec, modules, facts and secrets into resources. Pure: the same input gives the same output, and
//! nothing is touched. Secrets are fetched only when a resource holds them: a first round with placeholders finds out
//! which, and a second one has their values.

mod about;
mod accepts;
mod activations;
mod advised_names;
mod attribute;
mod contents;
mod findings;
mod host_values;
mod missing_row;
mod order;
mod outside;
mod references;
mod resources;
mod round;
mod rows;
mod run;
mod scope;
mod services;
mod watched;

#[cfg(test)]
mod tests;

pub(super) use advised_names::name_secrets;
pub(super) use references::WantedSecret;
pub(super) use round::{Round, RoundOutcome};
pub use rows::Row;
pub(super) use scope::KnownFacts;

use super::expansion::Expansion;
use crate::resource::{Declared, DeclaredValue};
use crate::secret::Secret;
use std::collections::{BTreeMap, BTreeSet};

/// An expansion, with the rows that the modules gave each other.
#[derive(Clone, Debug, Default)]
pub struct Expanded {
    /// The wanted state.
    pub expansion: Expansion,
    /// All rows, in the order in which they were computed.
    pub rows: Vec<Row>,
    /// The secrets that the resources hold, by name.
    pub secrets: BTreeMap<String, Secret>,
}

/// The names of the secrets that resources hold.
pub(super) fn used_secrets(resources: &[Declared]) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for attribute in resources.iter().flat_map(|declared| declared.attributes.values()) {
        secrets_of(&attribute.value, &mut used);
    }
    used
}

fn secrets_of(value: &DeclaredValue, used: &mut BTreeSet<String>) {
    match value {
        DeclaredValue::Text(content) => {
            used.extend(content.secrets().iter().map(|secret| secret.name.clone()));
        }
        DeclaredValue::List(items) => items.iter().for_each(|item| secrets_of(item, used)),
        DeclaredValue::Table(table) => table.values().for_each(|item| secrets_of(item, used)),
        _ => {}
    }
}
