//! Loads a spec from disk, with everything that it includes: the entry point for all commands.

use super::files::{Files, SpecFolder};
use super::node::{Node, Table, parse};
use super::text::{LIMIT, decode};
use super::{Spec, Variables};
use crate::bounded;
use crate::diagnostic::{Diagnostic, Problems, Source};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Loads the spec at a path; `variables` are unread for a command that works offline.
///
/// # Errors
///
/// The file cannot be read, or all problems of the spec.
pub fn load(path: &Path, variables: Variables) -> Result<Spec, Problems> {
    let (spec, problems) = judge(path, variables)?;
    if problems.is_empty() { Ok(spec) } else { Err(problems) }
}

/// Loads a spec as far as it can be read, with its problems.
///
/// # Errors
///
/// The file cannot be read (`spec/unreadable`), or it or a file that it includes is missing, not valid TOML, or of a
/// newer format (`spec/format`).
pub fn judge(path: &Path, variables: Variables) -> Result<(Spec, Problems), Problems> {
    let text = read(path).map_err(|why| {
        let message = format!("{} cannot be read: {why}", path.display());
        let problem = Diagnostic::error("spec/unreadable", message);
        vec![problem.help("a spec is a text file in TOML, such as `inventory/prod.toml`")]
    })?;
    let source = Source::new(path.display().to_string(), text);
    Spec::judge(&source, Arc::new(SpecFolder::folder(folder(path))), variables)
}

/// Checks whether the file at a path may be read as a spec from someone else, with symlinks resolved.
///
/// # Errors
///
/// The reason in words: the file does not exist or is not a regular one, or the path leads out of its repository or to
/// a file there that does not belong to an inventory.
pub fn stays_inside(path: &Path) -> Result<(), String> {
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("its name is not UTF-8")?;
    let found = SpecFolder::folder(folder(path)).find(name)?;
    let is_file = std::fs::metadata(&found).map_err(|error| error.to_string())?.is_file();
    if is_file { Ok(()) } else { Err("it is not a regular file".to_owned()) }
}

/// Returns those of several files in a folder that are specs: a file without a host that another one includes is part
/// of that one.
pub fn specs_among(files: Vec<PathBuf>) -> Vec<PathBuf> {
    let tables: Vec<Table> = files.iter().map(|path| own_keys(path)).collect();
    let mut included: Vec<PathBuf> = Vec::new();
    for (path, table) in files.iter().zip(&tables) {
        let list = table.get("include").and_then(|entry| entry.node.as_array());
        let names = list.unwrap_or_default().iter().filter_map(|node| node.as_str());
        included.extend(names.filter_map(|name| folder(path).join(name).canonicalize().ok()));
    }
    let is_part = |path: &Path, table: &Table| {
        let part = path.canonicalize().is_ok_and(|file| included.contains(&file));
        part && !table.contains_key("host")
    };
    let specs = files.iter().zip(&tables).filter(|(path, table)| !is_part(path, table));
    let specs: Vec<PathBuf> = specs.map(|(path, _)| path.clone()).collect();
    if specs.is_empty() { files } else { specs }
}

/// Returns the keys of a file itself; empty if it cannot be read.
fn own_keys(path: &Path) -> Table {
    let text = read(path).unwrap_or_default();
    let root = parse(&Source::new(path.display().to_string(), text));
    root.ok().and_then(Node::into_table).unwrap_or_default()
}

/// Returns the folder of a spec: its paths are relative to it, and `modules/` is inside it.
pub fn folder(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

/// The user names this file, so it may be anything with an end, even `/dev/stdin`.
fn read(path: &Path) -> Result<String, String> {
    let bytes = bounded::read_file(path, LIMIT as u64).map_err(|error| error.to_string())?;
    decode(bytes)
}
