//! Looks up a secret in one store after the other; the user is asked last, and only if it cannot be generated.

use super::keyring::KeyringFailure;
use super::stores::{Stores, StoresState};
use super::{PLAN_KEY, PlanKey, Recipe, Secret, SecretSource, missing};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;

impl Stores {
    /// Finds a secret in the stores.
    pub(super) fn find(
        &self,
        name: &str,
        state: &mut StoresState,
    ) -> Result<Option<Secret>, Diagnostic> {
        if let Some(secret) = state.proposed.get(name) {
            return Ok(Some(secret.clone()));
        }
        if let Some(secret) = self.environment.get(name)? {
            return Ok(Some(secret));
        }
        if let Some(secret) = self.ask_age(state)?.and_then(|aged| aged.get(name)) {
            return Ok(Some(secret.clone()));
        }
        match state.filed.get(name) {
            Some(secret) => Ok(Some(secret.clone())),
            None => self.ask_keyring(name, state),
        }
    }

    /// Returns all secrets of the age file; `None` without one.
    pub(super) fn ask_age<'s>(
        &self,
        state: &'s mut StoresState,
    ) -> Result<Option<&'s BTreeMap<String, Secret>>, Diagnostic> {
        let Some(file) = self.age_file() else { return Ok(None) };
        if state.aged.is_none() {
            state.aged = Some(self.open_age(file)?.secrets);
        }
        Ok(state.aged.as_ref())
    }

    pub(super) fn ask_keyring(
        &self,
        name: &str,
        state: &mut StoresState,
    ) -> Result<Option<Secret>, Diagnostic> {
        if state.no_keyring.is_some() {
            return Ok(None);
        }
        if let Some(known) = state.ringed.get(name) {
            return Ok(known.clone());
        }
        match self.accounts(name) {
            Ok([secret, former]) => {
                self.masker.add(secret.iter().chain(&former));
                if let (Some(secret), Some(former)) = (&secret, &former)
                    && secret != former
                {
                    return Err(self.two_values(name));
                }
                if former.is_some() {
                    state.formerly.insert(name.to_owned());
                }
                let secret = secret.or(former);
                state.ringed.insert(name.to_owned(), secret.clone());
                Ok(secret)
            }
            Err(KeyringFailure::Absent(reason)) => {
                state.no_keyring = Some(reason);
                Ok(None)
            }
            Err(KeyringFailure::Refused(reason)) => Err(missing::refused(name, &reason)),
        }
    }

    /// Returns the keyring's values under the current and the former scope.
    fn accounts(&self, name: &str) -> Result<[Option<Secret>; 2], KeyringFailure> {
        let get = |account: String| {
            let value = self.keyring.get(&account)?;
            Ok(value.map(|value| Secret::new(name, value)))
        };
        let former = self.former_account(name).map(get).transpose()?.flatten();
        Ok([get(self.account(name))?, former])
    }

    fn two_values(&self, name: &str) -> Diagnostic {
        let (now, former) = (self.account(name), self.former_account(name).unwrap_or_default());
        let message = format!("the keyring has two values for `{name}`: `{now}` and `{former}`");
        Diagnostic::error("secret/two-values", message)
            .note_line("earlier versions stored secrets under the host's address; this one uses the spec's `id`")
            .help("find out which one the host uses, and remove the other account of the service `matrixform` from the keyring")
    }

    /// Returns the secret with this name; `ask` allows a prompt.
    pub(super) fn look_up(
        &self,
        name: &str,
        generate: Option<&str>,
        ask: bool,
    ) -> Result<Secret, Diagnostic> {
        missing::check_name(name)?;
        missing::check_use(name)?;
        let recipe = generate.map(Recipe::parse).transpose()?;
        let mut state = self.state();
        if let Some(secret) = self.find(name, &mut state)? {
            return Ok(secret);
        }
        if let Some(recipe) = recipe {
            state.recipes.insert(name.to_owned(), recipe);
            return Ok(Secret::pending(name));
        }
        if let Some(secret) = state.typed.get(name) {
            return Ok(secret.clone());
        }
        match self.prompt.as_ref().filter(|_| ask).and_then(|prompt| prompt.ask(name)) {
            Some(value) => {
                let secret = Secret::new(name, value.as_bytes());
                self.masker.add([&secret]);
                state.typed.insert(name.to_owned(), secret.clone());
                Ok(secret)
            }
            None => Err(missing::nowhere(self, &state, name)),
        }
    }

    /// Returns the plan key, by which plans identify a secret's value; `None` if no store has it, or nothing here can
    /// open the store that may have it.
    ///
    /// # Errors
    ///
    /// A store cannot be read for another reason than a missing age identity, or the stored key is malformed
    /// (`secret/plan-key`).
    pub fn plan_key(&self) -> Result<Option<PlanKey>, Diagnostic> {
        let found = self.find(PLAN_KEY, &mut self.state());
        let found = match found {
            Err(problem) if problem.code == missing::NO_IDENTITY => None,
            found => found?,
        };
        found.map(PlanKey::new).transpose()
    }

    /// Explains why a missing secret must not be regenerated if it was in use before.
    pub fn irreplaceable(&self, name: &str) -> Option<&'static str> {
        self.state().recipes.get(name).and_then(|recipe| recipe.irreplaceable())
    }
}

impl SecretSource for Stores {
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic> {
        self.look_up(name, generate, true)
    }
}
