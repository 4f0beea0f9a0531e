//! Errors for a missing secret: every source that was tried, and how to set it in each.

use super::environment::variable;
use super::stores::{Stores, StoresState};
use super::{PLAN_KEY, PREVIOUS};
use crate::diagnostic::Diagnostic;

/// The error code if nothing can open the age file.
pub(super) const NO_IDENTITY: &str = "secret/no-identity";

/// The plan key never goes to a host: no resource may use it.
pub(super) fn check_use(name: &str) -> Result<(), Diagnostic> {
    if name != PLAN_KEY {
        return Ok(());
    }
    Err(Diagnostic::error(
        "secret/plan-key",
        format!("`{PLAN_KEY}` is only for plans, and is never sent to a host"),
    )
    .help("use another name"))
}

/// The error if no source has the secret, and there is no recipe for it.
pub(super) fn nowhere(store: &Stores, state: &StoresState, name: &str) -> Diagnostic {
    let message = format!("the secret `{name}` is not stored anywhere");
    tried(store, state, name)
        .into_iter()
        .fold(Diagnostic::error("secret/missing", message), Diagnostic::note_line)
        .help(how(store, state, name))
}

/// The error if no store is writable.
pub(super) fn unwritable(store: &Stores, state: &StoresState, names: &[String]) -> Diagnostic {
    let first = names.first().map(String::as_str).unwrap_or_default();
    let meant = names.iter().map(String::as_str).filter(|name| !name.ends_with(PREVIOUS));
    let meant: Vec<&str> = meant.collect();
    let message = format!("there is nowhere to store {}", meant.join(", "));
    let reason = state.no_keyring.as_deref().unwrap_or("it is read-only");
    Diagnostic::error("secret/unwritable", message)
        .note_line(no_age_file(store))
        .note_line("the spec sets no `[secrets] file`")
        .note_line(format!("no keyring: {reason}"))
        .help(format!(
            "create the age file (`matrixform secrets create`), name a file in the spec (`[secrets]`, \
             `file = \"/path/outside/the/repository.toml\"`), run on a machine with a keyring, or pass each value yourself (`{}=…`)",
            variable(first)
        ))
}

/// The error for a keyring that exists but does not answer.
pub(super) fn refused(name: &str, reason: &str) -> Diagnostic {
    let message = format!("the keyring did not return the secret `{name}`: {reason}");
    Diagnostic::error("secret/keyring", message)
        .help(format!(
            "unlock the keyring, set `{}`, or use an age file instead (`matrixform secrets create SPEC`)",
            variable(name)
        ))
}

/// The error for an age file without an identity to open it.
pub(super) fn no_identity(path: &str, tried: Vec<String>) -> Diagnostic {
    let message = format!("{path} cannot be opened: there is no age identity here");
    tried
        .into_iter()
        .fold(Diagnostic::error(NO_IDENTITY, message), Diagnostic::note_line)
        .help(
            "install yours; if it is lost, use the one in the recovery kit (its steps say where to put it), or run `age-keygen`, put the new one in one of these places, and ask someone who can open the file to run `matrixform secrets recipients add` with its public key",
        )
}

/// Checks a name, since names are used in variables, TOML keys and messages: `area/name` of plain characters.
///
/// # Errors
///
/// The name does not look like `area/name`, has characters other than letters, digits, `_`, `-` and `.`, or ends in
/// `.previous` (`secret/name`).
pub fn check_name(name: &str) -> Result<(), Diagnostic> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let part = |part: &str| !part.is_empty() && part.chars().all(plain);
    let is_plain = name.split('/').all(part) && name.contains('/');
    if is_plain && !name.ends_with(PREVIOUS) {
        return Ok(());
    }
    Err(Diagnostic::error("secret/name", "this is not the name of a secret")
        .help("names look like `area/name`, use letters, digits, `_`, `-` and `.`, and do not end in `.previous`"))
}

fn tried(store: &Stores, state: &StoresState, name: &str) -> Vec<String> {
    let age = match store.age_file() {
        Some(file) => format!("tried {}: it has no `{name}`", file.path().display()),
        None => no_age_file(store),
    };
    let file = match &store.file {
        Some(file) => format!("tried the file {}: it has no `{name}`", file.path().display()),
        None => "no file tried: the spec sets no `[secrets] file`".to_owned(),
    };
    let keyring = match &state.no_keyring {
        Some(reason) => format!("tried the keyring: not available ({reason})"),
        None => format!("tried the keyring: it has no account `{}`", store.account(name)),
    };
    vec![format!("tried the environment: `{}` is not set", variable(name)), age, file, keyring]
}

fn no_age_file(store: &Stores) -> String {
    match &store.age {
        Some(file) => format!("no age file tried: there is no {}", file.path().display()),
        None => "no age file tried: there is no spec".to_owned(),
    }
}

fn how(store: &Stores, state: &StoresState, name: &str) -> String {
    let mut ways = vec![format!("set `{}`", variable(name))];
    if store.age_file().is_some() || store.file.is_some() || state.no_keyring.is_none() {
        ways.push(format!("run `matrixform secrets set SPEC {name}`"));
    } else {
        let set = format!("`matrixform secrets set SPEC {name}`");
        ways.push(format!("create an age file (`matrixform secrets create SPEC`) and run {set}"));
    }
    ways.join(", or ")
}
