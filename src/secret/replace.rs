//! Replaces a local file atomically, readable only for its owner from the first byte on; and the lock for doing so.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Result, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Replaces the file at `path` (or the target of a symlink there) by one of mode 0600.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = directory(&path)?;
    let beside = beside(&path, &format!(".{}.new", std::process::id()));
    let written = write(&beside, bytes).and_then(|()| std::fs::rename(&beside, &path));
    if written.is_err() {
        // Best effort: the error that matters is the one above.
        let _ = std::fs::remove_file(&beside);
    }
    written?;
    File::open(directory)?.sync_all()
}

/// Waits for the lock of `path`, which is held until the file is dropped. The lock file stays: if it were removed, a
/// third run could lock a different file from the one that the second waits for.
pub(super) fn lock(path: &Path) -> Result<File> {
    directory(path)?;
    let mut options = OpenOptions::new();
    let file = options.create(true).write(true).mode(0o600).open(beside(path, ".lock"))?;
    file.lock()?;
    Ok(file)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Returns the directory of `path`, created for its owner only if necessary.
fn directory(path: &Path) -> Result<&Path> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    Ok(directory)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path.file_name().unwrap_or_default());
    name.push(ending);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symlink_is_kept_and_nothing_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        std::fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(std::fs::read(&real).unwrap(), b"new");
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let directory = tempfile::tempdir().unwrap();
        let taken = directory.path().join("taken");
        std::fs::create_dir_all(taken.join("inside")).unwrap();
        assert!(replace(&taken, b"new").is_err());
        assert!(taken.join("inside").is_dir());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
