//! `.gitignore` beside the spec: files that must never be committed, should any be put there.

use crate::bounded;
use crate::diagnostic::{Diagnostic, Problems};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Private keys and unencrypted secrets. `*.secrets.age` may be committed.
const LINES: [&str; 5] =
    ["*.key", "privkey*.pem", "*secrets.toml", "*identity*.txt", "*.recovery-kit*"];

/// The largest `.gitignore` that is read (bytes).
const MAX_BYTES: u64 = 1024 * 1024;

/// Adds the missing lines; existing lines stay as they are.
pub(super) fn add(directory: &Path) -> Result<(), Problems> {
    let path = directory.join(".gitignore");
    let existing = match bounded::read_text(&path, MAX_BYTES) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(|error| failed(&path, &error))?,
    };
    let missing = LINES.iter().filter(|line| !existing.lines().any(|known| known.trim() == **line));
    let mut text: String = missing.map(|line| format!("{line}\n")).collect();
    if text.is_empty() {
        return Ok(());
    }
    if !existing.is_empty() && !existing.ends_with('\n') {
        text.insert(0, '\n');
    }
    let mut options = std::fs::OpenOptions::new();
    let file = options.append(true).create(true).open(&path);
    let added = file.and_then(|mut file| file.write_all(text.as_bytes()));
    added.map_err(|error| failed(&path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> Problems {
    let message = format!("`{}` cannot be written: {error}", path.display());
    vec![Diagnostic::error("init/unwritable", message)]
}
