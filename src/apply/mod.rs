//! Carries out a plan on a host, and reports events.

mod event;
mod failure;
mod inspect;
mod lines;
mod report;
mod restarted;
mod run;
mod runs;
mod schedule;
mod stage;
mod stop;
mod survey;

pub use event::Event;
pub use inspect::{inspect, inspected};
pub use report::{report, reported};
pub use restarted::{Restarted, Stopwatch};
pub use run::{RunProgress, await_runs, run, switch, take_lock};
pub use runs::Runs;
pub use schedule::{PlannedStep, Role, schedule};
pub use stop::Stop;
pub use survey::{survey, surveyed};

/// The shell functions for activations, the check before a switch, the lock, the switch, and the remains of interrupted
/// runs.
pub const SHELL: [&str; 12] = [
    include_str!("activation.sh"),
    include_str!("inspect.sh"),
    include_str!("stage.sh"),
    include_str!("sandbox.sh"),
    include_str!("unit_text.sh"),
    include_str!("lock.sh"),
    include_str!("switch/guard.sh"),
    include_str!("switch/journal.sh"),
    include_str!("switch/health.sh"),
    include_str!("switch/undo.sh"),
    include_str!("switch/units.sh"),
    include_str!("leftovers.sh"),
];
