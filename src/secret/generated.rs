//! Generating what no store has: made, stored and flushed under a lock before anything uses it, so
//! that neither a crash nor a second run loses a secret that a host already knows.

use super::keyring::KeyringFailure;
use super::stores::{State, Stores};
use super::{Recipe, Secret, missing, replace};
use crate::diagnostic::Diagnostic;

/// What was generated, and where it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The names; those that another run has stored meanwhile are not among them.
    pub names: Vec<String>,
    /// The store, in words.
    pub store: String,
}

impl Generated {
    /// The report, names only; nothing when nothing was generated.
    pub fn note(&self) -> Option<Diagnostic> {
        let noun = if self.names.len() == 1 { "secret" } else { "secrets" };
        let names = self.names.join(", ");
        let message = format!("generated {} {noun} into {}: {names}", self.names.len(), self.store);
        let note = Diagnostic::note("secret/generated", message)
            .help("keep a copy of it: the host's data cannot be used elsewhere without it");
        (!self.names.is_empty()).then_some(note)
    }
}

impl Stores {
    /// Generates and stores these secrets, which `secret` gave as pending. Whoever calls has made
    /// sure that the host never had them either. Afterwards `secret` gives their values.
    pub fn generate(&self, names: &[String]) -> Result<Generated, Diagnostic> {
        let mut state = self.state();
        let recipes = self.recipes(names, &mut state)?;
        if recipes.is_empty() {
            return Ok(Generated::default());
        }
        if self.file.is_some() {
            self.to_the_file(&recipes, &mut state)
        } else {
            self.to_the_keyring(&recipes, &mut state)
        }
    }

    /// How to make each of `names` that is missing still.
    fn recipes(
        &self,
        names: &[String],
        state: &mut State,
    ) -> Result<Vec<(String, Recipe)>, Diagnostic> {
        let mut recipes: Vec<(String, Recipe)> = Vec::new();
        for name in names {
            if recipes.iter().any(|(known, _)| known == name) || self.find(name, state)?.is_some() {
                continue;
            }
            let recipe = state.recipes.get(name).copied();
            let unasked = || Diagnostic::bug(format!("nothing says how to make `{name}`"));
            recipes.push((name.clone(), recipe.ok_or_else(unasked)?));
        }
        Ok(recipes)
    }

    fn to_the_file(
        &self,
        recipes: &[(String, Recipe)],
        state: &mut State,
    ) -> Result<Generated, Diagnostic> {
        let Some(file) = &self.file else { return Ok(Generated::default()) };
        let _lock = replace::lock(file.path()).map_err(|error| locked(&error))?;
        state.filed = file.load()?;
        let missing = recipes.iter().filter(|(name, _)| !state.filed.contains_key(name));
        let made = missing.map(make).collect::<Result<Vec<Secret>, Diagnostic>>()?;
        if !made.is_empty() {
            file.append(&made)?;
            state.filed = file.load()?;
        }
        self.masker.add(state.filed.values());
        Ok(Generated { names: names(&made), store: file.path().display().to_string() })
    }

    fn to_the_keyring(
        &self,
        recipes: &[(String, Recipe)],
        state: &mut State,
    ) -> Result<Generated, Diagnostic> {
        let wanted: Vec<String> = recipes.iter().map(|(name, _)| name.clone()).collect();
        if state.no_keyring.is_some() {
            return Err(missing::unwritable(state, &wanted));
        }
        let lock = self.runtime.join("secrets");
        let _lock = replace::lock(&lock).map_err(|error| locked(&error))?;
        let mut made = Vec::new();
        for recipe in recipes {
            // Asked again: another run may have stored it while this one waited for the lock.
            state.ringed.remove(&recipe.0);
            if self.find(&recipe.0, state)?.is_none() {
                made.push(self.to_an_account(recipe, state, &wanted)?);
            }
        }
        Ok(Generated { names: names(&made), store: "the keyring".to_owned() })
    }

    fn to_an_account(
        &self,
        recipe: &(String, Recipe),
        state: &mut State,
        wanted: &[String],
    ) -> Result<Secret, Diagnostic> {
        let secret = make(recipe)?;
        match self.keyring.set(&self.account(secret.name()), secret.expose()) {
            Ok(()) => {
                self.masker.add([&secret]);
                state.ringed.insert(recipe.0.clone(), Some(secret.clone()));
                Ok(secret)
            }
            Err(KeyringFailure::Absent(reason)) => {
                state.no_keyring = Some(reason);
                Err(missing::unwritable(state, wanted))
            }
            Err(KeyringFailure::Refused(reason)) => Err(missing::refused(secret.name(), &reason)),
        }
    }
}

fn make((name, recipe): &(String, Recipe)) -> Result<Secret, Diagnostic> {
    Ok(Secret::new(name.as_str(), recipe.make()?.as_slice()))
}

fn names(secrets: &[Secret]) -> Vec<String> {
    secrets.iter().map(|secret| secret.name().to_owned()).collect()
}

fn locked(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("secret/lock", format!("the secrets cannot be locked: {error}"))
        .help("the lock file stands beside the secrets file, or in your runtime directory")
}
