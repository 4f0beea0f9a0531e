//! Storing values that somebody brings: never over a different one unless that was asked for by name.

use super::file::SecretFile;
use super::lines::Edit;
use super::stores::Stores;
use super::{Secret, Store, missing};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;
use std::path::Path;

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is stored.
    New,
    /// It was stored already.
    Same,
    /// It stands in the place of another one.
    Replaced,
}

impl Stores {
    /// All secrets of another file of the same form, which must be its owner's alone.
    pub fn read_file(&self, path: &Path) -> Result<BTreeMap<String, Secret>, Diagnostic> {
        let secrets = SecretFile::new(path.to_owned()).load()?;
        self.masker.add(secrets.values());
        if secrets.is_empty() {
            let message = format!("there are no secrets in {}", path.display());
            return Err(Diagnostic::error("secret/file", message)
                .help("it holds lines `\"area/name\" = \"value\"`"));
        }
        Ok(secrets)
    }

    /// Stores values where new secrets go, all or none at once; over different ones only where
    /// `replace` says so. What became of each, in their order.
    pub fn put(
        &self,
        secrets: &[Secret],
        replace: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Put>, Diagnostic> {
        let home = self.home();
        for secret in secrets {
            missing::check_name(secret.name())?;
            fit(secret, &home)?;
        }
        let mut state = self.state();
        let names: Vec<String> = secrets.iter().map(|secret| secret.name().to_owned()).collect();
        let mut became = Vec::new();
        self.change(&home, &names, &mut state, &mut |held| {
            became = secrets
                .iter()
                .map(|secret| match held.get(secret.name()) {
                    None => Ok(Put::New),
                    Some(known) if known == secret => Ok(Put::Same),
                    Some(_) if replace(secret.name()) => Ok(Put::Replaced),
                    Some(_) => Err(secret.name()),
                })
                .collect::<Result<Vec<Put>, &str>>()
                .map_err(|name| differs(name, &home))?;
            let stored = secrets.iter().zip(&became).filter(|(_, put)| **put != Put::Same);
            Ok(stored.map(|(secret, _)| Edit::set(secret)).collect())
        })?;
        Ok(became)
    }
}

fn differs(name: &str, home: &Store) -> Diagnostic {
    let message = format!("{home} has another value for `{name}`: nothing was stored");
    Diagnostic::error("secret/differs", message)
        .help(format!("if the new one shall count, run it again with `--replace {name}`"))
}

/// Stores are text: what they could not give back as it was is refused.
fn fit(secret: &Secret, home: &Store) -> Result<(), Diagnostic> {
    let refuse = |why: &str| {
        let message = format!("the value of `{}` {why}", secret.name());
        Err(Diagnostic::error("secret/value", message))
    };
    match std::str::from_utf8(secret.expose()) {
        _ if secret.expose().is_empty() => refuse("is empty"),
        Err(_) => refuse("is not text, and the stores hold text"),
        // TOML takes a carriage return before a line end for a part of it.
        Ok(text) if text.contains('\r') && !matches!(home, Store::Keyring) => {
            refuse("has Windows line ends: convert it first")
        }
        Ok(text) if text.contains('\0') => refuse("holds a NUL"),
        Ok(_) => Ok(()),
    }
}
