//! Output for people: plans and events as text. Pure functions: they read values, decide no changes, do not detect
//! colour support, and never see the value of a secret.

pub mod accounts;
pub mod backups;
mod columns;
mod detail;
pub mod dns;
pub mod drift;
pub mod graph;
pub mod history;
pub mod log;
mod outcome;
mod page;
mod phrases;
pub mod plan;
pub mod problems;
mod progress;
pub mod rebuild;
mod style;
mod verbosity;
pub mod verify;

pub use outcome::outcome;
pub use progress::{Progress, event_verbosity};
pub use style::Style;
pub use verbosity::Verbosity;
