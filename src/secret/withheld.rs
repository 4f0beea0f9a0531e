//! No values at all: for a plan where no store is at hand. What the host has already is taken as unchanged.

use super::{Secret, SecretSource, Standing, missing};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeSet;

/// A source that knows names alone.
pub struct Withheld<'a> {
    /// The secrets that the host has; none: all.
    pub in_use: Option<&'a BTreeSet<String>>,
}

impl SecretSource for Withheld<'_> {
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic> {
        missing::check_name(name)?;
        missing::check_use(name)?;
        let is_new = self.in_use.is_some_and(|names| !names.contains(name));
        Ok(match generate {
            _ if !is_new => Secret::withheld(name, Standing::Unchanged),
            Some(_) => Secret::pending(name),
            None => Secret::withheld(name, Standing::Unread),
        })
    }
}
