//! The results of a run, for its summary: those of the plan that was shown, and of any plan that replaced it.

use super::Snapshot;
use crate::plan::ledger::{reloaded, restarted};
use crate::plan::shown::{PlanDocument, ShownAction};
use indexmap::IndexMap;

/// The changes made to a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Resources that were created.
    pub created: usize,
    /// Resources that were changed, or that applied changes.
    pub updated: usize,
    /// Resources that were removed.
    pub removed: usize,
    /// Resources that were already as wanted.
    pub unchanged: usize,
    /// The units that were restarted.
    pub restarted: Vec<String>,
    /// The units that were reloaded.
    pub reloaded: Vec<String>,
}

/// The changes made by successive plans.
#[derive(Debug, Default)]
pub(super) struct DoneSoFar(IndexMap<String, ShownAction>);

impl DoneSoFar {
    /// Counts all items of this plan as done that are not in the `next` one, which replaced it.
    pub(super) fn replace(&mut self, plan: &PlanDocument, next: &PlanDocument) {
        let is_left = |address: &str| next.items.iter().any(|item| item.address == address);
        self.add(plan, |address| !is_left(address));
    }

    fn add(&mut self, plan: &PlanDocument, is_done: impl Fn(&str) -> bool) {
        for item in plan.items.iter().filter(|item| is_done(&item.address)) {
            // A resource that was created first and changed afterwards is new.
            self.0.entry(item.address.clone()).or_insert(item.action);
        }
    }

    /// Returns the total, once the last plan is carried out.
    pub(super) fn ended(mut self, last: &Snapshot) -> Outcome {
        let before = last.shown.unchanged.iter().filter(|one| self.0.contains_key(*one)).count();
        self.add(&last.shown, |_| true);
        let count = |action: ShownAction| self.0.values().filter(|one| **one == action).count();
        let names = |items: Vec<&crate::plan::Item>| {
            items.into_iter().map(|item| item.address.name.clone()).collect()
        };
        Outcome {
            created: count(ShownAction::Create),
            updated: count(ShownAction::Update),
            removed: count(ShownAction::Remove),
            unchanged: last.shown.counts.unchanged.saturating_sub(before),
            restarted: names(restarted(&last.plan).collect()),
            reloaded: names(reloaded(&last.plan).collect()),
        }
    }
}
