//! Exit statuses: one list shared by main, the help text and the README. Never reuse a number.

/// The exit status of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// An error before anything was changed.
    Error = 1,
    /// Changes are pending (only if requested).
    Pending = 2,
    /// Failed, and the host is partly applied.
    Partial = 3,
    /// Failed, and rolled back.
    RolledBack = 4,
    /// The plan no longer fits the host.
    Stale = 5,
    /// Another run holds the host's lock.
    Locked = 6,
    /// A check failed.
    CheckFailed = 7,
    /// Wrong use of the command line.
    Usage = 64,
    /// A bug in matrixform.
    Bug = 70,
}

impl Exit {
    /// Each status with its meaning, for `--help` and the documentation.
    pub const ALL: [(Exit, &'static str); 10] = [
        (Exit::Done, "done, or nothing to do"),
        (Exit::Error, "an error before any change"),
        (Exit::Pending, "changes pending, if asked for"),
        (Exit::Partial, "failed, partly applied"),
        (Exit::RolledBack, "failed, rolled back"),
        (Exit::Stale, "the plan no longer fits the host"),
        (Exit::Locked, "another run holds the host"),
        (Exit::CheckFailed, "a check failed"),
        (Exit::Usage, "incorrect usage"),
        (Exit::Bug, "a bug in matrixform"),
    ];
}
