//! Files beside the spec: templates, certificates. Only below the spec's folder, through no symlink:
//! a spec may come from somebody else, and what it names goes to a host.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The largest file that is read (bytes).
const LIMIT: u64 = 16 * 1024 * 1024;

/// Gives files by their path below the spec's folder; an error says in words why not.
pub trait Files: std::fmt::Debug + Send + Sync {
    /// The bytes of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// Files in memory, for tests.
#[derive(Clone, Debug, Default)]
pub struct InMemory(pub BTreeMap<String, Vec<u8>>);

impl Files for InMemory {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let path = relative(path)?;
        let bytes = self.0.get(&path.to_string_lossy().into_owned());
        bytes.cloned().ok_or_else(|| "there is no such file beside the spec".to_owned())
    }
}

/// The files of a folder on disk.
#[derive(Clone, Debug)]
pub struct Beside(PathBuf);

impl Beside {
    /// The files of this folder.
    pub fn folder(folder: impl Into<PathBuf>) -> Beside {
        Beside(folder.into())
    }
}

impl Files for Beside {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let relative = relative(path)?;
        let mut at = self.0.clone();
        for part in relative.components() {
            at.push(part);
            let seen = std::fs::symlink_metadata(&at).map_err(|error| error.to_string())?;
            if seen.is_symlink() {
                return Err(format!("`{}` is a symlink, and those are not followed", at.display()));
            }
        }
        let seen = std::fs::metadata(&at).map_err(|error| error.to_string())?;
        if !seen.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        if seen.len() > LIMIT {
            return Err(format!("it is larger than {LIMIT} bytes"));
        }
        std::fs::read(&at).map_err(|error| error.to_string())
    }
}

/// The path without `./`, when it stays below its folder.
fn relative(path: &str) -> Result<PathBuf, String> {
    let mut clean = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            _ => return Err("it must be a relative path below the spec's folder".to_owned()),
        }
    }
    if clean.as_os_str().is_empty() { Err("the path is empty".to_owned()) } else { Ok(clean) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_below_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tls")).unwrap();
        std::fs::write(folder.path().join("tls/a.crt"), "A").unwrap();
        std::os::unix::fs::symlink("/etc", folder.path().join("etc")).unwrap();
        let files = Beside::folder(folder.path());
        assert_eq!(files.read("./tls/a.crt").unwrap(), b"A");
        assert!(files.read("../x").unwrap_err().contains("below"));
        assert!(files.read("/etc/passwd").unwrap_err().contains("below"));
        assert!(files.read("etc/passwd").unwrap_err().contains("symlink"));
        assert!(files.read("tls").unwrap_err().contains("regular"));
        assert!(files.read("none").is_err());
    }
}
