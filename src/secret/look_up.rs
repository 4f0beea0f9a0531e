//! Looking a secret up: store by store, in their order; a person last, and only for what is not made.

use super::keyring::KeyringFailure;
use super::stores::{State, Stores};
use super::{Recipe, Secret, SecretSource, missing};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;

impl Stores {
    /// What the stores have.
    pub(super) fn find(&self, name: &str, state: &mut State) -> Result<Option<Secret>, Diagnostic> {
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

    /// All that the age file holds; `None` without one.
    pub(super) fn ask_age<'s>(
        &self,
        state: &'s mut State,
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
        state: &mut State,
    ) -> Result<Option<Secret>, Diagnostic> {
        if state.no_keyring.is_some() {
            return Ok(None);
        }
        if let Some(known) = state.ringed.get(name) {
            return Ok(known.clone());
        }
        match self.keyring.get(&self.account(name)) {
            Ok(value) => {
                let secret = value.map(|value| Secret::new(name, value));
                self.masker.add(&secret);
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

    /// The secret of this name; `ask` says whether a person may be asked for it.
    pub(super) fn look_up(
        &self,
        name: &str,
        generate: Option<&str>,
        ask: bool,
    ) -> Result<Secret, Diagnostic> {
        missing::check_name(name)?;
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

    /// Why a secret that was found to be missing must not be made anew where it was in use before.
    pub fn irreplaceable(&self, name: &str) -> Option<&'static str> {
        self.state().recipes.get(name).and_then(|recipe| recipe.irreplaceable())
    }
}

impl SecretSource for Stores {
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic> {
        self.look_up(name, generate, true)
    }
}
