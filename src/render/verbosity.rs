//! How much is said on the way. Results and errors are said always.

/// From little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Results and errors.
    Quiet,
    /// Warnings and progress too.
    Normal,
    /// What is read and asked, what steps print, and how long they took.
    Verbose,
    /// Every call of a shell function.
    Everything,
}

impl Verbosity {
    /// Its word in a log: the level of what is said only from here on.
    pub(super) fn word(self) -> &'static str {
        match self {
            Verbosity::Quiet => "error",
            Verbosity::Normal => "info",
            Verbosity::Verbose => "debug",
            Verbosity::Everything => "trace",
        }
    }
}
