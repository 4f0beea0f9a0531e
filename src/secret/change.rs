//! Changes the store for new secrets: under a lock, based on its current contents, atomically. Every operation that
//! stores secrets uses this: generating, setting, importing, rotating.

use super::keyring::KeyringFailure;
use super::lines::Edit;
use super::stores::{Stores, StoresState};
use super::{Secret, Store, missing, private_file};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;

/// The relevant secrets in a store.
pub(super) type StoredSecrets = BTreeMap<String, Secret>;

/// Decides on the changes, given the current secrets.
pub(super) type Decide<'d> = &'d mut dyn FnMut(&StoredSecrets) -> Result<Vec<Edit>, Diagnostic>;

impl Stores {
    /// Returns the store for new secrets: the age file if there is one, else the file that the spec names, else the
    /// keyring.
    pub fn home(&self) -> Store {
        match (self.age_file(), &self.file) {
            (Some(file), _) => Store::Age(file.path().to_owned()),
            (None, Some(file)) => Store::File(file.path().to_owned()),
            (None, None) => Store::Keyring,
        }
    }

    /// Changes a store. `names` are the secrets that `decide` needs to see: a keyring cannot be listed.
    pub(super) fn change(
        &self,
        store: &Store,
        names: &[String],
        state: &mut StoresState,
        decide: Decide<'_>,
    ) -> Result<(), Diagnostic> {
        match store {
            Store::Age(_) => self.change_age(state, decide),
            Store::File(_) => self.change_file(state, decide),
            Store::Keyring => self.change_keyring(names, state, decide),
            Store::Environment => {
                Err(Diagnostic::error("secret/unwritable", "the environment is read-only"))
            }
        }
    }

    fn change_age(&self, state: &mut StoresState, decide: Decide<'_>) -> Result<(), Diagnostic> {
        let Some(file) = self.age_file() else { return Ok(()) };
        let _lock = self.lock()?;
        let mut document = self.open_age(file)?;
        let edits = decide(&document.secrets)?;
        for edit in &edits {
            match &edit.value {
                Some(secret) => document.secrets.insert(edit.name.clone(), secret.clone()),
                None => document.secrets.remove(&edit.name),
            };
        }
        if !edits.is_empty() {
            self.masker.add(edits.iter().filter_map(|edit| edit.value.as_ref()));
            file.save(&document)?;
        }
        state.aged = Some(document.secrets);
        Ok(())
    }

    fn change_file(&self, state: &mut StoresState, decide: Decide<'_>) -> Result<(), Diagnostic> {
        let Some(file) = &self.file else { return Ok(()) };
        let _lock = private_file::lock(file.path()).map_err(|error| locked(&error))?;
        state.filed = file.load()?;
        let edits = decide(&state.filed)?;
        if !edits.is_empty() {
            file.edit(&edits)?;
            state.filed = file.load()?;
        }
        self.masker.add(state.filed.values());
        Ok(())
    }

    fn change_keyring(
        &self,
        names: &[String],
        state: &mut StoresState,
        decide: Decide<'_>,
    ) -> Result<(), Diagnostic> {
        if state.no_keyring.is_some() {
            return Err(missing::unwritable(self, state, names));
        }
        let _lock = self.lock()?;
        let mut held = StoredSecrets::new();
        for name in names {
            // Query again: another run may have stored it while this one waited for the lock.
            state.ringed.remove(name);
            state.formerly.remove(name);
            held.extend(self.ask_keyring(name, state)?.map(|secret| (name.clone(), secret)));
        }
        for edit in decide(&held)? {
            self.change_account(&edit, names, state)?;
        }
        Ok(())
    }

    fn change_account(
        &self,
        edit: &Edit,
        names: &[String],
        state: &mut StoresState,
    ) -> Result<(), Diagnostic> {
        match self.set_account(edit, state) {
            Ok(()) => {
                self.masker.add(&edit.value);
                state.ringed.insert(edit.name.clone(), edit.value.clone());
                Ok(())
            }
            Err(KeyringFailure::Absent(reason)) => {
                state.no_keyring = Some(reason);
                Err(missing::unwritable(self, state, names))
            }
            Err(KeyringFailure::Refused(reason)) => Err(missing::refused(&edit.name, &reason)),
        }
    }

    /// Moves a value under the former scope first: an interrupted run leaves two equal values, never two different
    /// ones.
    fn set_account(&self, edit: &Edit, state: &mut StoresState) -> Result<(), KeyringFailure> {
        let account = self.account(&edit.name);
        if let Some(former) = self.former_account(&edit.name)
            && state.formerly.contains(&edit.name)
        {
            if let Some(Some(secret)) = state.ringed.get(&edit.name) {
                self.keyring.set(&account, secret.expose())?;
            }
            self.keyring.remove(&former)?;
            state.formerly.remove(&edit.name);
        }
        match &edit.value {
            Some(secret) => self.keyring.set(&account, secret.expose()),
            None => self.keyring.remove(&account),
        }
    }

    /// Moves these secrets to the current scope, if the keyring has them under the former one.
    pub(super) fn move_accounts(
        &self,
        names: &[String],
        state: &mut StoresState,
    ) -> Result<(), Diagnostic> {
        let known = names.iter().filter(|name| state.formerly.contains(*name));
        let names: Vec<String> = known.cloned().collect();
        if names.is_empty() {
            return Ok(());
        }
        self.change_keyring(&names, state, &mut |held| Ok(held.values().map(Edit::set).collect()))
    }

    /// Takes the lock for this user's stores that are not plain files. It is not beside the age file, which is in a
    /// repository.
    pub(super) fn lock(&self) -> Result<std::fs::File, Diagnostic> {
        private_file::lock(&self.runtime.join("secrets")).map_err(|error| locked(&error))
    }
}

fn locked(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("secret/lock", format!("the secrets cannot be locked: {error}"))
        .help("the lock file is beside the secrets file, or in your runtime directory")
}
