//! The inventory's repository: the nearest directory at or above the spec's that contains `.git`, else the spec's own
//! directory. Files that a spec names must be inside it, with symlinks resolved.

use std::path::{Component, Path, PathBuf};

/// Directories that never contain a repository's files: reading there talks to the kernel.
const NOT_ON_DISK: [&str; 3] = ["/proc", "/sys", "/dev"];

const OUTSIDE: &str = "it leads outside the inventory's repository";

/// The root of a repository.
#[derive(Clone, Debug)]
pub(super) struct RepositoryRoot(PathBuf);

impl RepositoryRoot {
    /// Returns the repository around a spec's directory.
    pub(super) fn around(directory: &Path) -> Result<RepositoryRoot, String> {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let directory = directory.canonicalize().map_err(|error| error.to_string())?;
        let top = directory.ancestors().find(|above| above.join(".git").exists());
        Ok(RepositoryRoot(top.unwrap_or(&directory).to_owned()))
    }

    /// Refuses a path that leads outside by its text alone, without revealing whether the file exists.
    pub(super) fn reaches(&self, directory: &Path, relative: &Path) -> Result<(), String> {
        let mut at = directory.canonicalize().map_err(|error| error.to_string())?;
        for part in relative.components() {
            match part {
                Component::ParentDir => drop(at.pop()),
                part => at.push(part),
            }
        }
        if at.starts_with(&self.0) { Ok(()) } else { Err(OUTSIDE.to_owned()) }
    }

    /// Returns the canonical path, if it is inside.
    pub(super) fn inside(&self, path: &Path) -> Result<PathBuf, String> {
        let found = path.canonicalize().map_err(|error| error.to_string())?;
        let Ok(below) = found.strip_prefix(&self.0) else { return Err(OUTSIDE.to_owned()) };
        // Its configuration may contain credentials, and nothing in it belongs to the inventory.
        if below.starts_with(".git") {
            return Err("files in `.git` do not belong to the inventory".to_owned());
        }
        if below.to_string_lossy().ends_with(".secrets.age") {
            return Err("it holds secrets".to_owned());
        }
        match NOT_ON_DISK.iter().find(|directory| found.starts_with(directory)) {
            Some(directory) => Err(format!("{directory} does not contain files on disk")),
            None => Ok(found),
        }
    }
}

/// Normalizes a relative path: no `.`, and `..` only at the beginning.
pub(super) fn normal(path: &str) -> Result<PathBuf, String> {
    let mut clean = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            Component::ParentDir
                if matches!(clean.components().next_back(), Some(Component::Normal(_))) =>
            {
                clean.pop();
            }
            Component::ParentDir => clean.push(".."),
            Component::RootDir | Component::Prefix(_) => {
                return Err("it must be relative to the file that names it".to_owned());
            }
        }
    }
    if clean.as_os_str().is_empty() { Err("the path is empty".to_owned()) } else { Ok(clean) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_spelling() {
        let shown = |path: &str| normal(path).map(|path| path.display().to_string());
        assert_eq!(shown("./a/../b").unwrap(), "b");
        assert_eq!(shown("../../a").unwrap(), "../../a");
        assert_eq!(shown("a/../../b").unwrap(), "../b");
        assert!(shown("a/..").is_err() && shown("/a").is_err());
    }

    #[test]
    fn proc_is_never_inside() {
        let everything = RepositoryRoot("/".into());
        assert!(everything.inside(Path::new("/proc/self/environ")).unwrap_err().contains("/proc"));
        assert!(everything.inside(Path::new("/etc/passwd")).is_ok());
    }
}
