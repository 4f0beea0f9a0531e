//! A new value for a secret in use. It is first tried out; then stored, with the old one beside it, before it reaches
//! the host; and the old one is dropped once the host is as wanted. The next apply completes a run that ends at any
//! point in between.

use super::lines::Edit;
use super::stores::{Stores, StoresState};
use super::{Recipe, Secret, Store};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;

/// The suffix of an old value's name during a rotation.
pub const PREVIOUS: &str = ".previous";

/// New values that are not in any store yet.
pub struct Rotation {
    /// The new values, each with the old one and its store.
    values: Vec<(Secret, Secret, Store)>,
}

impl Stores {
    /// Generates new values for these secrets, which are in use. Stores nothing.
    ///
    /// # Errors
    ///
    /// A secret can never be replaced (`secret/irreplaceable`), no store has it (`secret/missing`), or it comes from
    /// the environment (`secret/environment`); or a store cannot be read.
    pub fn propose(&self, wanted: &[(String, Recipe)]) -> Result<Rotation, Diagnostic> {
        let mut values = Vec::new();
        for (name, recipe) in wanted {
            if let Some(why) = recipe.irreplaceable() {
                let message = format!("`{name}` cannot be rotated: {why}");
                return Err(Diagnostic::error("secret/irreplaceable", message));
            }
            let Some((old, store)) = self.locate(name)? else {
                let message = format!("cannot rotate `{name}`: no store has it");
                return Err(Diagnostic::error("secret/missing", message)
                    .help("`matrixform apply` generates it"));
            };
            if store == Store::Environment {
                return Err(from_the_environment(name));
            }
            values.push((Secret::new(name.as_str(), recipe.make()?.as_slice()), old, store));
        }
        self.masker.add(values.iter().map(|(new, _, _)| new));
        Ok(Rotation { values })
    }

    /// Makes the new values take precedence over the stored ones, until they are committed.
    pub fn try_on(&self, rotation: &Rotation) {
        let new = rotation.values.iter().map(|(new, _, _)| (new.name().to_owned(), new.clone()));
        self.state().proposed.extend(new);
    }

    /// Stores the new values, and the old ones beside them. An old value left by an earlier, unfinished rotation stays
    /// as it is: the host may still have that one.
    ///
    /// # Errors
    ///
    /// Another run changed a secret in the meantime (`secret/changed`), or a store cannot be read or written.
    pub fn commit(&self, rotation: &Rotation) -> Result<(), Diagnostic> {
        let mut state = self.state();
        for (new, old, store) in &rotation.values {
            let name = new.name().to_owned();
            let previous = format!("{name}{PREVIOUS}");
            let names = [name.clone(), previous.clone()];
            self.change(store, &names, &mut state, &mut |held| {
                if held.get(&name).is_some_and(|now| now != old) {
                    let message = format!("`{name}` was changed by another run in the meantime");
                    return Err(Diagnostic::error("secret/changed", message).help("run it again"));
                }
                let mut edits = Vec::new();
                if !held.contains_key(&previous) {
                    let old = Secret::new(previous.as_str(), old.expose());
                    edits.push(Edit::set(&old));
                }
                edits.push(Edit::set(new));
                Ok(edits)
            })?;
        }
        state.proposed.clear();
        Ok(())
    }

    /// Drops the old values of these secrets once the host is known to have the new ones. Moves values that the keyring
    /// has under the former scope.
    ///
    /// # Errors
    ///
    /// The age file, the secrets file or the keyring cannot be read or written.
    pub fn finish_rotation(&self, names: &[String]) -> Result<(), Diagnostic> {
        let mut state = self.state();
        let old = |name: &String| format!("{name}{PREVIOUS}");
        let ringed = |name: &&String| matches!(state.ringed.get(*name), Some(Some(_)));
        // A keyring cannot be listed: only the secrets that it returned in this run are checked.
        let ringed: Vec<String> = names.iter().filter(ringed).map(old).collect();
        let olds: Vec<String> = names.iter().map(old).collect();
        if self.ask_age(&mut state)?.is_some_and(|aged| any(aged, &olds)) {
            let path = self.age_file().map(|file| file.path().to_owned()).unwrap_or_default();
            self.forget(&Store::Age(path), &olds, &mut state)?;
        }
        if let Some(file) = self.file.as_ref().filter(|_| any(&state.filed, &olds)) {
            self.forget(&Store::File(file.path().to_owned()), &olds, &mut state)?;
        }
        self.move_accounts(names, &mut state)?;
        if ringed.is_empty() { Ok(()) } else { self.forget(&Store::Keyring, &ringed, &mut state) }
    }

    fn forget(
        &self,
        store: &Store,
        olds: &[String],
        state: &mut StoresState,
    ) -> Result<(), Diagnostic> {
        self.change(store, olds, state, &mut |held| {
            let there = olds.iter().filter(|old| held.contains_key(*old));
            Ok(there.map(|old| Edit::remove(old)).collect())
        })
    }
}

fn any(held: &BTreeMap<String, Secret>, names: &[String]) -> bool {
    names.iter().any(|name| held.contains_key(name))
}

fn from_the_environment(name: &str) -> Diagnostic {
    let variable = super::variable(name);
    let message = format!("`{name}` comes from the environment (`{variable}`), which is read-only");
    Diagnostic::error("secret/environment", message)
        .help("change it where the variable is set, then run `matrixform apply`")
}
