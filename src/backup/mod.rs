//! Backups of a homeserver, made by the program on the host (modules/backup): reads its reports, and decides where
//! files may be restored to, which snapshots are kept, and how the operator's machine reaches a repository. Input from
//! a host or a repository is bounded, and parsed strictly.

mod access;
mod destination;
mod listing;
mod newest;
mod outcome;
mod pruning;
mod repository;

pub use access::{deleting, reading};
pub use destination::destination;
pub use listing::{LISTED, RepositoryListing, SavedSnapshot, listed, missing, snapshots};
pub use newest::is_of_server;
pub use outcome::{BackupOutcome, progress};
pub use pruning::{Pruning, future_dated, pruning};
pub use repository::repository;

/// The shell functions that call the program on the host.
pub const SHELL: &str = include_str!("backup.sh");

/// The function that starts a unit and waits until it has ended.
pub const WAIT: &str = "backup_wait";

/// The function that lists the snapshots of all repositories.
pub const LIST: &str = "backup_list";

/// The function that restores a file or directory.
pub const RESTORE: &str = "backup_restore";

/// The most of restic's output that is shown (characters).
const MAX_QUOTED_CHARS: usize = 600;

/// A text from the host, made safe for a single line.
fn shown(text: &str) -> String {
    crate::diagnostic::visible(text.trim()).chars().take(MAX_QUOTED_CHARS).collect()
}

/// Returns the error for a host without the program.
pub fn absent() -> crate::diagnostic::Diagnostic {
    let message = "backups are not set up on this host yet";
    crate::diagnostic::Diagnostic::error("backup/absent", message)
        .help("`matrixform apply` sets them up; on a blank host that is to replace a lost one, `matrixform rebuild` sets up what reads them, and asks before it restores")
}
