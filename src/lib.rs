//! matrixform makes a Matrix homeserver match a TOML spec, over SSH, idempotently.
//!
//! Data flows through the directories in this order: `spec` and `module` turn text into resources, `host` and `observe`
//! learn the state of the host, `plan` compares, `apply` carries out, `run` ties all of it together, `render` shows.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
// For items that other directories may use (clippy.toml); rustc's own lint only sees `for_tests`.
#![cfg_attr(not(test), warn(clippy::missing_docs_in_private_items))]

mod accounts;
mod apply;
mod atomic_file;
mod backup;
mod bounded;
mod cli;
mod diagnostic;
mod facts;
#[doc(hidden)]
pub mod for_tests;
mod host;
mod host_path;
mod labelled;
mod module;
mod net;
mod observe;
mod plan;
mod rebuild;
mod remote;
mod render;
mod resource;
mod restic;
mod revision;
mod run;
mod secret;
mod side_by_side;
mod spec;
mod synapse;
mod time;
mod verify;
mod x509;

pub use cli::main;
