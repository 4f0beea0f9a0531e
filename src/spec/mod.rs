//! The spec: TOML with places.

pub mod node;
