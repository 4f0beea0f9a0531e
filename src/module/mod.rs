//! Modules are data: manifests and templates that turn their part of the spec into resources.

mod checks;
mod embedded;
mod expand;
mod expansion;
pub mod explanation;
pub mod filter;
mod findings_reference;
mod folder;
mod followers;
mod form;
pub mod golden;
mod lint;
pub mod manifest;
mod misplaced;
mod modules;
pub mod on_disk;
mod options_reference;
pub mod outside;
mod reference;
mod schema;
pub mod settings;
mod skeleton;
mod syntax;
mod teach;
mod text;
pub mod types;

pub use embedded::embedded;
pub use expand::{
    Expanded, Foreseen, NamedSecret, Review, Row, check, check_at, check_on, expand,
    expand_knowing, expand_unread, expand_with_rows, foresee, join,
};
pub use expansion::{AccountService, Activation, Expansion, Health, Sandbox, Surveyed};
pub use findings_reference::findings_reference;
pub use folder::Folder;
pub use followers::{Follower, followers, followers_table};
pub use manifest::Manifest;
pub use modules::Modules;
pub use options_reference::options_reference;
pub use reference::{WORKED, kinds_reference, reference};
pub use schema::schema;
pub use skeleton::skeleton;
pub use teach::teach_own;
pub use types::{SchemaFor, duration_ms};
