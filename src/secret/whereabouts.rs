//! Finds the store that has a secret, for people who manage them: stores as values, and the contents of each.

use super::stores::Stores;
use super::{Secret, missing};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A store of secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// A variable of the environment.
    Environment,
    /// The age file beside the spec.
    Age(PathBuf),
    /// The file that the spec names.
    File(PathBuf),
    /// The keyring.
    Keyring,
}

/// Formats the store for people.
impl std::fmt::Display for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Store::Environment => f.write_str("the environment"),
            Store::Age(path) | Store::File(path) => write!(f, "{}", path.display()),
            Store::Keyring => f.write_str("the keyring"),
        }
    }
}

impl Stores {
    /// Returns the secret and its store; `None` if no store has it. Never prompts.
    ///
    /// # Errors
    ///
    /// The name is not valid (`secret/name`), its environment variable is empty (`secret/empty`), or the age file or
    /// the keyring cannot be read.
    pub fn locate(&self, name: &str) -> Result<Option<(Secret, Store)>, Diagnostic> {
        missing::check_name(name)?;
        let mut state = self.state();
        if let Some(secret) = self.environment.get(name)? {
            return Ok(Some((secret, Store::Environment)));
        }
        let aged = self.ask_age(&mut state)?.and_then(|aged| aged.get(name).cloned());
        if let (Some(secret), Some(file)) = (aged, self.age_file()) {
            return Ok(Some((secret, Store::Age(file.path().to_owned()))));
        }
        if let (Some(secret), Some(file)) = (state.filed.get(name), &self.file) {
            return Ok(Some((secret.clone(), Store::File(file.path().to_owned()))));
        }
        Ok(self.ask_keyring(name, &mut state)?.map(|secret| (secret, Store::Keyring)))
    }

    /// The same, for every store but the one for new secrets.
    ///
    /// # Errors
    ///
    /// The secret's environment variable is empty (`secret/empty`), or the keyring refuses (`secret/keyring`) or has two
    /// values for it (`secret/two-values`).
    pub fn elsewhere(&self, name: &str) -> Result<Option<(Secret, Store)>, Diagnostic> {
        let home = self.home();
        let mut state = self.state();
        if let Some(secret) = self.environment.get(name)? {
            return Ok(Some((secret, Store::Environment)));
        }
        let filed = state.filed.get(name).zip(self.file.as_ref());
        if let Some((secret, file)) = filed.filter(|_| !matches!(home, Store::File(_))) {
            return Ok(Some((secret.clone(), Store::File(file.path().to_owned()))));
        }
        if home == Store::Keyring {
            return Ok(None);
        }
        Ok(self.ask_keyring(name, &mut state)?.map(|secret| (secret, Store::Keyring)))
    }

    /// Returns all names in the age file and the file. A keyring cannot be listed.
    ///
    /// # Errors
    ///
    /// The age file cannot be opened.
    pub fn names(&self) -> Result<BTreeSet<String>, Diagnostic> {
        let mut state = self.state();
        let mut names: BTreeSet<String> = state.filed.keys().cloned().collect();
        names.extend(self.ask_age(&mut state)?.into_iter().flat_map(|aged| aged.keys().cloned()));
        Ok(names)
    }
}
