//! Carrying out a plan on a host. Speaks in events.

mod event;
mod failure;
mod lines;
mod run;
mod schedule;
mod stage;
mod stop;

pub use event::Event;
pub use run::{Progress, run, switch};
pub use schedule::{Move, Role, Schedule, schedule};
pub use stop::Stop;

/// The shell functions of activations, and of the switch that a run is.
pub const SHELL: [&str; 2] = [include_str!("activation.sh"), include_str!("switch.sh")];
