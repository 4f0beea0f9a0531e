//! What is said when a secret is not to be had: every source that was tried, and how to set it in each.

use super::environment::variable;
use super::stores::{State, Stores};
use super::{PLAN_KEY, PREVIOUS};
use crate::diagnostic::Diagnostic;

/// The code of there being nothing to open the age file with.
pub(super) const NO_IDENTITY: &str = "secret/no-identity";

/// The plan key never goes to a host: nothing there may be given it.
pub(super) fn check_use(name: &str) -> Result<(), Diagnostic> {
    if name != PLAN_KEY {
        return Ok(());
    }
    Err(Diagnostic::error(
        "secret/plan-key",
        format!("`{PLAN_KEY}` is for plans alone, and never goes to a host"),
    )
    .help("name another secret"))
}

/// No source has the secret, and nothing says how to make it.
pub(super) fn nowhere(store: &Stores, state: &State, name: &str) -> Diagnostic {
    let message = format!("no source has the secret `{name}`");
    tried(store, state, name)
        .into_iter()
        .fold(Diagnostic::error("secret/missing", message), Diagnostic::note_line)
        .help(how(store, state, name))
}

/// Nothing can keep a secret.
pub(super) fn unwritable(store: &Stores, state: &State, names: &[String]) -> Diagnostic {
    let first = names.first().map(String::as_str).unwrap_or_default();
    let meant = names.iter().map(String::as_str).filter(|name| !name.ends_with(PREVIOUS));
    let meant: Vec<&str> = meant.collect();
    let message = format!("there is no store here for {}", meant.join(", "));
    let reason = state.no_keyring.as_deref().unwrap_or("it takes nothing");
    Diagnostic::error("secret/unwritable", message)
        .note_line(no_age_file(store))
        .note_line("the spec names no `[secrets] file`")
        .note_line(format!("there is no keyring: {reason}"))
        .help(format!(
            "make the age file (`matrixform secrets create`), name a file in the spec (`[secrets]`, \
             `file = \"/path/outside/the/repository.toml\"`), run where there is a keyring, or give each value yourself (`{}=…`)",
            variable(first)
        ))
}

/// The keyring is there, and does not answer.
pub(super) fn refused(name: &str, reason: &str) -> Diagnostic {
    let message = format!("the keyring does not give the secret `{name}`: {reason}");
    Diagnostic::error("secret/keyring", message)
        .help(format!("unlock the keyring, or set `{}`", variable(name)))
}

/// There is an age file, and nothing to open it with.
pub(super) fn no_identity(path: &str, tried: Vec<String>) -> Diagnostic {
    let message = format!("{path} cannot be opened: there is no age identity here");
    tried
        .into_iter()
        .fold(Diagnostic::error(NO_IDENTITY, message), Diagnostic::note_line)
        .help(
            "bring yours; without one, a recovery kit holds one that opens it (its steps say where to put it), or \
             run `age-keygen`, put that into one of these places, and let somebody who can open the file run \
             `matrixform secrets recipients add` with its public key",
        )
}

/// Names go into variables, TOML keys and messages: `area/name` of plain characters.
pub fn check_name(name: &str) -> Result<(), Diagnostic> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let part = |part: &str| !part.is_empty() && part.chars().all(plain);
    let is_plain = name.split('/').all(part) && name.contains('/');
    if is_plain && !name.ends_with(PREVIOUS) {
        return Ok(());
    }
    Err(Diagnostic::error("secret/name", "this is not the name of a secret")
        .help("names read `area/name`, of letters, digits, `_`, `-` and `.`, and do not end in `.previous`"))
}

fn tried(store: &Stores, state: &State, name: &str) -> Vec<String> {
    let age = match store.age_file() {
        Some(file) => format!("tried {}: it has no `{name}`", file.path().display()),
        None => no_age_file(store),
    };
    let file = match &store.file {
        Some(file) => format!("tried the file {}: it has no `{name}`", file.path().display()),
        None => "tried no file: the spec names none (`[secrets] file`)".to_owned(),
    };
    let keyring = match &state.no_keyring {
        Some(reason) => format!("tried the keyring: there is none ({reason})"),
        None => format!("tried the keyring: it has no account `{}`", store.account(name)),
    };
    vec![format!("tried the environment: `{}` is not set", variable(name)), age, file, keyring]
}

fn no_age_file(store: &Stores) -> String {
    match &store.age {
        Some(file) => format!("tried no age file: there is no {}", file.path().display()),
        None => "tried no age file: there is no spec to stand beside".to_owned(),
    }
}

fn how(store: &Stores, state: &State, name: &str) -> String {
    let mut ways = vec![format!("set `{}`", variable(name))];
    if store.age_file().is_some() || store.file.is_some() || state.no_keyring.is_none() {
        ways.push(format!("run `matrixform secrets set SPEC {name}`"));
    } else {
        let set = format!("`matrixform secrets set SPEC {name}`");
        ways.push(format!("make an age file (`matrixform secrets create SPEC`) and run {set}"));
    }
    ways.join(", or ")
}
