//! Carrying out a plan on a host. Speaks in events.

mod event;
mod run;
mod stage;
mod steps;

pub use event::Event;
pub use run::{Stop, run};
pub use steps::{Move, steps};

/// The shell functions of activations, and of what a run that was cut left behind.
pub const SHELL: &str = concat!(include_str!("activation.sh"), include_str!("leftovers.sh"));
