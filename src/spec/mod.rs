//! The spec: TOML with places. Reading is pure but for the files that a spec names; what modules say
//! about their sections is theirs.

pub mod files;
mod format;
pub mod host;
mod id;
pub mod keys;
mod layers;
mod load;
mod merge;
pub mod node;
mod plain_secret;
mod read;
mod repository;
mod syntax;
mod text;
mod typed_address;
mod unset;
mod variables;

#[cfg(test)]
mod tests;

pub use format::FORMAT;
pub use id::Id;
pub use layers::Layer;
pub use load::{folder, judge, load, specs_among, stays_inside};
pub use merge::{REPLACES, Replaced};
pub use plain_secret::{
    PLAIN_SECRET, Spot, is_file_path, is_reference, merge_plain, names_a_secret, plain_places,
    plain_secret, plain_secret_at, plain_secrets, plain_spots, secret_path, spot,
};
pub use read::{Accepted, OWN_KEYS, SecretsFile, Spec};
pub use syntax::header_after;
pub use typed_address::Typed;
pub use variables::{Variables, named_variables, variable};
