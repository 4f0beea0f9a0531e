//! No values at all: for a plan without access to a store. Secrets that the host already has are assumed unchanged.

use super::{Secret, SecretSource, SecretState, missing};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeSet;

/// A source that knows only names.
pub struct Withheld<'a> {
    /// The secrets that the host has; `None`: all.
    pub in_use: Option<&'a BTreeSet<String>>,
}

impl SecretSource for Withheld<'_> {
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic> {
        missing::check_name(name)?;
        missing::check_use(name)?;
        let is_new = self.in_use.is_some_and(|names| !names.contains(name));
        Ok(match generate {
            _ if !is_new => Secret::withheld(name, SecretState::Unchanged),
            Some(_) => Secret::pending(name),
            None => Secret::withheld(name, SecretState::Unread),
        })
    }
}
