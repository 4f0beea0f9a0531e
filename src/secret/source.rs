//! The source of secrets for expansion: a trait, so that it sees neither environment nor keyring.

use super::Secret;
use crate::diagnostic::Diagnostic;

/// Returns secrets by name.
pub trait SecretSource {
    /// Returns the secret with this name. One that is in no store is [pending](Secret::pending) if `generate` is a
    /// recipe (`password:40`), and otherwise an error that names every store.
    ///
    /// # Errors
    ///
    /// No store has it and there is no recipe, or a store cannot be read.
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic>;
}
