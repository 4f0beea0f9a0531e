//! Finished rows of a sweep, kept so that the next one with the same commit and seed resumes after them.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// The finished rows of this commit and seed; none outside a sweep.
pub(in crate::homeserver) struct Kept {
    /// The directory, and the prefix of each line.
    place: Option<(PathBuf, String)>,
}

/// The commit of the worktree, with a digest of uncommitted changes.
pub(in crate::homeserver) fn commit() -> String {
    let git = |args: &[&str]| {
        let directory = env!("CARGO_MANIFEST_DIR");
        let output = Command::new("git").args(["-C", directory]).args(args).output();
        output.map(|output| output.stdout).unwrap_or_default()
    };
    let head = String::from_utf8_lossy(&git(&["rev-parse", "HEAD"])).trim().to_owned();
    let changes = git(&["diff", "HEAD"]);
    if changes.is_empty() {
        return head;
    }
    let mut hasher = DefaultHasher::new();
    changes.hash(&mut hasher);
    format!("{head}+{:016x}", hasher.finish())
}

impl Kept {
    /// Opens the rows in a directory below target.
    pub(in crate::homeserver) fn open(name: &str, key: Option<String>) -> Kept {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target").join(name);
        let place = key.map(|key| {
            fs::create_dir_all(&directory).unwrap();
            (directory, key)
        });
        Kept { place }
    }

    /// The row of a finished case.
    pub(in crate::homeserver) fn row(&self, case: &str) -> Option<String> {
        let (directory, key) = self.place.as_ref()?;
        let rows = fs::read_to_string(directory.join("rows")).ok()?;
        let begins = format!("{key}\t{case}\t");
        rows.lines().find_map(|line| line.strip_prefix(&begins)).map(str::to_owned)
    }

    /// Stores a row and returns it.
    pub(in crate::homeserver) fn keep(&mut self, case: &str, row: String) -> String {
        if let Some((directory, key)) = &self.place {
            let mut rows = fs::OpenOptions::new();
            let rows = rows.create(true).append(true).open(directory.join("rows"));
            writeln!(rows.unwrap(), "{key}\t{case}\t{row}").unwrap();
        }
        row
    }

    /// Writes the table with the rows so far.
    pub(in crate::homeserver) fn table(&self, rows: &[String]) {
        if let Some((directory, _)) = &self.place {
            fs::write(directory.join("table.md"), rows.join("\n") + "\n").unwrap();
        }
    }
}
