//! The files an `Include` of the SSH configuration names. OpenSSH reads only what is there; a pattern
//! that matches nothing is no fault.

use std::path::{Path, PathBuf};

use super::pattern::wildcard;

/// The files an `Include` names; relative ones stand beside the including file's folder.
pub(super) fn included(rest: &str, from: &Path, home: Option<&Path>) -> Vec<PathBuf> {
    let folder = from.parent().unwrap_or(Path::new("/"));
    let mut files = Vec::new();
    for word in rest.split_whitespace().map(|word| word.trim_matches('"')) {
        let path = match (word.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => folder.join(word),
        };
        files.extend(glob(&path));
    }
    files
}

/// Wildcards in the file's name, in the order of names; a folder's wildcards are not read.
fn glob(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.contains(['*', '?']) {
        return vec![path.to_owned()];
    }
    let folder = path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let entries = folder.into_iter().flatten().flatten();
    let fits = |file: &PathBuf| {
        let found = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        !found.starts_with('.') && wildcard(&name, &found)
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(fits).collect();
    files.sort();
    files
}
