//! Files that a spec names: included files, templates, certificates. A spec may come from someone else, and these files
//! go to a host: so every path must stay inside the inventory's repository, even through symlinks.

use super::repository::{RepositoryRoot, normal};
use crate::bounded;
use crate::diagnostic::nearest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The largest file that is read (bytes).
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// How many names in a directory are considered as suggestions.
const NAMES: usize = 1000;

/// Returns the whole path of the file most similar to a missing one, in the same directory.
pub fn nearest_beside(files: &dyn Files, path: &str) -> Option<String> {
    let names = files.beside(path);
    let (directory, name) =
        path.rsplit_once('/').map_or(("", path), |(directory, name)| (directory, name));
    let near = nearest(name, names.iter().map(String::as_str).filter(|near| *near != name))?;
    Some(if directory.is_empty() { near.to_owned() } else { format!("{directory}/{near}") })
}

/// Provides files by their path from the spec's directory; errors are reasons in words.
pub trait Files: std::fmt::Debug + Send + Sync {
    /// Returns the canonical path of a file: two paths to one file give the same.
    ///
    /// # Errors
    ///
    /// The reason in words: the path is empty or absolute, there is no such file, or it is not one that a spec may
    /// name.
    fn find(&self, path: &str) -> Result<PathBuf, String>;
    /// Returns the known names of files in a path's directory.
    fn beside(&self, path: &str) -> Vec<String>;
    /// Returns the bytes of a file.
    ///
    /// # Errors
    ///
    /// The reason in words: `find` fails, or the file cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// Files in memory, for tests, by their path from the spec's directory.
#[derive(Clone, Debug, Default)]
pub struct InMemory(pub BTreeMap<String, Vec<u8>>);

impl Files for InMemory {
    fn find(&self, path: &str) -> Result<PathBuf, String> {
        let path = normal(path)?;
        let known = self.0.contains_key(&path.to_string_lossy().into_owned());
        if known { Ok(path) } else { Err("there is no such file beside the spec".to_owned()) }
    }

    fn beside(&self, path: &str) -> Vec<String> {
        let Ok(path) = normal(path) else { return Vec::new() };
        let in_it = |name: &&String| Path::new(name).parent() == path.parent();
        self.0
            .keys()
            .filter(in_it)
            .filter_map(|name| name.rsplit('/').next())
            .map(str::to_owned)
            .collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let path = self.find(path)?;
        Ok(self.0.get(&path.to_string_lossy().into_owned()).cloned().unwrap_or_default())
    }
}

/// The files around a spec on disk.
#[derive(Clone, Debug)]
pub struct SpecDirectory(PathBuf);

impl SpecDirectory {
    /// Creates a source for the files around a spec in this directory.
    pub fn new(directory: impl Into<PathBuf>) -> SpecDirectory {
        SpecDirectory(directory.into())
    }
}

impl Files for SpecDirectory {
    fn find(&self, path: &str) -> Result<PathBuf, String> {
        let repository = RepositoryRoot::around(&self.0)?;
        repository.reaches(&self.0, &normal(path)?)?;
        repository.inside(&self.0.join(path))
    }

    fn beside(&self, path: &str) -> Vec<String> {
        let directory = Path::new(path)
            .parent()
            .and_then(Path::to_str)
            .filter(|directory| !directory.is_empty());
        let inside = match directory {
            Some(directory) => self.find(directory),
            None => Ok(self.0.clone()),
        };
        let entries = inside.ok().and_then(|directory| std::fs::read_dir(directory).ok());
        let names = entries
            .into_iter()
            .flatten()
            .take(NAMES)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        bounded::read_regular(&self.find(path)?, MAX_BYTES).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn repository() -> tempfile::TempDir {
        let top = tempfile::tempdir().unwrap();
        for directory in [".git", "inventory/tls", "shared"] {
            std::fs::create_dir_all(top.path().join(directory)).unwrap();
        }
        for (file, text) in
            [("inventory/tls/a.crt", "A"), ("shared/b.crt", "B"), (".git/config", "")]
        {
            std::fs::write(top.path().join(file), text).unwrap();
        }
        top
    }

    #[test]
    fn stays_inside_the_repository() {
        let top = repository();
        let inventory = top.path().join("inventory");
        symlink("../shared", inventory.join("linked")).unwrap();
        symlink("/etc", inventory.join("etc")).unwrap();
        symlink("loop", inventory.join("loop")).unwrap();
        let files = SpecDirectory::new(&inventory);
        assert_eq!(files.read("./tls/a.crt").unwrap(), b"A");
        assert_eq!(files.read("../shared/b.crt").unwrap(), b"B");
        assert_eq!(files.read("linked/b.crt").unwrap(), b"B");
        assert_eq!(files.find("linked/b.crt").unwrap(), files.find("../shared/b.crt").unwrap());
        let why = |path: &str| files.read(path).unwrap_err();
        assert!(why("../x").contains("No such file") && why("../../x").contains("outside"));
        assert!(why("../../../../../../../../etc/passwd").contains("outside"));
        assert!(why("etc/passwd").contains("outside"), "{}", why("etc/passwd"));
        assert!(why("/etc/passwd").contains("relative"));
        assert!(why("../.git/config").contains("`.git`"));
        assert!(why("tls").contains("regular"));
        assert!(why("").contains("empty"));
        assert!(files.read("none").is_err() && files.read("loop").is_err());
    }

    #[test]
    fn without_a_repository_the_root_is_the_spec_directory() {
        let top = repository();
        std::fs::remove_dir_all(top.path().join(".git")).unwrap();
        let files = SpecDirectory::new(top.path().join("inventory"));
        assert_eq!(files.read("tls/a.crt").unwrap(), b"A");
        assert!(files.read("../shared/b.crt").unwrap_err().contains("outside"));
    }

    #[test]
    fn opens_regular_files_only() {
        let top = repository();
        let fifo = top.path().join("inventory/fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        symlink("/dev/zero", top.path().join("inventory/zero")).unwrap();
        symlink("/proc/self/environ", top.path().join("inventory/environ")).unwrap();
        let files = SpecDirectory::new(top.path().join("inventory"));
        assert!(files.read("fifo").unwrap_err().contains("regular"));
        assert!(files.read("zero").is_err() && files.read("environ").is_err());
    }
}
