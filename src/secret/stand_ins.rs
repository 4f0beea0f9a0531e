//! Names in place of secrets: for comparing wanted states without opening a store. Two secrets are equal if their names
//! are.

use super::{Secret, SecretSource};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeSet;

/// A source without any store.
pub struct StandIns<'a> {
    /// The secrets already in use; others count as pending if they have a recipe. `None`: all are in use.
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
