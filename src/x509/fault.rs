//! Why a file cannot be used, and what to do about it.

/// A reason and a remedy, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemFault {
    /// What is wrong, as the rest of a sentence that begins with the file.
    pub why: String,
    /// What to do.
    pub fix: String,
}

impl PemFault {
    pub(super) fn new(why: impl Into<String>, fix: impl Into<String>) -> PemFault {
        PemFault { why: why.into(), fix: fix.into() }
    }
}
