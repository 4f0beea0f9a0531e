//! The numbers of a plan.

use super::item::{ShownAction, ShownItem};
use serde::{Deserialize, Serialize};

/// How many resources of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Are made.
    pub create: usize,
    /// Are changed, or only take up what was changed.
    pub update: usize,
    /// Are removed.
    pub remove: usize,
    /// Differ and cannot be changed in place.
    pub refuse: usize,
    /// Are as wanted.
    pub unchanged: usize,
}

impl Counts {
    /// Of these items, beside so many others.
    pub(super) fn of(items: &[ShownItem], unchanged: usize) -> Counts {
        let count = |action: ShownAction| items.iter().filter(|item| item.action == action).count();
        Counts {
            create: count(ShownAction::Create),
            update: count(ShownAction::Update),
            remove: count(ShownAction::Remove),
            refuse: count(ShownAction::Refuse),
            unchanged,
        }
    }
}
