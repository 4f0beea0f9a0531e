//! Names instead of secrets: for a comparison of what is wanted that no store is opened for. Two secrets are the same
//! when their names are.

use super::{Secret, SecretSource};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeSet;

/// A source without any store.
pub struct StandIns<'a> {
    /// The secrets that are in use already; of others those that can be generated are still to be. None: all are in use.
    pub in_use: Option<&'a BTreeSet<String>>,
}

impl SecretSource for StandIns<'_> {
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic> {
        let is_new = self.in_use.is_some_and(|names| !names.contains(name));
        if is_new && generate.is_some() {
            return Ok(Secret::pending(name));
        }
        Ok(Secret::new(name, format!("the secret {name}")))
    }
}
