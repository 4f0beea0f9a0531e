//! Modules on disk: the user's own, next to the inventory, and those under test. The only file of `module` that reads
//! or writes files.

use super::ModuleDirectory;
use super::golden::GoldenReport;
use crate::bounded;
use crate::diagnostic::Diagnostic;
use std::io;
use std::path::Path;

/// The size limit for a file of a module (bytes).
const MAX_BYTES: u64 = 16 << 20;

/// Returns the modules in a directory, ordered by name; none if the directory does not exist.
///
/// # Errors
///
/// A file or directory that cannot be read.
pub fn modules(path: &Path) -> Result<Vec<ModuleDirectory>, Diagnostic> {
    let names = match names(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names.map_err(|error| unreadable(path, &error))?,
    };
    let directories = names.into_iter().map(|name| path.join(name));
    directories
        .filter(|directory| directory.join("module.toml").is_file())
        .map(|one| module(&one))
        .collect()
}

/// Returns the module in a directory.
///
/// # Errors
///
/// The directory or a file in it cannot be read, or a file is larger than 16 MiB (`module/unreadable`).
pub fn module(path: &Path) -> Result<ModuleDirectory, Diagnostic> {
    let absolute = path.canonicalize().map_err(|error| unreadable(path, &error))?;
    let name = absolute.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut directory = ModuleDirectory::new(name, path.display().to_string());
    read(path, "", &mut directory).map_err(|error| unreadable(path, &error))?;
    Ok(directory)
}

/// Writes a new module into a new directory; creates missing parent directories.
///
/// # Errors
///
/// The directory already exists, or something in it cannot be written (`module/unwritable`).
pub fn create(path: &Path, directory: &ModuleDirectory) -> Result<(), Diagnostic> {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let made = above.map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::create_dir(path)).map_err(|error| unwritable(path, &error))?;
    directory.files.iter().try_for_each(|(file, content)| write(&path.join(file), content))
}

/// Records the output of golden tests as the expected output.
///
/// # Errors
///
/// A file cannot be written (`module/unwritable`).
pub fn record(path: &Path, report: &GoldenReport) -> Result<(), Diagnostic> {
    let changed = report.results.iter().filter(|result| !result.is_same());
    changed
        .into_iter()
        .try_for_each(|result| write(&path.join(&result.file), result.found.as_bytes()))
}

fn write(path: &Path, content: &[u8]) -> Result<(), Diagnostic> {
    let directory = path.parent().unwrap_or(path);
    let written = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(path, content));
    written.map_err(|error| unwritable(path, &error))
}

fn read(path: &Path, below: &str, directory: &mut ModuleDirectory) -> io::Result<()> {
    for name in names(path)? {
        let (file, shown) = (path.join(&name), format!("{below}{name}"));
        if file.is_symlink() {
            continue;
        }
        if file.is_dir() {
            read(&file, &format!("{shown}/"), directory)?;
        } else if file.is_file() {
            directory.files.insert(shown, bytes(&file)?);
        }
    }
    Ok(())
}

/// The content of a file, which may be sent to a host: a file over the limit is an error.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    bounded::read_file(path, MAX_BYTES)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn names(path: &Path) -> io::Result<Vec<String>> {
    let entries = std::fs::read_dir(path)?;
    let mut names: Vec<String> = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    let message = format!("`{}` cannot be written: {error}", path.display());
    Diagnostic::error("module/unwritable", message)
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let message = format!("`{}` cannot be read: {error}", path.display());
    Diagnostic::error("module/unreadable", message)
}
