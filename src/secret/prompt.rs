//! Asks the user for a secret: the last source, behind a trait because only the command line owns the terminal.

use zeroize::Zeroizing;

/// Prompts on a terminal, without echo.
pub trait Prompt: Send + Sync {
    /// Returns the value of the secret with this name; `None` if nothing was typed.
    fn ask(&self, name: &str) -> Option<Zeroizing<String>>;
}
