//! Loads a spec from disk, with everything that it includes: the entry point for all commands.

use super::files::{Files, SpecDirectory};
use super::node::{Node, Table, parse};
use super::text::{MAX_BYTES, decode};
use super::{Spec, Variables};
use crate::diagnostic::{Diagnostic, Problems, Source, visible};
use crate::{atomic_file, bounded};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The message about a spec that does not say which host it is for.
const NO_HOST: &str = "the spec needs `host`";

/// Loads the spec at a path; `variables` are unread for a command that works offline.
///
/// # Errors
///
/// The file cannot be read, or all problems of the spec.
pub fn load(path: &Path, variables: Variables) -> Result<Spec, Problems> {
    let (spec, problems) = load_lenient(path, variables)?;
    if problems.is_empty() { Ok(spec) } else { Err(problems) }
}

/// Loads a spec as far as it can be read, with its problems.
///
/// # Errors
///
/// The file cannot be read (`spec/unreadable`), or it or a file that it includes is missing, not valid TOML, or of a
/// newer format (`spec/format`).
pub fn load_lenient(path: &Path, variables: Variables) -> Result<(Spec, Problems), Problems> {
    let text = read(path).map_err(|why| {
        let message = format!("{} cannot be read: {why}", path.display());
        let problem = Diagnostic::error("spec/unreadable", message);
        vec![problem.help("a spec is a text file in TOML, such as `inventory/prod.toml`")]
    })?;
    let source = Source::new(path.display().to_string(), text);
    let read =
        Spec::read_lenient(&source, Arc::new(SpecDirectory::new(directory(path))), variables);
    match read {
        Ok((spec, problems)) => Ok((spec, part_of(path, problems))),
        Err(problems) => Err(part_of(path, problems)),
    }
}

/// Says which spec a file without a host belongs to.
fn part_of(path: &Path, mut problems: Problems) -> Problems {
    let is_it = |one: &&mut Diagnostic| one.code == "spec/missing-key" && one.message == NO_HOST;
    if let Some(problem) = problems.iter_mut().find(is_it)
        && let Some(spec) = includer(path)
    {
        let spec = visible(&spec.display().to_string());
        problem.help =
            Some(format!("this file is a part of {spec}, which includes it: name that one"));
    }
    problems
}

/// Returns the first file beside this one that includes it.
fn includer(path: &Path) -> Option<PathBuf> {
    let this = path.canonicalize().ok()?;
    let beside = std::fs::read_dir(directory(path)).ok()?.flatten();
    let beside = beside.filter(|entry| entry.file_type().is_ok_and(|of| of.is_file()));
    let mut beside: Vec<PathBuf> = beside.map(|entry| entry.path()).collect();
    beside.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    beside.sort();
    let found = beside.into_iter().find(|path| included(path, &own_keys(path)).contains(&this));
    found.map(|path| path.strip_prefix(".").map(Path::to_owned).unwrap_or(path))
}

/// Returns the existing files that a file includes.
fn included(path: &Path, table: &Table) -> Vec<PathBuf> {
    let list = table.get("include").and_then(|entry| entry.node.as_array());
    let names = list.unwrap_or_default().iter().filter_map(|node| node.as_str());
    names.filter_map(|name| directory(path).join(name).canonicalize().ok()).collect()
}

/// Checks whether the file at a path may be read as a spec from someone else, with symlinks resolved.
///
/// # Errors
///
/// The reason in words: the file does not exist or is not a regular one, or the path leads out of its repository or to
/// a file there that does not belong to an inventory.
pub fn stays_inside(path: &Path) -> Result<(), String> {
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("its name is not UTF-8")?;
    let found = SpecDirectory::new(directory(path)).find(name)?;
    let is_file = std::fs::metadata(&found).map_err(|error| error.to_string())?.is_file();
    if is_file { Ok(()) } else { Err("it is not a regular file".to_owned()) }
}

/// Returns those of several files in a directory that are specs: a file without a host that another one includes is
/// part of that one.
pub fn specs_among(files: Vec<PathBuf>) -> Vec<PathBuf> {
    let tables: Vec<Table> = files.iter().map(|path| own_keys(path)).collect();
    let included: Vec<PathBuf> =
        files.iter().zip(&tables).flat_map(|(path, table)| included(path, table)).collect();
    let is_part = |path: &Path, table: &Table| {
        let part = path.canonicalize().is_ok_and(|file| included.contains(&file));
        part && !table.contains_key("host")
    };
    let specs = files.iter().zip(&tables).filter(|(path, table)| !is_part(path, table));
    let specs: Vec<PathBuf> = specs.map(|(path, _)| path.clone()).collect();
    if specs.is_empty() { files } else { specs }
}

/// Returns whether a file says which host it is for, by itself or through what it includes.
pub fn has_host(path: &Path) -> bool {
    let keys = own_keys(path);
    keys.contains_key("host") || keys.contains_key("include")
}

/// Returns the keys of a file itself; empty if it cannot be read.
fn own_keys(path: &Path) -> Table {
    let text = read(path).unwrap_or_default();
    let root = parse(&Source::new(path.display().to_string(), text));
    root.ok().and_then(Node::into_table).unwrap_or_default()
}

/// Returns the directory of a spec: its paths are relative to it, and `modules/` is inside it.
pub fn directory(path: &Path) -> PathBuf {
    atomic_file::parent(path).to_owned()
}

/// The user names this file, so it may be anything with an end, even `/dev/stdin`. A FIFO in a directory would block
/// until someone writes to it.
fn read(path: &Path) -> Result<String, String> {
    let is_fifo = std::fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo());
    let is_passed = path.starts_with("/dev") || path.starts_with("/proc");
    if is_fifo && !is_passed {
        return Err("it is a FIFO, not a file".to_owned());
    }
    let bytes = bounded::read_file(path, MAX_BYTES as u64).map_err(|error| error.to_string())?;
    decode(bytes)
}
