//! Where expansion gets its secrets from: a trait, so that it sees neither environment nor keyring.

use super::Secret;
use crate::diagnostic::Diagnostic;

/// Gives secrets by name.
pub trait SecretSource {
    /// The secret of this name. One that no store holds is [pending](Secret::pending) when
    /// `generate` says how to make it (`password:40`), and an error that names every store otherwise.
    ///
    /// # Errors
    ///
    /// No store has it and nothing says how to make it, or a store cannot be read.
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic>;
}
