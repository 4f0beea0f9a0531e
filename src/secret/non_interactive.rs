//! The stores without the person behind them: for what is worked out while nobody waits for it, and
//! for a look at what is missing.

use super::{Secret, SecretSource, Stores};
use crate::diagnostic::Diagnostic;

/// Stores that never ask on a terminal.
pub struct NonInteractive<'a> {
    /// The stores.
    pub stores: &'a Stores,
    /// Whether a secret that no store has counts as one still to be generated, also where nothing
    /// says how.
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
