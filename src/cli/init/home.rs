//! Creates the store of the new spec's secrets: an age file beside it with the plan key, and an identity that opens
//! it.

use crate::cli::process_env::ProcessEnv;
use crate::diagnostic::Problems;
use crate::secret::age::{Created, IdentityHome, check_present, create};
use crate::secret::{PlanKey, desktop_keyring};
use std::path::Path;

/// The age file of `prod.toml`.
const NAME: &str = "prod.secrets.age";

/// Refuses an age file that is there already but could not be used by the new spec.
pub(super) fn check(directory: &Path, process_env: &ProcessEnv) -> Result<(), Problems> {
    let path = directory.join(NAME);
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let checked = check_present(&path, &process_env.identity(), desktop_keyring().as_ref());
    checked.map_err(|problem| vec![problem.note_line("nothing was written")])
}

/// Creates the age file, and an identity if this user has none. An existing age file is kept: it may hold the secrets
/// of a server.
pub(super) fn make(
    directory: &Path,
    process_env: &ProcessEnv,
) -> Result<Option<Created>, Problems> {
    let path = directory.join(NAME);
    if path.symlink_metadata().is_ok() {
        return Ok(None);
    }
    let key = PlanKey::generate().map_err(|problem| vec![problem])?;
    let (places, keyring) = (process_env.identity(), desktop_keyring());
    let made = create(&path, &places, keyring.as_ref(), IdentityHome::KeyringElseFile, &[], &[key]);
    made.map(Some).map_err(|problem| vec![problem])
}

/// Describes what became of the age file.
pub(super) fn reported(made: Option<&Created>) -> String {
    match made {
        None => format!("{NAME} already exists and keeps its secrets."),
        Some(made) if made.is_new => format!(
            "{NAME} beside it holds its secrets, encrypted; commit it. Your new age identity, the only key to\nthis file, is in {}: back it up.",
            made.identity
        ),
        Some(made) => format!(
            "{NAME} beside it holds its secrets, encrypted; commit it. Your age identity is in {}.",
            made.identity
        ),
    }
}
