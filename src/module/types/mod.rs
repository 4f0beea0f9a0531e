//! The types of parameters: what a manifest declares, what a spec may contain, and the values that expressions see. A
//! new type needs a file here, a row in `text_type::ALL` or a variant of `ParamType`, and a row in the reference.

mod declared_limits;
mod declared_parts;
mod default_by;
mod field;
mod manifest;
mod param_type;
mod partial_table;
mod read;
mod read_parts;
mod read_secret;
mod reference;
mod schema;
mod shape;
mod text_type;

pub(in crate::module) mod duration;
mod host_name;
pub(in crate::module) mod network;
mod number;
mod path;
mod placeholder;
mod public_name;
mod punycode;
mod rate;
mod repository;
mod requirement;
mod route;
mod schedule;
mod schedule_spoken;
mod schedule_words;
pub(in crate::module) mod size;
mod token;
mod url;
mod word;

pub use default_by::DefaultBy;
pub use duration::ms as duration_ms;
pub use field::Field;
pub use manifest::FIELD_KEYS;
pub use param_type::ParamType;
pub use partial_table::PartialTable;
pub(in crate::module) use partial_table::{ALREADY_REPORTED, unknown};
pub(in crate::module) use placeholder::{ReadAs, unfilled};
pub use public_name::{is_in_domain, why_not_public};
pub(in crate::module) use read_secret::{
    SLOT, hide_secrets, is_secret_name, no_secret_name, plain_secret,
};
pub use reference::{VariableRef, resolve};
pub use schema::{SchemaFor, definitions, secret, table, text};
pub use shape::Shape;
pub(in crate::module) use text_type::RefusedText;
pub(in crate::module) use url::host_of;

use super::value::{FileRef, Literal, SecretRef};

#[cfg(test)]
mod tests;
