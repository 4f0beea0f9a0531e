//! The spec: TOML with places. Reading is pure except for the files that a spec names; modules define the contents of
//! their own sections.

pub mod files;
mod foreign_names;
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

pub use foreign_names::foreign_section;
pub use format::FORMAT;
pub use id::Id;
pub use load::{directory, has_host, load, load_lenient, specs_among, stays_inside};
pub use merge::REPLACES;
pub use plain_secret::{
    PLAIN_SECRET, is_file_path, is_reference, merge_plain, names_a_secret, plain_places,
    plain_secret, plain_secret_at, plain_secrets, secret_path,
};
pub use read::{Accepted, OWN_KEYS, Spec, own_header};
pub use syntax::header_after;
pub use typed_address::TypedAddress;
pub use variables::{Variables, named_variables, variable};
