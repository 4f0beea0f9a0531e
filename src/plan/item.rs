//! A plan as one value: ordered items with differences and reasons, and what carries them out. What is shown is what
//! is compared, and what runs.

use super::{Scoped, Work};
use crate::diagnostic::Problems;
use crate::resource::{Action, Address, AttributeValue, Comparison, Effect, Origin};
use crate::secret::SecretRange;
use std::collections::BTreeSet;

/// What stands instead of what is on the host.
const REDACTED: &str = "not shown: the base spec has no such resource";

/// What would change on one host. [`Shown`](super::Shown) is all of it that is shown.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The host as the spec names it.
    pub host: String,
    /// What a reader must see before all else, in whole sentences.
    pub risks: Vec<String>,
    /// Why it may undo what someone else applied; one of the risks.
    pub undoes: Option<String>,
    /// Why nothing of it may be done, for the sake of what else the host does.
    pub refusals: Problems,
    /// What changes, in the order of apply.
    pub items: Vec<Item>,
    /// The resources that are as wanted, in the order of apply.
    pub unchanged: Vec<Address>,
    /// What the user allowed by name.
    pub allow: BTreeSet<String>,
    /// What became of it by its scope, where that is not all of the spec.
    pub scoped: Option<Scoped>,
    /// Findings and notes about the spec and the host.
    pub notes: Problems,
    /// What was measured and may be otherwise at the next look, in whole sentences: shown, and never compared.
    pub remarks: Vec<String>,
    /// What carries the items out, in the order of apply.
    pub works: Vec<Work>,
}

/// One resource that changes.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which.
    pub address: Address,
    /// What differs and what is done about it.
    pub change: Comparison,
    /// Why it cannot be undone, where it must be allowed by name.
    pub destroys: Option<String>,
    /// Why it changes when nothing of it differs by itself: the items that bring it along.
    pub because: Vec<Address>,
    /// What it waits for: pending items that it needs ("after apt:nginx").
    pub after: Vec<Address>,
    /// The activation that it takes effect with.
    pub activation: Option<String>,
    /// What it does to a running service, when it does.
    pub effect: Option<Effect>,
    /// It is done before a switch of this plan ends, and stays when that fails: a package, an account, a role.
    pub one_way: bool,
    /// Words of the module about why it is there.
    pub why: Option<String>,
    /// Where it was said.
    pub origin: Origin,
}

impl Item {
    /// Whether nothing is known to differ: what differs could not be seen.
    pub fn is_unseen(&self) -> bool {
        let differences = &self.change.differences;
        !differences.is_empty()
            && differences.iter().all(|one| matches!(one.from, AttributeValue::Unknown(_)))
    }

    /// The names of secrets that no store holds yet, and apply generates.
    pub fn generates(&self) -> BTreeSet<String> {
        self.holds(&SecretRange::is_pending)
    }

    /// The names of the secrets in what is shown of it as wanted.
    pub fn holds(&self, which: &dyn Fn(&SecretRange) -> bool) -> BTreeSet<String> {
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
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Does not show what is on the host of resources that are not `known`.
    pub fn redact_found(&mut self, known: impl Fn(&Address) -> bool) {
        for item in self.items.iter_mut().filter(|item| !known(&item.address)) {
            for one in &mut item.change.differences {
                if !matches!(one.from, AttributeValue::Nothing) {
                    one.from = AttributeValue::Unknown(REDACTED.to_owned());
                }
            }
        }
    }

    /// Items that cannot be changed in place.
    pub fn refused(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| matches!(item.change.action, Action::Refuse { .. }))
    }
}
