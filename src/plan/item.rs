//! A plan as one value: ordered items with differences and reasons, and the steps that carry them out. What is shown
//! is what is compared and what runs.

use super::{Scoped, WorkItem};
use crate::diagnostic::Problems;
use crate::resource::{Action, Address, AttributeValue, Comparison, Effect, Origin};
use crate::secret::SecretRange;
use std::collections::BTreeSet;

/// Replaces a value found on the host.
const REDACTED: &str = "not shown: the base spec has no such resource";

/// The changes to one host. [`PlanDocument`](super::Shown) is all of it that is shown.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The host as the spec names it.
    pub host: String,
    /// What a reader must see first, in whole sentences.
    pub risks: Vec<String>,
    /// Why it may undo what someone else applied; also one of the risks.
    pub undoes: Option<String>,
    /// Why none of it may be applied, given what else runs on the host.
    pub refusals: Problems,
    /// What changes, in the order of apply.
    pub items: Vec<Item>,
    /// The resources that are as wanted, in the order of apply.
    pub unchanged: Vec<Address>,
    /// What the user allowed by name.
    pub allow: BTreeSet<String>,
    /// The effect of its scope, if that is not the whole spec.
    pub scoped: Option<Scoped>,
    /// Findings and notes about the spec and the host.
    pub notes: Problems,
    /// Measurements that may differ at the next look, in whole sentences: shown, but never compared.
    pub remarks: Vec<String>,
    /// The steps that carry the items out, in the order of apply.
    pub work_items: Vec<WorkItem>,
}

/// One resource that changes.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its address.
    pub address: Address,
    /// The differences, and the action.
    pub change: Comparison,
    /// Why it cannot be undone, if it must be allowed by name.
    pub destroys: Option<String>,
    /// If nothing of it differs by itself: the items because of which it changes.
    pub because: Vec<Address>,
    /// The pending items that it needs and waits for ("after apt:nginx").
    pub after: Vec<Address>,
    /// The activation that it takes effect with.
    pub activation: Option<String>,
    /// Its effect on a running service, if any.
    pub effect: Option<Effect>,
    /// Whether it is done before a switch of this plan ends, and stays if that fails: a package, an account, a role.
    pub one_way: bool,
    /// The module's explanation of why it exists.
    pub why: Option<String>,
    /// Where it was declared.
    pub origin: Origin,
}

impl Item {
    /// Returns whether every difference is one that could not be read.
    pub fn is_unseen(&self) -> bool {
        let differences = &self.change.differences;
        !differences.is_empty()
            && differences.iter().all(|one| matches!(one.from, AttributeValue::Unknown(_)))
    }

    /// Returns the names of secrets that no store holds yet and apply generates.
    pub fn generates(&self) -> BTreeSet<String> {
        self.shown_secrets(&SecretRange::is_pending)
    }

    /// Returns the names of the secrets in its shown wanted values.
    pub fn shown_secrets(&self, which: &dyn Fn(&SecretRange) -> bool) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for difference in &self.change.differences {
            let AttributeValue::Body(body) = &difference.to else { continue };
            let secrets = body.content.iter().flat_map(|content| content.secrets());
            names.extend(secrets.filter(|one| which(one)).map(|secret| secret.name.clone()));
        }
        names
    }
}

impl Plan {
    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Hides the found values of resources that are not `known`.
    pub fn redact_found(&mut self, known: impl Fn(&Address) -> bool) {
        for item in self.items.iter_mut().filter(|item| !known(&item.address)) {
            for one in &mut item.change.differences {
                if !matches!(one.from, AttributeValue::Nothing) {
                    one.from = AttributeValue::Unknown(REDACTED.to_owned());
                }
            }
        }
    }

    /// Returns the items that cannot be changed in place.
    pub fn refused(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| matches!(item.change.action, Action::Refuse { .. }))
    }
}
