//! Generates missing secrets: they are created, stored and flushed under a lock before anything uses them, so that
//! neither a crash nor a concurrent run loses a secret that a host already knows.

use super::lines::Edit;
use super::stores::{Stores, StoresState};
use super::version::RECIPE;
use super::{PLAN_KEY, Recipe, Secret};
use crate::diagnostic::Diagnostic;

/// The generated secrets, and where they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The names, without those that another run has stored in the meantime.
    pub names: Vec<String>,
    /// Those of them that nothing can replace.
    pub irreplaceable: Vec<String>,
    /// The store, in words.
    pub store: String,
}

/// The command that writes a copy of all secrets.
const KIT: &str = "`matrixform secrets export SPEC --recovery-kit FILE`";

impl Generated {
    /// Returns the report, with names only; `None` if nothing was generated.
    pub fn note(&self) -> Option<Diagnostic> {
        let noun = if self.names.len() == 1 { "secret" } else { "secrets" };
        let names = self.names.join(", ");
        let message = format!("generated {} {noun} in {}: {names}", self.names.len(), self.store);
        let note = Diagnostic::note("secret/generated", message);
        let note = match self.irreplaceable.join(", ").as_str() {
            "" => note,
            all => note.help(format!("keep a copy of {all}, which nothing can replace: {KIT}")),
        };
        (!self.names.is_empty()).then_some(note)
    }

    /// Counts those of these secrets that were generated as irreplaceable too.
    pub fn with_irreplaceable<'a>(mut self, names: impl Iterator<Item = &'a str>) -> Generated {
        for name in names {
            let is_known = self.irreplaceable.iter().any(|known| known == name);
            if !is_known && self.names.iter().any(|made| made == name) {
                self.irreplaceable.push(name.to_owned());
            }
        }
        self
    }
}

impl Stores {
    /// Generates and stores these secrets, which `secret` returned as pending. The caller has made sure that the host
    /// never had them either. Afterwards `secret` returns their values.
    ///
    /// # Errors
    ///
    /// A store cannot be read or written, the system's random number generator fails, or nothing says how to generate
    /// one of the secrets.
    pub fn generate(&self, names: &[String]) -> Result<Generated, Diagnostic> {
        let mut state = self.state();
        let recipes = self.recipes(names, &mut state)?;
        if recipes.is_empty() {
            return Ok(Generated::default());
        }
        let home = self.home();
        let wanted: Vec<String> = recipes.iter().map(|(name, _)| name.clone()).collect();
        let mut made = Vec::new();
        self.change(&home, &wanted, &mut state, &mut |held| {
            // Secrets that another run has stored in the meantime are kept.
            let missing = recipes.iter().filter(|(name, _)| !held.contains_key(name));
            made = missing.map(make).collect::<Result<Vec<Secret>, Diagnostic>>()?;
            Ok(made.iter().map(Edit::set).collect())
        })?;
        let names: Vec<String> = made.iter().map(|secret| secret.name().to_owned()).collect();
        let lasting = recipes.iter().filter(|(_, recipe)| recipe.irreplaceable().is_some());
        let generated = Generated { names, irreplaceable: Vec::new(), store: home.to_string() };
        Ok(generated.with_irreplaceable(lasting.map(|(name, _)| name.as_str())))
    }

    /// Generates and stores the plan key, unless a store has one.
    ///
    /// # Errors
    ///
    /// A store cannot be read or written, or the system's random number generator fails.
    pub fn generate_plan_key(&self) -> Result<Generated, Diagnostic> {
        let recipe = Recipe::parse(RECIPE)?;
        self.state().recipes.insert(PLAN_KEY.to_owned(), recipe);
        self.generate(&[PLAN_KEY.to_owned()])
    }

    /// Returns the recipe for each of `names` that is still missing.
    fn recipes(
        &self,
        names: &[String],
        state: &mut StoresState,
    ) -> Result<Vec<(String, Recipe)>, Diagnostic> {
        let mut recipes: Vec<(String, Recipe)> = Vec::new();
        for name in names {
            if recipes.iter().any(|(known, _)| known == name) || self.find(name, state)?.is_some() {
                continue;
            }
            let recipe = state.recipes.get(name).copied();
            let non_interactive = || Diagnostic::bug(format!("nothing says how to make `{name}`"));
            recipes.push((name.clone(), recipe.ok_or_else(non_interactive)?));
        }
        Ok(recipes)
    }
}

fn make((name, recipe): &(String, Recipe)) -> Result<Secret, Diagnostic> {
    Ok(Secret::new(name.as_str(), recipe.make()?.as_slice()))
}
