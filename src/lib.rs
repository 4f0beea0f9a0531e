//! matrixform makes a Matrix homeserver host be what a TOML spec says, over SSH, idempotently.
//!
//! The way of the data is the way of the folders: `spec` and `module` turn text into resources,
//! `host` and `observe` learn what a host is, `plan` compares, `apply` carries out, `run` is all of
//! it in one go, `render` shows.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
// Of what other folders may use (clippy.toml); rustc's own lint looks at `for_tests` alone.
#![cfg_attr(not(test), warn(clippy::missing_docs_in_private_items))]

mod accounts;
mod apply;
mod backup;
mod bounded;
mod cli;
mod diagnostic;
mod facts;
#[doc(hidden)]
pub mod for_tests;
mod host;
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
mod spec;
mod synapse;
mod time;
mod verify;
mod x509;

pub use cli::main;
