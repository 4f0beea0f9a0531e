//! A plan as a value: ordered items with differences and reasons. It can be shown, compared and kept;
//! nothing in it can be executed by itself.

use crate::diagnostic::Problems;
use crate::resource::{Action, Address, Comparison, Effect, Origin};

/// What would change on one host.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The host as the spec names it.
    pub host: String,
    /// What changes, in the order of apply.
    pub items: Vec<Item>,
    /// How many resources are as wanted.
    pub unchanged: usize,
    /// Findings and notes about the spec and the host.
    pub notes: Problems,
}

/// One resource that changes.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which.
    pub address: Address,
    /// What differs and what is done about it.
    pub change: Comparison,
    /// Why it changes when nothing of it differs by itself: the items that bring it along.
    pub because: Vec<Address>,
    /// What it waits for: pending items that it needs ("after apt:nginx").
    pub after: Vec<Address>,
    /// The activation that it takes effect with.
    pub activation: Option<String>,
    /// What it does to a running service, when it does.
    pub effect: Option<Effect>,
    /// Words of the module about why it is there.
    pub why: Option<String>,
    /// Where it was said.
    pub origin: Origin,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Items that cannot be mended in place.
    pub fn refused(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| matches!(item.change.action, Action::Refuse { .. }))
    }
}
