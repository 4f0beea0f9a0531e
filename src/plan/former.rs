//! Hides what the host has in place of a secret that the spec no longer asks for: judged by the wanted content alone,
//! it would be shown as ordinary text.

use super::{Item, Ledger, Plan, secret_names};
use crate::resource::{AttributeValue, Difference, Wanted};
use std::collections::BTreeSet;

const REDACTED: &str = "not shown: it contained a secret";
const UNKNOWN: &str = "not shown: it may contain a secret";

/// Redacts it. `is_known` says whether the run behind the ledger recorded what holds secrets, or the values are at
/// hand to be masked.
pub fn redact_former(plan: &mut Plan, wanted: &[Wanted], ledger: Option<&Ledger>, is_known: bool) {
    for item in &mut plan.items {
        let address = item.address.to_string();
        let entries = ledger.iter().flat_map(|ledger| &ledger.resources);
        let mut recorded =
            entries.filter(|entry| entry.address == address).flat_map(|one| &one.secrets);
        let of = wanted.iter().find(|one| *one.address() == item.address);
        let wanted_secrets: BTreeSet<String> =
            of.map(|one| secret_names(std::slice::from_ref(one))).unwrap_or_default();
        if recorded.any(|name| !wanted_secrets.contains(name)) {
            redact(item, REDACTED);
        } else if !is_known && wanted_secrets.is_empty() {
            redact(item, UNKNOWN);
        }
    }
}

fn redact(item: &mut Item, why: &str) {
    for one in item.change.differences.iter_mut().filter(|one| is_text(one)) {
        one.from = AttributeValue::Unknown(why.to_owned());
    }
}

/// Returns whether the found value is a text that may be anything, rather than an owner, mode or state.
pub fn is_text(one: &Difference) -> bool {
    match one.from {
        AttributeValue::Body(_) => true,
        AttributeValue::Word(_) => one.attribute == "value",
        _ => false,
    }
}
