//! Stores values supplied by the user; a different value is only replaced if that was requested by name.

use super::file::SecretFile;
use super::lines::Edit;
use super::stores::Stores;
use super::{PLAN_KEY, PREVIOUS, PlanKey, Secret, Store, missing};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;
use std::path::Path;

/// The result for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreResult {
    /// It was added.
    New,
    /// It was stored already.
    Same,
    /// It replaced another value.
    Replaced,
}

/// What happens to a different value that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverwritePolicy {
    /// It is kept, with an error.
    Refuse,
    /// It is replaced.
    Replace,
    /// It is replaced, and kept as the previous value until the host is as wanted.
    KeepPrevious,
    /// It can never be replaced, for this reason; an error.
    Permanent(&'static str),
}

impl Stores {
    /// Returns all secrets of another file in the same format, which only its owner may access.
    ///
    /// # Errors
    ///
    /// The file does not exist or has no secrets (`secret/file`), others may access it (`secret/file-access`), or a
    /// line is not `"area/name" = "value"` (`secret/file-form`).
    pub fn read_file(&self, path: &Path) -> Result<BTreeMap<String, Secret>, Diagnostic> {
        if !path.exists() {
            let message = format!("there is no file {}", path.display());
            return Err(Diagnostic::error("secret/file", message)
                .help("use a file with lines of `\"area/name\" = \"value\"`; that of a recovery kit exists only once the kit is opened: if that failed, the message of `age` says why"));
        }
        let secrets = SecretFile::new(path.to_owned()).load()?;
        self.masker.add(secrets.values());
        if secrets.is_empty() {
            let message = format!("there are no secrets in {}", path.display());
            return Err(Diagnostic::error("secret/file", message)
                .help("write lines of `\"area/name\" = \"value\"`"));
        }
        Ok(secrets)
    }

    /// Stores values in the store for new secrets, all or none; `over` decides what happens to a different stored
    /// value. Returns the result for each, in order.
    ///
    /// # Errors
    ///
    /// A name or a value cannot be stored; a different value is stored, and `over` returns `Refuse` (`secret/differs`)
    /// or `Permanent` (`secret/irreplaceable`); or a store cannot be read or written.
    pub fn put(
        &self,
        secrets: &[Secret],
        over: &dyn Fn(&str) -> OverwritePolicy,
    ) -> Result<Vec<StoreResult>, Diagnostic> {
        let home = self.home();
        for secret in secrets {
            missing::check_name(secret.name())?;
            fit(secret, &home)?;
            // A value in another store would take precedence, or come back later: such a secret has one value
            // everywhere.
            if let OverwritePolicy::Permanent(why) = over(secret.name()) {
                let known = self.locate(secret.name())?.filter(|(known, _)| known != secret);
                if let Some((_, store)) = known {
                    return Err(irreplaceable(secret.name(), &store, why));
                }
            }
        }
        let mut state = self.state();
        let previous = |secret: &Secret| format!("{}{PREVIOUS}", secret.name());
        let names = secrets.iter().flat_map(|one| [one.name().to_owned(), previous(one)]);
        let names: Vec<String> = names.collect();
        let mut became = Vec::new();
        self.change(&home, &names, &mut state, &mut |held| {
            let mut edits = Vec::new();
            became.clear();
            for secret in secrets {
                let name = secret.name();
                let known = held.get(name);
                if known == Some(secret) {
                    became.push(StoreResult::Same);
                    continue;
                }
                match (known, over(name)) {
                    (None, _) | (_, OverwritePolicy::Replace) => {}
                    (Some(known), OverwritePolicy::KeepPrevious)
                        if !held.contains_key(&previous(secret)) =>
                    {
                        edits.push(Edit::set(&Secret::new(previous(secret), known.expose())));
                    }
                    (Some(_), OverwritePolicy::KeepPrevious) => {}
                    (Some(_), OverwritePolicy::Permanent(why)) => {
                        return Err(irreplaceable(name, &home, why));
                    }
                    (Some(_), OverwritePolicy::Refuse) => return Err(differs(name, &home)),
                }
                became.push(if known.is_some() { StoreResult::Replaced } else { StoreResult::New });
                edits.push(Edit::set(secret));
            }
            Ok(edits)
        })?;
        Ok(became)
    }
}

/// The error for a value that must never be replaced.
fn irreplaceable(name: &str, store: &Store, why: &str) -> Diagnostic {
    let message = format!("`{name}` cannot be replaced, but {store} has a different value: {why}");
    Diagnostic::error("secret/irreplaceable", message).help(format!(
        "nothing was stored; to use the host's value instead: `matrixform secrets import SPEC --from-host --replace {name}`"
    ))
}

fn differs(name: &str, home: &Store) -> Diagnostic {
    let message = format!("{home} has a different value for `{name}`: nothing was stored");
    Diagnostic::error("secret/differs", message)
        .help(format!("to overwrite it, add `--replace {name}`"))
}

/// Stores contain text: a value that they could not return unchanged is refused.
fn fit(secret: &Secret, home: &Store) -> Result<(), Diagnostic> {
    let refuse = |why: &str| {
        let message = format!("the value of `{}` {why}", secret.name());
        Err(Diagnostic::error("secret/value", message))
    };
    if secret.name() == PLAN_KEY {
        return PlanKey::new(secret.clone()).map(|_| ());
    }
    match std::str::from_utf8(secret.expose()) {
        _ if secret.expose().is_empty() => refuse("is empty"),
        Err(_) => refuse("is not text; stores only take text"),
        // TOML treats a carriage return before a newline as part of the newline.
        Ok(text) if text.contains('\r') && !matches!(home, Store::Keyring) => {
            refuse("has Windows line endings: convert it first")
        }
        Ok(text) if text.contains('\0') => refuse("contains a NUL byte"),
        Ok(_) => Ok(()),
    }
}
