//! Modules are data: manifests and templates that turn their part of the spec into resources.

mod expansion;
pub mod filter;
pub mod types;

pub use expansion::{Activation, Expansion, Health};
