//! How long the restarts of a run take: from the call until what depends on the unit is healthy again, by the host's
//! answers as they arrive here. Steps are sent ahead, so that distance hardly counts.

use super::Event;
use super::schedule::{PlannedStep, Role, Schedule};
use crate::plan::Item;
use std::ops::RangeInclusive;
use std::time::Duration;

/// A unit, and how long it took.
pub type Restarted = (String, Duration);

/// Listens to a run.
#[derive(Clone, Debug, Default)]
pub struct Stopwatch {
    /// Each unit, and the numbers of its first and last move.
    units: Vec<(String, RangeInclusive<usize>)>,
    /// How long each move took, in their order.
    took: Vec<Duration>,
}

impl Stopwatch {
    /// For these restarts, in a run of this schedule.
    pub fn of<'a>(schedule: &Schedule, items: impl Iterator<Item = &'a Item>) -> Stopwatch {
        let steps: Vec<&PlannedStep> = schedule.steps().collect();
        let range = |item: &Item| {
            let first = steps.iter().position(|one| one.completes.contains(&item.address))?;
            // The test of health is the activation's; a unit without one is up when its own step has ended.
            let of = item.activation.as_ref().map(|name| format!("activation {name}"));
            let is_test =
                |one: &&PlannedStep| one.role == Role::Effect && Some(&one.owner) == of.as_ref();
            let last = steps.iter().rposition(is_test).unwrap_or(first).max(first);
            Some((item.address.name.clone(), first..=last))
        };
        Stopwatch { units: items.filter_map(range).collect(), took: Vec::new() }
    }

    /// What happens in the run.
    pub fn hear(&mut self, event: &Event) {
        if let Event::Ended { took, .. } = event {
            self.took.push(*took);
        }
    }

    /// What was measured, of the restarts that came to their end.
    pub fn restarted(&self) -> Vec<Restarted> {
        let took = |(unit, steps): &(String, RangeInclusive<usize>)| {
            let took = self.took.get(steps.clone())?;
            Some((unit.clone(), took.iter().sum()))
        };
        self.units.iter().filter_map(took).collect()
    }
}
