//! Restores a lost homeserver from a backup: whether a snapshot fits, the order of the work, and the SQL that checks a
//! restored database and moves its sequences ahead of the lost time. Pure; the shell functions do the work on the host.
//! Output from a snapshot or a host is limited in size, and parsed strictly.

mod admit;
mod estimate;
mod fence;
mod found;
mod manifest;
mod mark;
mod notes;
mod old;
mod rows;
mod sequences;
mod space;
mod streams;
#[cfg(test)]
mod tests;

pub use admit::{Admission, HostState, RebuildRequest, admit};
pub use estimate::expected;
pub use fence::{FENCE, FENCE_CHECK, FencePlace, HostMarks, check_fence, may_fence};
pub use found::{Found, found};
pub use manifest::{RebuildTarget, SnapshotManifest};
pub use mark::{RebuildMark, RebuildStage};
pub use notes::notes;
pub use old::{OldServer, old_server};
pub use rows::check_sql;
pub use sequences::{raise_sql, unknown_sequences};
pub use space::{FileSystemSpace, lacking};

/// The shell functions.
pub const SHELL: [&str; 5] = [
    include_str!("read.sh"),
    include_str!("login.sh"),
    include_str!("restore.sh"),
    include_str!("files.sh"),
    include_str!("fence.sh"),
];

/// Reads the manifest of a snapshot, and the size of its contents.
pub const READ: &str = "rebuild_read";

/// Examines the homeserver after its start.
pub const LOOK: &str = "rebuild_look";

/// Reads the notes of the stages.
pub const NOTES: &str = "rebuild_notes";
