//! Writes several new files, all or none: an existing file is never replaced.

use crate::bounded;
use crate::diagnostic::{Diagnostic, Problems};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The files to write, in this order.
pub(super) type NewFiles = Vec<(PathBuf, String)>;

/// Reports all files that already exist; one with identical content is no hindrance.
pub(super) fn hindrances(files: &NewFiles) -> Problems {
    let existing =
        files.iter().filter(|(path, text)| path.symlink_metadata().is_ok() && !is_same(path, text));
    existing.map(|(path, _)| is_there(path)).collect()
}

/// Reports that a file already exists.
pub(super) fn is_there(path: &Path) -> Diagnostic {
    let message = format!("`{}` already exists; nothing was written", path.display());
    Diagnostic::error("init/exists", message)
        .help("choose another directory (`matrixform init DIRECTORY`), or move the file")
}

/// Creates the directory of the files.
pub(super) fn create_directory(path: &Path) -> Result<(), Problems> {
    std::fs::create_dir_all(path).map_err(|error| vec![failed(path, &error)])
}

/// Writes the files; if one fails, removes those written before it.
pub(super) fn write(files: &NewFiles) -> Result<(), Problems> {
    let mut written: Vec<&Path> = Vec::new();
    for (path, text) in files {
        match new(path, text) {
            Ok(true) => written.push(path),
            Ok(false) => {}
            Err(error) => {
                // Best effort: the error that matters is the one below.
                written.iter().for_each(|path| drop(std::fs::remove_file(path)));
                return Err(vec![failed(path, &error)]);
            }
        }
    }
    Ok(())
}

fn failed(path: &Path, error: &io::Error) -> Diagnostic {
    if error.kind() == ErrorKind::AlreadyExists {
        return is_there(path);
    }
    let message = format!("`{}` cannot be written: {error}", path.display());
    Diagnostic::error("init/unwritable", message)
}

/// Returns whether a file with exactly this content exists.
fn is_same(path: &Path, text: &str) -> bool {
    bounded::read_regular(path, text.len() as u64).is_ok_and(|found| found == text.as_bytes())
}

/// Writes a file unless it already has this content; returns whether it was written.
fn new(path: &Path, text: &str) -> io::Result<bool> {
    if is_same(path, text) {
        return Ok(false);
    }
    let directory = crate::spec::directory(path);
    std::fs::create_dir_all(&directory)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    // A hard link appears complete, and never replaces anything.
    let done = whole(&temporary, text).and_then(|()| std::fs::hard_link(&temporary, path));
    let _ = std::fs::remove_file(&temporary);
    done?;
    File::open(directory)?.sync_all()?;
    Ok(true)
}

fn whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn existing_files_are_kept_and_new_ones_rolled_back() {
        let directory = tempfile::tempdir().unwrap();
        let (a, b) = (directory.path().join("new/a"), directory.path().join("b"));
        std::fs::write(&b, "old").unwrap();
        let files = vec![(a.clone(), "a".to_owned()), (b.clone(), "b".to_owned())];
        assert_eq!(hindrances(&files).len(), 1);
        let problems = write(&files).unwrap_err();
        assert!(problems[0].message.contains("already exists"), "{problems:?}");
        assert_eq!(std::fs::read_to_string(&b).unwrap(), "old");
        assert!(!a.exists());
        assert_eq!(std::fs::read_dir(directory.path().join("new")).unwrap().count(), 0);
    }

    #[test]
    fn files_with_the_same_content_are_accepted() {
        let directory = tempfile::tempdir().unwrap();
        let files = vec![(directory.path().join("a"), "a".to_owned())];
        write(&files).unwrap();
        assert!(hindrances(&files).is_empty());
        write(&files).unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
