//! What is shown to people: plans and events as text. Pure: it reads values, decides no change, asks
//! nobody whether colour is wanted, and never sees the value of a secret.

mod page;
pub mod plan;
pub mod problems;
mod progress;
mod style;
mod words;

pub use progress::Progress;
pub use style::Style;
