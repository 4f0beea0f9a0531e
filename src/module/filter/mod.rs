//! What templates and expressions can do: an environment in which everything is ours and strict,
//! secrets that leave it as marked ranges, and files built from values.

mod argument;
mod environment;
mod failure;
mod mark;
mod print;
mod registry;
mod render;
mod secret_text;
pub mod structured;

pub use environment::{FILTERS, FUNCTIONS, TESTS, environment};
pub use failure::Failure;
pub use mark::RESERVED;
pub use render::{content, eval, fill, render, render_named, single_expression};
pub use secret_text::{SecretText, secret_value};
