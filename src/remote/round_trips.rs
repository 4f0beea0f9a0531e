//! The round trips of a connection: every wait for the host's answer, by name. Each is recorded where the code waits,
//! not derived from a formula; simultaneous waits of several commands are each counted. A test compares the sum with
//! the slope between two delays (tests/remote/round_trips.rs).

use std::sync::{Mutex, PoisonError};

/// One wait, or several of the same name in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// The reason for the wait, such as `key exchange with db.example.org`.
    pub name: String,
    /// How many round trips.
    pub count: u32,
}

/// The round trips of one connection so far.
#[derive(Debug, Default)]
pub struct RoundTrips {
    steps: Mutex<Vec<RoundTrip>>,
}

impl RoundTrips {
    /// Records `count` round trips. Callers of an open channel add their own here.
    pub fn add(&self, name: impl Into<String>, count: u32) {
        let name = name.into();
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        match steps.last_mut() {
            Some(last) if last.name == name => last.count += count,
            _ => steps.push(RoundTrip { name, count }),
        }
    }

    /// Returns the waits in order.
    pub fn steps(&self) -> Vec<RoundTrip> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the sum.
    pub fn total(&self) -> u32 {
        self.steps().iter().map(|step| step.count).sum()
    }
}

impl std::fmt::Display for RoundTrips {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for step in self.steps() {
            writeln!(f, "{:>3}  {}", step.count, step.name)?;
        }
        write!(f, "{:>3}  in all", self.total())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_and_keeps_the_order() {
        let trips = RoundTrips::default();
        trips.add("connect", 1);
        trips.add("key probe", 1);
        trips.add("key probe", 1);
        assert_eq!(trips.total(), 3);
        assert_eq!(trips.to_string(), "  1  connect\n  2  key probe\n  3  in all");
    }
}
