//! Secrets: the value type, content that holds some, and (providers) where values come from.

mod align;
mod content;
mod secret_value;
mod source;

pub use content::{Content, SecretRange, hex};
pub use secret_value::{Secret, variable};
pub use source::SecretSource;
