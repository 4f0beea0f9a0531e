//! The abilities of templates and expressions: a strict environment of our own filters and tests, secrets that leave it
//! as marked ranges, and files built from values.

mod argument;
mod certificate;
mod environment;
mod failure;
mod list;
mod measure;
mod name;
pub mod parse;
mod print;
mod quoting;
mod registry;
mod render;
mod row;
mod secret_mark;
mod secret_text;
pub mod structured;
mod synapse;
mod table;
mod version;

pub(super) use certificate::{FAULT_FIELDS, FIELDS as CERTIFICATE_FIELDS};
pub use environment::{FILTERS, TESTS};
pub use failure::TemplateFailure;
pub use render::{content, eval, fill_single, fill_template, inside_braces, render, single_of};
pub use secret_text::{SecretText, secret_value};

#[cfg(test)]
mod tests;
