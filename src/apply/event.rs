//! The events of an apply: plain values that a progress display or a log turns into lines.

use crate::diagnostic::Diagnostic;
use crate::resource::Address;
use std::time::Duration;

/// One event.
#[derive(Clone, Debug)]
pub enum Event {
    /// The steps of the run, once they are known.
    Begun {
        /// The host as the spec names it.
        host: String,
        /// The number of steps.
        steps: usize,
    },
    /// A step has begun.
    Step {
        /// The step's number, from 1.
        number: usize,
        /// What is running: `installing nginx`.
        label: String,
    },
    /// A shell function was sent to the host with these arguments; its input is not shown.
    Called {
        /// Its name.
        function: &'static str,
        /// Its arguments.
        args: Vec<String>,
    },
    /// A running step printed this line (masked, control characters visible).
    Line(String),
    /// A step has succeeded.
    Ended {
        /// The step's number, from 1.
        number: usize,
        /// The time since the previous step ended: steps are sent ahead, so it does not include network latency.
        took: Duration,
    },
    /// A resource is now in its wanted state.
    Changed(Address),
    /// A note for the user.
    Note(Diagnostic),
    /// All steps are done.
    Finished,
}
