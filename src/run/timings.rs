//! How long each part of a run took, for `--timings`.

use super::Detail;
use std::time::{Duration, Instant};

/// The parts so far.
#[derive(Clone, Debug)]
pub struct Timings {
    since: Instant,
    done: Vec<(&'static str, Duration)>,
}

impl Timings {
    /// Starts the first part.
    pub fn begin() -> Timings {
        Timings { since: Instant::now(), done: Vec::new() }
    }

    /// Ends a part, and starts the next one. Returns what to report about it.
    pub fn end(&mut self, name: &'static str) -> Detail {
        let took = self.since.elapsed();
        self.done.push((name, took));
        self.since = Instant::now();
        Detail::Lap { part: name, took }
    }
}

impl std::fmt::Display for Timings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("milliseconds:")?;
        let parts = &mut self.done.iter();
        parts.try_for_each(|(name, time)| write!(f, "\n{:>5}  {name}", time.as_millis()))
    }
}
