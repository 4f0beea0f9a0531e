//! How long the restarts of a run take: from the call until everything that depends on the unit is healthy again,
//! measured by the arrival of the host's answers. Steps are sent ahead, so network latency hardly counts.

use super::Event;
use super::schedule::{PlannedStep, Role, Schedule};
use crate::plan::Item;
use std::ops::RangeInclusive;
use std::time::Duration;

/// A unit, and the duration of its restart.
pub type Restarted = (String, Duration);

/// Measures restarts by listening to the events of a run.
#[derive(Clone, Debug, Default)]
pub struct Stopwatch {
    /// Each unit, with the numbers of its first and last step.
    units: Vec<(String, RangeInclusive<usize>)>,
    /// The duration of each step, in order.
    took: Vec<Duration>,
}

impl Stopwatch {
    /// Measures the restarts of these items in a run of this schedule.
    pub fn of<'a>(schedule: &Schedule, items: impl Iterator<Item = &'a Item>) -> Stopwatch {
        let steps: Vec<&PlannedStep> = schedule.steps().collect();
        let range = |item: &Item| {
            let first = steps.iter().position(|one| one.completes.contains(&item.address))?;
            // The activation has the health test; a unit without an activation is up when its own step has ended.
            let of = item.activation.as_deref();
            let is_test = |one: &&PlannedStep| {
                one.role == Role::Effect && of.is_some_and(|name| one.owner.is_activation(name))
            };
            let last = steps.iter().rposition(is_test).unwrap_or(first).max(first);
            Some((item.address.name.clone(), first..=last))
        };
        Stopwatch { units: items.filter_map(range).collect(), took: Vec::new() }
    }

    /// Takes an event of the run.
    pub fn record(&mut self, event: &Event) {
        if let Event::Ended { took, .. } = event {
            self.took.push(*took);
        }
    }

    /// Returns the durations of the restarts that completed.
    pub fn restarted(&self) -> Vec<Restarted> {
        let took = |(unit, steps): &(String, RangeInclusive<usize>)| {
            let took = self.took.get(steps.clone())?;
            Some((unit.clone(), took.iter().sum()))
        };
        self.units.iter().filter_map(took).collect()
    }
}
