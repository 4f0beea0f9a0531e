//! A run on one host, for any purpose: connect, observe, take the host's lock, observe again, carry out the plan,
//! observe once more. It reports to a [`Reporter`], and returns problems with their exit status; command line, terminal
//! and process belong to the caller.

mod accounts;
mod backups;
mod base_spec;
mod cache_file;
mod call;
mod carry_out;
mod detail;
pub mod drift;
mod expanded_spec;
pub mod history;
mod host_cache;
mod identity;
mod interrupt;
mod ledger;
mod lock;
mod login;
mod operation;
mod outcome;
mod outside;
mod project;
mod rebuild;
mod recheck;
mod replacement_plan;
mod reporter;
mod repositories;
mod retry;
mod secrets;
mod session;
mod snapshot;
mod timings;
mod undoes;
mod versions;
mod withheld_state;

pub use accounts::AccountOperation;
pub use backups::{BackupOperation, BackupWork};
pub use base_spec::Base;
pub use detail::Detail;
pub use expanded_spec::{ExpandedSpec, Prefetch, expanded_spec_with};
pub use host_cache::{AppliedHost, HostCache};
pub use interrupt::Leave;
pub use lock::refuse;
pub use operation::without_wait;
pub use outcome::Outcome;
pub use project::{Project, SecretValues};
pub use rebuild::{ChosenSnapshot, Fence, RebuildOperation, RebuildResult};
pub use replacement_plan::ReplacementPlan;
pub use reporter::Reporter;
pub use repositories::{PlannedPruning, RepositoryOperation};
pub use secrets::finish_rotations;
pub use session::Session;
pub use snapshot::Snapshot;
pub use timings::Timings;
pub use versions::{InUse, uncompared, unversioned};

use crate::diagnostic::{Diagnostic, Exit, Problems};

/// Returns all shell functions that a run calls on a host.
pub fn library() -> String {
    crate::host::library(
        &[
            crate::apply::SHELL.as_slice(),
            &[crate::accounts::SHELL, crate::backup::SHELL],
            &crate::rebuild::SHELL,
        ]
        .concat(),
    )
}

fn one(problem: Diagnostic) -> Problems {
    vec![problem]
}

/// After the first step, no error has the status "before any change".
fn partial(problems: Problems) -> Problems {
    let exit = |problem: Diagnostic| match problem.exit {
        Exit::Error => problem.exit(Exit::Partial),
        _ => problem,
    };
    problems.into_iter().map(exit).collect()
}
