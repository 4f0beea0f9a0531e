//! The counts of a plan.

use super::item::{ShownAction, ShownItem};
use serde::{Deserialize, Serialize};

/// The number of resources by action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Created.
    pub create: usize,
    /// Changed, or only affected by another change.
    pub update: usize,
    /// Removed.
    pub remove: usize,
    /// Different, but impossible to change in place.
    pub refuse: usize,
    /// As wanted.
    pub unchanged: usize,
}

impl Counts {
    /// Counts these items, beside `unchanged` other resources.
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
