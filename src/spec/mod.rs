//! The spec: TOML with places. Reading is pure; what modules say about their sections is theirs.

pub mod files;
pub mod host;
pub mod keys;
pub mod node;
mod plain_secret;
mod read;

pub use plain_secret::plain_secrets;
pub use read::{Accepted, OWN_KEYS, SecretsFile, Spec};
