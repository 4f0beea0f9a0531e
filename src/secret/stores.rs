//! Where the secrets of one inventory come from: environment, then the file that the spec names, then
//! the keyring. Reading never generates; a store that refuses is an error, never an absence.

use super::environment::Environment;
use super::file::SecretFile;
use super::keyring::{Keyring, KeyringFailure};
use super::{Masker, Recipe, Secret, SecretSource, missing};
use crate::diagnostic::{Diagnostic, Problems};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the command line hands in.
pub struct Places {
    /// The environment.
    pub variables: HashMap<String, String>,
    /// `[secrets] file` of the spec, as an absolute path.
    pub file: Option<PathBuf>,
    /// The folder of the inventory.
    pub inventory: PathBuf,
    /// What tells this inventory's secrets from another's in the keyring.
    pub scope: String,
    /// The keyring.
    pub keyring: Box<dyn Keyring>,
    /// A folder of this user alone for lock files, such as `$XDG_RUNTIME_DIR/matrixform`.
    pub runtime: PathBuf,
}

/// The stores of one inventory.
pub struct Stores {
    pub(super) environment: Environment,
    pub(super) file: Option<SecretFile>,
    pub(super) keyring: Box<dyn Keyring>,
    pub(super) scope: String,
    pub(super) runtime: PathBuf,
    pub(super) masker: Masker,
    warnings: Problems,
    state: Mutex<State>,
}

/// What is known so far.
#[derive(Default)]
pub(super) struct State {
    /// What the file holds.
    pub(super) filed: BTreeMap<String, Secret>,
    /// What the keyring gave; `None` = it has no such account.
    pub(super) ringed: BTreeMap<String, Option<Secret>>,
    /// How to make what was asked for and no store has.
    pub(super) recipes: BTreeMap<String, Recipe>,
    /// Why there is no keyring, once that is known.
    pub(super) no_keyring: Option<String>,
}

impl Stores {
    /// Opens the stores; reads the file, asks no keyring yet.
    pub fn open(places: Places) -> Result<Stores, Diagnostic> {
        let file = places.file.map(SecretFile::new);
        let filed = file.as_ref().map(SecretFile::load).transpose()?.unwrap_or_default();
        let warnings = file.iter().filter_map(|file| in_repository(file.path(), &places.inventory));
        let environment = Environment::new(places.variables);
        Ok(Stores {
            warnings: warnings.collect(),
            masker: Masker::new(environment.all().chain(filed.values())),
            environment,
            file,
            keyring: places.keyring,
            scope: places.scope,
            runtime: places.runtime,
            state: Mutex::new(State { filed, ..State::default() }),
        })
    }

    /// What the user should know about the stores.
    pub fn warnings(&self) -> &Problems {
        &self.warnings
    }

    /// The filter that knows every value of these stores, also those that are read or made later.
    pub fn masker(&self) -> Masker {
        self.masker.clone()
    }

    /// The account of a secret in the keyring.
    pub(super) fn account(&self, name: &str) -> String {
        format!("{}/{name}", self.scope)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the stores have.
    pub(super) fn find(&self, name: &str, state: &mut State) -> Result<Option<Secret>, Diagnostic> {
        if let Some(secret) = self.environment.get(name)? {
            return Ok(Some(secret));
        }
        match state.filed.get(name) {
            Some(secret) => Ok(Some(secret.clone())),
            None => self.ask_keyring(name, state),
        }
    }

    fn ask_keyring(&self, name: &str, state: &mut State) -> Result<Option<Secret>, Diagnostic> {
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
}

impl SecretSource for Stores {
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic> {
        missing::check_name(name)?;
        let recipe = generate.map(Recipe::parse).transpose()?;
        let mut state = self.state();
        if let Some(secret) = self.find(name, &mut state)? {
            return Ok(secret);
        }
        let Some(recipe) = recipe else { return Err(missing::nowhere(self, &state, name)) };
        state.recipes.insert(name.to_owned(), recipe);
        Ok(Secret::pending(name))
    }
}

/// A warning when the file stands in the git repository of the inventory.
fn in_repository(file: &Path, inventory: &Path) -> Option<Diagnostic> {
    let inventory = std::fs::canonicalize(inventory).ok()?;
    let folder = std::fs::canonicalize(file.parent()?).ok()?;
    let root = inventory.ancestors().find(|folder| folder.join(".git").exists())?;
    let message = format!("the secrets file {} lies in a git repository", file.display());
    folder.starts_with(root).then(|| {
        Diagnostic::warning("secret/in-repository", message)
            .help("move it outside, where no `git add` reaches it, and name the new path")
    })
}
