//! Drift: differences on a host that neither the last apply made nor the spec has asked for since. Each difference of
//! a plan is compared with what the ledger keeps of the last apply. What is unknown is reported as unknown, and never
//! counted on either side.

mod changed_by;
#[cfg(test)]
mod tests;

pub use changed_by::ChangedBy;

use super::ledger::{LEFT, Ledger, LedgerEntry};
use super::shown::{self, ShownValue};
use super::{Item, Plan};
use crate::resource::{Action, AttributeValue, Wanted, kind};
use serde::Serialize;

/// How a plan's differences relate to the last apply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drift {
    /// The resources that differ on the host, in the order of apply.
    pub resources: Vec<Drifted>,
    /// The addresses that the plan changes because the spec has changed.
    pub in_spec: Vec<String>,
}

/// One resource that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drifted {
    /// `kind:name`.
    pub address: String,
    /// Whether it no longer exists.
    pub missing: bool,
    /// Its attributes that differ.
    pub differences: Vec<DriftedAttribute>,
    /// The line of the spec that asks for it.
    pub requested: Option<String>,
}

/// One attribute that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DriftedAttribute {
    /// Its name.
    pub attribute: String,
    /// The value that the last apply set.
    pub applied: ShownValue,
    /// The current value.
    pub found: ShownValue,
    /// The names of the secrets that differ in it, as far as they are visible.
    pub secrets: Vec<String>,
    /// Where it was changed.
    #[serde(flatten)]
    pub whose: ChangedBy,
}

/// Separates the host's differences from the spec's. File names are relative to `base`.
pub fn drift(plan: &Plan, wanted: &[Wanted], ledger: &Ledger, base: &str) -> Drift {
    let mut drift = Drift::default();
    for item in &plan.items {
        let found = wanted.iter().find(|one| *one.address() == item.address);
        let known = ledger.entry(&item.address.to_string());
        let drifted = match (found, known) {
            // A resource that left the spec, or is new in it, is the spec's change.
            (Some(wanted), Some(entry)) if item.origin.module != LEFT => {
                one(item, wanted, entry, base)
            }
            _ => None,
        };
        match drifted {
            Some(drifted) => drift.resources.push(drifted),
            None if is_of_spec(item, known) => drift.in_spec.push(item.address.to_string()),
            None => {}
        }
    }
    drift
}

/// Returns whether the spec itself, and not only another change, causes this one.
fn is_of_spec(item: &Item, known: Option<&LedgerEntry>) -> bool {
    item.because.is_empty() || known.is_none()
}

fn one(item: &Item, wanted: &Wanted, entry: &LedgerEntry, base: &str) -> Option<Drifted> {
    let attributes = wanted.resource.wanted();
    let kind = kind(&item.address.kind);
    let missing = item.change.action == Action::Create;
    let drifted = |one: &crate::resource::Difference| -> Option<DriftedAttribute> {
        // What only follows from another change is as it was wanted, and volatile values change without cause.
        let is_as_wanted = attributes.get(one.attribute) == Some(&one.from);
        if is_as_wanted || kind.is_some_and(|kind| kind.is_volatile(one.attribute)) {
            return None;
        }
        let (whose, then) = changed_by::who_changed(one, wanted, &attributes, entry)?;
        let shown = shown::ShownDifference::of(one);
        Some(DriftedAttribute {
            attribute: shown.attribute,
            applied: then.unwrap_or(shown.to),
            found: shown.from,
            secrets: shown.secrets,
            whose,
        })
    };
    // A resource that was created and is gone was not changed by a spec that still asks for it.
    let is_gone = missing && !entry.asked.is_empty();
    let differences: Vec<DriftedAttribute> = match is_gone {
        true => Vec::new(),
        false => item.change.differences.iter().filter_map(drifted).collect(),
    };
    (is_gone || !differences.is_empty()).then(|| Drifted {
        address: item.address.to_string(),
        missing: is_gone,
        differences,
        requested: shown::ShownItem::of(item, base).origin.requested,
    })
}

/// Returns why something that could not be read is unknown.
fn unseen(seen: &AttributeValue) -> Option<&str> {
    match seen {
        AttributeValue::Unknown(why) => Some(why),
        _ => None,
    }
}
