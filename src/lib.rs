//! matrixform makes a Matrix homeserver host be what a TOML spec says, over SSH, idempotently.
//!
//! The way of the data is the way of the folders: `spec` and `module` turn text into resources,
//! `host` and `observe` learn what a host is, `plan` compares, `apply` carries out, `run` is all of
//! it in one go, `render` shows.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod accounts;
pub mod apply;
mod bounded;
pub mod cli;
pub mod diagnostic;
pub mod facts;
pub mod host;
pub mod module;
pub mod net;
pub mod observe;
pub mod plan;
pub mod remote;
pub mod render;
pub mod resource;
pub mod revision;
pub mod run;
pub mod secret;
pub mod spec;
pub mod synapse;
pub mod verify;
pub mod x509;
