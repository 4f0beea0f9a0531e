//! The stores without prompts: for work in the background, and for finding out what is missing.

use super::{Secret, SecretSource, Stores};
use crate::diagnostic::Diagnostic;

/// Stores that never prompt on a terminal.
pub struct NonInteractive<'a> {
    /// The stores.
    pub stores: &'a Stores,
    /// Whether a secret that no store has counts as pending even if there is no recipe for it.
    pub lenient: bool,
}

impl SecretSource for NonInteractive<'_> {
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic> {
        match self.stores.look_up(name, generate, false) {
            Err(problem) if self.lenient && problem.code == "secret/missing" => {
                Ok(Secret::pending(name))
            }
            other => other,
        }
    }
}
