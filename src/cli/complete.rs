//! What a shell offers for a word that is being typed: specs, secrets' names, what can be explained. The scripts of
//! `completions` call the program for it. Offline: of a spec only its files are read, and no store is opened.

use super::command;
use super::parsed_spec::ParsedSpec;
use super::which::{inventory, named, short};
use crate::module::explanation::explainable;
use crate::module::{Modules, golden};
use crate::resource::kinds;
use clap_complete::CompleteEnv;
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The variable by which the scripts ask, with the name of their shell.
pub(super) const VARIABLE: &str = "MATRIXFORM_COMPLETE";

/// Answers a shell that asks; false where none does.
pub(super) fn answered() -> bool {
    let asked = CompleteEnv::with_factory(command).var(VARIABLE);
    let here = std::env::current_dir().ok();
    // Whoever is typing is not to be interrupted by an error.
    asked.try_complete(std::env::args_os(), here.as_deref()).unwrap_or(true)
}

/// Specs: by their names in `inventory/`, or as files. Verbs about a secret take its name in the same place.
pub(super) fn specs() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let mut found = files(current);
        if takes_secret(&typed()) {
            found.extend(starting(current, secret_names()));
        }
        found
    })
}

/// The names of the spec's secrets.
pub(super) fn secrets() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| starting(current, secret_names()))
}

/// What `explain` explains: options by the next part of their names.
pub(super) fn explained() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let names = Modules::built_in(&[]).map(|modules| explainable(&modules, kinds()));
        starting(current, names.unwrap_or_default())
    })
}

/// The releases that can be assumed.
pub(super) fn on_release() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        starting(current, golden::facts_names().map(str::to_owned).collect())
    })
}

fn files(current: &OsStr) -> Vec<CompletionCandidate> {
    let names = inventory().iter().filter_map(|path| short(path)).collect();
    let is_spec = |path: &Path| path.extension().is_some_and(|end| end == "toml");
    let paths = PathCompleter::any().filter(move |path| path.is_dir() || is_spec(path));
    let mut found = starting(current, names);
    found.extend(paths.complete(current));
    found
}

/// Those that begin like this. Odd ones would have to be quoted for each shell, and are left to be typed.
fn starting(current: &OsStr, names: Vec<String>) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let is_plain = |name: &String| {
        !name.starts_with('-')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:@+".contains(c))
    };
    let mut names: Vec<String> =
        names.into_iter().filter(|name| name.starts_with(current) && is_plain(name)).collect();
    names.sort();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// The words of the line that is being typed: behind `--`, the program's name first.
fn typed() -> Vec<OsString> {
    std::env::args_os().skip_while(|word| word != "--").skip(2).collect()
}

fn takes_secret(words: &[OsString]) -> bool {
    let mut words = words.iter().filter_map(|word| word.to_str());
    words.any(|word| word == "secrets")
        && words.next().is_some_and(|verb| ["set", "get", "rotate"].contains(&verb))
}

/// The names of the secrets of the spec that was typed, of `MATRIXFORM_SPEC` or of the only one.
fn secret_names() -> Vec<String> {
    let is_spec = |path: &PathBuf| path.extension().is_some_and(|end| end == "toml");
    let said = typed().into_iter().chain(std::env::var_os("MATRIXFORM_SPEC"));
    let mut said = said.filter_map(|word| named(Path::new(&word)).ok().filter(is_spec));
    let spec = said.find(|path| path.is_file()).or_else(|| match inventory().as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    });
    let Some(parsed) = spec.and_then(|path| ParsedSpec::read(&path).ok()) else {
        return Vec::new();
    };
    let sudo = parsed.spec.host.sudo_password.clone();
    parsed.secrets().into_iter().map(|one| one.name).chain(sudo).collect()
}
