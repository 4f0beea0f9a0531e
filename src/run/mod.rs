//! A run on one host, whatever it is for: connect, look, take the host's lock, look again, carry the plan out, look
//! once more. It speaks to a [`Reporter`], and gives back problems with the exit status that they ask for: command
//! line, terminal and process are its caller's.

mod accounts;
mod blind;
mod carry_out;
mod detail;
pub mod drift;
pub mod history;
mod hold;
mod identity;
mod interrupt;
mod laps;
mod last_look;
mod ledger;
mod login;
mod look;
mod memory;
mod outside;
mod project;
mod reporter;
mod reviewed;
mod secrets;
mod session;
mod undoes;
mod unseen;
mod versions;
mod want;

pub use accounts::Desk;
pub use detail::Detail;
pub use hold::refuse;
pub use interrupt::Leave;
pub use laps::Laps;
pub use look::Look;
pub use memory::{Memory, Remembered};
pub use project::{Project, Values};
pub use reporter::Reporter;
pub use reviewed::Base;
pub use secrets::settle;
pub use session::Session;
pub use versions::{InUse, uncompared, unversioned};
pub use want::{Guess, Want, want_with};

use crate::diagnostic::{Diagnostic, Exit, Problems};

/// All shell functions that a run calls on a host.
pub fn library() -> String {
    crate::host::library(&[crate::apply::SHELL.as_slice(), &[crate::accounts::SHELL]].concat())
}

fn one(problem: Diagnostic) -> Problems {
    vec![problem]
}

/// After the first step no error is one "before any change".
fn partial(problems: Problems) -> Problems {
    let exit = |problem: Diagnostic| match problem.exit {
        Exit::Error => problem.exit(Exit::Partial),
        _ => problem,
    };
    problems.into_iter().map(exit).collect()
}
