//! What apply says while it works: plain values that a progress display or a log turns into lines.

use crate::diagnostic::Diagnostic;
use crate::resource::Address;
use std::time::Duration;

/// One event.
#[derive(Clone, Debug)]
pub enum Event {
    /// Steps that will be taken, now that they are known.
    Begun {
        /// The host as the spec names it.
        host: String,
        /// Number of steps.
        steps: usize,
    },
    /// A step has begun.
    Step {
        /// Its number, from 1.
        number: usize,
        /// What is running now: `installing nginx`.
        label: String,
    },
    /// A shell function was sent to the host, with these words; its input is nobody's business.
    Called {
        /// Its name.
        function: &'static str,
        /// Its words.
        words: Vec<String>,
    },
    /// A running step printed this line (masked, control characters visible).
    Line(String),
    /// A step has succeeded.
    Ended {
        /// Its number, from 1.
        number: usize,
        /// Since the step before it was done: steps are sent ahead, so distance is no part of it.
        took: Duration,
    },
    /// A resource is as wanted now.
    Changed(Address),
    /// Something to know.
    Note(Diagnostic),
    /// All steps are done.
    Finished,
}
