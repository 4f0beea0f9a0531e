//! Replaces files on this machine whole or not at all.

use std::fs::{File, OpenOptions, Permissions, remove_file, rename};
use std::io::{Result, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Replaces the file at `path`, or leaves it unchanged; a symlink there is itself replaced. With a `mode`, the content is
/// never readable to anyone else, not even for a moment; without one, the process's umask applies.
///
/// # Errors
///
/// The directory does not exist, or writing fails.
pub fn replace(path: &Path, bytes: &[u8], mode: Option<u32>) -> Result<()> {
    let directory = parent(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = directory.join(format!(".{name}.{}.new", std::process::id()));
    let written = write(&beside, bytes, mode).and_then(|()| rename(&beside, path));
    if written.is_err() {
        // Best effort: the error that matters is the one above.
        let _ = remove_file(&beside);
    }
    written?;
    File::open(directory)?.sync_all()
}

/// Returns the directory that contains `path`.
pub fn parent(path: &Path) -> &Path {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    directory.unwrap_or(Path::new("."))
}

fn write(path: &Path, bytes: &[u8], mode: Option<u32>) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if let Some(mode) = mode {
        options.mode(mode);
    }
    let mut file = options.open(path)?;
    if let Some(mode) = mode {
        // The umask may have taken something away.
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::replace;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_file_is_replaced_with_the_wanted_mode_and_nothing_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        for mode in [0o600, 0o666, 0o440] {
            replace(&file, b"new", Some(mode)).unwrap();
            assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o7777, mode);
        }
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let directory = tempfile::tempdir().unwrap();
        let taken = directory.path().join("taken");
        std::fs::create_dir_all(taken.join("inside")).unwrap();
        assert!(replace(&taken, b"new", None).is_err());
        assert!(taken.join("inside").is_dir());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(replace(&directory.path().join("missing/file"), b"new", None).is_err());
    }
}
