<<<<<<< HEAD
//! The kinds against recorded answers of hosts, and their shell functions run for real.

#[cfg(test)]
mod declaring;
#[cfg(test)]
mod service;
=======
//! Every kind by itself: what it refuses, what it reads out of answers, and its shell for real, under
//! dash and busybox, with awkward names. A missing shell fails the tests and says what to install.

mod directory;
mod every_kind;
mod host;
mod links;
#[path = "../support/local_shell.rs"]
mod local_shell;
>>>>>>> 7aea913 (Add the kinds directory, symlink and absent, and tests that run every kind's shell for real)
