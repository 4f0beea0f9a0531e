//! The sources of one inventory's secrets: environment, the age file beside the spec, the file that the spec names, the
//! keyring, the user. Reading never generates; a store that refuses is an error, never a missing secret.

use super::age::{self, AgeFile, AgeIdentity, Document, IdentityPlaces};
use super::environment::EnvironmentStore;
use super::file::SecretFile;
use super::keyring::Keyring;
use super::{Masker, Prompt, Recipe, Secret, missing};
use crate::diagnostic::{Diagnostic, Problems};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The settings from the command line.
pub struct StoreSettings {
    /// The environment.
    pub variables: HashMap<String, String>,
    /// The age file beside the spec (`prod.secrets.age`), whether it exists or not.
    pub age: Option<PathBuf>,
    /// The places for its identity, besides the keyring.
    pub identity: IdentityPlaces,
    /// `[secrets] file` of the spec, as an absolute path.
    pub file: Option<PathBuf>,
    /// The directory of the inventory.
    pub inventory: PathBuf,
    /// Distinguishes this inventory's secrets from another's in the keyring.
    pub scope: String,
    /// The scope of earlier versions: the host's address.
    pub former_scope: String,
    /// The keyring.
    pub keyring: Box<dyn Keyring>,
    /// A prompt, if there is a user.
    pub prompt: Option<Box<dyn Prompt>>,
    /// A directory of this user alone for lock files, such as `$XDG_RUNTIME_DIR/matrixform`.
    pub runtime: PathBuf,
}

/// The stores of one inventory.
pub struct Stores {
    pub(super) environment: EnvironmentStore,
    pub(super) age: Option<AgeFile>,
    pub(super) identity: IdentityPlaces,
    pub(super) file: Option<SecretFile>,
    pub(super) keyring: Box<dyn Keyring>,
    pub(super) prompt: Option<Box<dyn Prompt>>,
    pub(super) scope: String,
    pub(super) former_scope: String,
    pub(super) runtime: PathBuf,
    pub(super) masker: Masker,
    warnings: Problems,
    state: Mutex<StoresState>,
}

/// What is known so far.
#[derive(Default)]
pub(super) struct StoresState {
    /// The secrets of the age file; `None` if it is not opened yet.
    pub(super) aged: Option<BTreeMap<String, Secret>>,
    /// The secrets of the file.
    pub(super) filed: BTreeMap<String, Secret>,
    /// The keyring's values; `None` for an account that does not exist.
    pub(super) ringed: BTreeMap<String, Option<Secret>>,
    /// Those that the keyring still has under the former scope.
    pub(super) formerly: BTreeSet<String>,
    /// Values that the user typed, kept only in memory.
    pub(super) typed: BTreeMap<String, Secret>,
    /// Values that are tried out and not stored yet: those of a rotation before it is confirmed.
    pub(super) proposed: BTreeMap<String, Secret>,
    /// The recipes of requested secrets that are in no store.
    pub(super) recipes: BTreeMap<String, Recipe>,
    /// Why there is no keyring, if that is known.
    pub(super) no_keyring: Option<String>,
}

impl Stores {
    /// Opens the stores; reads the file, but does not open an age file or query a keyring yet.
    ///
    /// # Errors
    ///
    /// The secrets file cannot be read, is accessible to others (`secret/file-access`), or has a line that is not
    /// `"area/name" = "value"` (`secret/file-form`).
    pub fn open(places: StoreSettings) -> Result<Stores, Diagnostic> {
        let file = places.file.map(SecretFile::new);
        let filed = file.as_ref().map(SecretFile::load).transpose()?.unwrap_or_default();
        let warnings = file.iter().filter_map(|file| in_repository(file.path(), &places.inventory));
        let environment = EnvironmentStore::new(places.variables);
        Ok(Stores {
            warnings: warnings.collect(),
            masker: Masker::new(environment.all().chain(filed.values())),
            environment,
            age: places.age.map(AgeFile::new),
            identity: places.identity,
            file,
            keyring: places.keyring,
            prompt: places.prompt,
            scope: places.scope,
            former_scope: places.former_scope,
            runtime: places.runtime,
            state: Mutex::new(StoresState { filed, ..StoresState::default() }),
        })
    }

    /// Returns warnings about the stores.
    pub fn warnings(&self) -> &Problems {
        &self.warnings
    }

    /// Returns the filter that knows every value of these stores, including those read or generated later.
    pub fn masker(&self) -> Masker {
        self.masker.clone()
    }

    /// Returns the age file, if it exists.
    pub(super) fn age_file(&self) -> Option<&AgeFile> {
        self.age.as_ref().filter(|file| file.exists())
    }

    /// Returns the identity that opens the age file.
    pub(super) fn age_identity(&self) -> Result<AgeIdentity, Diagnostic> {
        age::find(&self.identity, self.keyring.as_ref())?.map_err(|tried| {
            let path = self.age.as_ref().map(|file| file.path().display().to_string());
            missing::no_identity(&path.unwrap_or_default(), tried)
        })
    }

    /// Opens the age file again; from then on the filter knows its values.
    pub(super) fn open_age(&self, file: &AgeFile) -> Result<Document, Diagnostic> {
        let document = file.load(&self.age_identity()?)?;
        self.masker.add(document.secrets.values());
        Ok(document)
    }

    /// Returns the keyring account of a secret.
    pub(super) fn account(&self, name: &str) -> String {
        format!("{}/{name}", self.scope)
    }

    /// Returns its account under the former scope, if that differs.
    pub(super) fn former_account(&self, name: &str) -> Option<String> {
        (self.former_scope != self.scope).then(|| format!("{}/{name}", self.former_scope))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, StoresState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Warns if the file is in the inventory's git repository.
fn in_repository(file: &Path, inventory: &Path) -> Option<Diagnostic> {
    let inventory = std::fs::canonicalize(inventory).ok()?;
    let directory = std::fs::canonicalize(file.parent()?).ok()?;
    let root = inventory.ancestors().find(|directory| directory.join(".git").exists())?;
    let message = format!("the secrets file {} is inside a Git repository", file.display());
    directory.starts_with(root).then(|| {
        Diagnostic::warning("secret/in-repository", message)
            .help("move it out of the repository, and set the new path")
    })
}
