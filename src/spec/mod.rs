//! The spec: TOML with places. Reading is pure; what modules say about their sections is theirs.

pub mod files;
pub mod host;
pub mod keys;
pub mod node;
mod read;

pub use read::{Accepted, OWN_KEYS, SecretsFile, Spec};
