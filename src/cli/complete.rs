//! The completions that a shell offers for the argument being typed: specs, secrets' names, things to explain. The
//! scripts of `completions` call the program for them. Offline: only the spec's files are read, and no store is opened.

use super::command;
use super::parsed_spec::ParsedSpec;
use super::spec_path::{inventory, named, short};
use crate::module::explanation::explainable;
use crate::module::{Modules, golden};
use crate::resource::kinds;
use clap_complete::CompleteEnv;
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The variable in which the completion scripts pass the name of their shell.
pub(super) const VARIABLE: &str = "MATRIXFORM_COMPLETE";

/// Answers a completion request; returns false if there is none.
pub(super) fn answered() -> bool {
    let asked = CompleteEnv::with_factory(command).var(VARIABLE);
    let current_dir = std::env::current_dir().ok();
    // An error must not interrupt someone who is typing.
    asked.try_complete(std::env::args_os(), current_dir.as_deref()).unwrap_or(true)
}

/// Completes specs, by their names in `inventory/` or as files. Verbs about a secret take its name in the same
/// position.
pub(super) fn specs() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let mut found = files(current);
        if takes_secret(&typed()) {
            found.extend(starting(current, secret_names()));
        }
        found
    })
}

/// Completes the names of the spec's secrets.
pub(super) fn secrets() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| starting(current, secret_names()))
}

/// Completes the items that `explain` knows; options one part of their name at a time.
pub(super) fn explained() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let names = Modules::built_in(&[]).map(|modules| explainable(&modules, kinds()));
        starting(current, names.unwrap_or_default())
    })
}

/// Completes the releases that can be assumed.
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

/// Returns the names that start with `current`. Unusual ones would need quoting for each shell, and are left to be
/// typed.
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

/// Returns the arguments of the line being typed: those after `--`, without the program's name.
fn typed() -> Vec<OsString> {
    std::env::args_os().skip_while(|arg| arg != "--").skip(2).collect()
}

fn takes_secret(args: &[OsString]) -> bool {
    let mut args = args.iter().filter_map(|arg| arg.to_str());
    args.any(|arg| arg == "secrets")
        && args.next().is_some_and(|verb| ["set", "get", "rotate"].contains(&verb))
}

/// Returns the secrets' names of the spec on the line, of `MATRIXFORM_SPEC`, or of the only spec.
fn secret_names() -> Vec<String> {
    let is_spec = |path: &PathBuf| path.extension().is_some_and(|end| end == "toml");
    let named_specs = typed().into_iter().chain(std::env::var_os("MATRIXFORM_SPEC"));
    let mut named_specs = named_specs.filter_map(|arg| named(Path::new(&arg)).ok().filter(is_spec));
    let spec = named_specs.find(|path| path.is_file()).or_else(|| match inventory().as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    });
    let Some(parsed) = spec.and_then(|path| ParsedSpec::read(&path).ok()) else {
        return Vec::new();
    };
    let sudo = parsed.spec.host.sudo_password.clone();
    parsed.secrets().into_iter().map(|one| one.name).chain(sudo).collect()
}
