//! Every kind by itself: what it refuses, what it reads out of answers of hosts, and its shell for
//! real, under dash and busybox, with awkward names. A missing shell fails and says what to install.

mod apt;
mod certificate;
mod declaring;
mod directory;
mod every_kind;
mod host;
mod links;
#[path = "../support/local_shell.rs"]
mod local_shell;
mod machine;
mod service;
