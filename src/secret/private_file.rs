//! Local files that only their owner can read, and the lock for changing them.

use crate::atomic_file;
use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Result;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Replaces the file at `path`, or the target of a symlink there.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    create_directory(&path)?;
    atomic_file::replace(&path, bytes, Some(0o600))
}

/// Waits for the lock of `path`, which is held until the file is dropped. The lock file stays: if it were removed, a
/// third run could lock a different file from the one that the second waits for.
pub(super) fn lock(path: &Path) -> Result<File> {
    create_directory(path)?;
    let mut options = OpenOptions::new();
    let file = options.create(true).write(true).mode(0o600).open(lock_path(path))?;
    file.lock()?;
    Ok(file)
}

/// Creates the directory of `path`, for its owner only, if necessary.
fn create_directory(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(atomic_file::parent(path))
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path.file_name().unwrap_or_default());
    name.push(".lock");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::replace;

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
}
