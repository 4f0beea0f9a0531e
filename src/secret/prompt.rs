//! Asking a person for a secret: the last source, behind a trait because only the command line owns
//! the terminal.

use zeroize::Zeroizing;

/// Asks on a terminal, without an echo.
pub trait Prompt: Send + Sync {
    /// The value of the secret of this name; `None` when nothing was typed.
    fn ask(&self, name: &str) -> Option<Zeroizing<String>>;
}
