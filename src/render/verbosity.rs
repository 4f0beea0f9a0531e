//! How much a run prints. Results and errors are always printed.

/// From least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Results and errors.
    Quiet,
    /// Warnings and progress too.
    Normal,
    /// Everything read and asked, the output of steps, and how long they took.
    Verbose,
    /// Every call of a shell function.
    Everything,
}

impl Verbosity {
    /// Returns its word in a log: the level of events shown only from this verbosity on.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Verbosity::Quiet => "error",
            Verbosity::Normal => "info",
            Verbosity::Verbose => "debug",
            Verbosity::Everything => "trace",
        }
    }
}
