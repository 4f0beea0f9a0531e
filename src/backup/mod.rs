//! Backups of a homeserver, as the program on the host makes them (modules/backup): what it says of them, and where files
//! may be restored to, which snapshots are kept, and how this machine reaches a repository. What a host or a repository says is
//! bounded, and read strictly.

mod access;
mod destination;
mod listed;
mod newest;
mod outcome;
mod pruning;
mod repository;

pub use access::{deleting, reading};
pub use destination::destination;
pub use listed::{Listed, SavedSnapshot, listed, snapshots};
pub use newest::is_of_server;
pub use outcome::{BackupOutcome, progress};
pub use pruning::{Pruning, future_dated, pruning};
pub use repository::repository;

/// The shell functions that call the program on the host.
pub const SHELL: &str = include_str!("backup.sh");

/// Starts a unit and waits until it has ended.
pub const WAIT: &str = "backup_wait";

/// Lists the snapshots of all repositories.
pub const LIST: &str = "backup_list";

/// Restores a file or folder.
pub const RESTORE: &str = "backup_restore";

/// Of what restic says as many characters are shown.
const WORDS: usize = 600;

/// A text from the host, fit for one line.
fn shown(text: &str) -> String {
    crate::diagnostic::visible(text.trim()).chars().take(WORDS).collect()
}

/// The program is not there.
pub fn absent() -> crate::diagnostic::Diagnostic {
    let message = "backups are not set up on this host yet";
    crate::diagnostic::Diagnostic::error("backup/absent", message)
        .help("`matrixform apply` sets them up")
}
