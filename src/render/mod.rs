//! What is shown to people: plans and events as text. Pure: it reads values, decides no change, asks
//! nobody whether colour is wanted, and never sees the value of a secret.

pub mod accounts;
mod columns;
mod detail;
pub mod dns;
pub mod drift;
pub mod graph;
pub mod history;
pub mod log;
mod loudness;
mod page;
pub mod plan;
pub mod problems;
mod progress;
mod style;
pub mod verify;
mod words;

pub use loudness::Loudness;
pub use progress::{Progress, event_loudness};
pub use style::Style;
