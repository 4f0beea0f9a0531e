//! Which commit a spec is of, as git says it. Nothing is written there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The repository that a spec lies in. Git is asked when somebody wants to know: a plan without changes does not.
#[derive(Debug, Default)]
pub struct Repository {
    folder: PathBuf,
    told: OnceLock<Revision>,
}

impl Repository {
    /// That of this folder.
    pub fn of(folder: &Path) -> Repository {
        Repository { folder: folder.to_owned(), told: OnceLock::new() }
    }

    /// What git says of it, asked once.
    pub fn revision(&self) -> &Revision {
        self.told.get_or_init(|| Revision::of(&self.folder))
    }
}

/// The state of the repository that the spec lies in.
#[derive(Clone, Debug, Default)]
pub struct Revision {
    /// The commit; none outside of a repository, or without git.
    pub commit: Option<String>,
    /// Whether something in the spec's folder is not committed.
    pub dirty: bool,
    folder: PathBuf,
}

impl Revision {
    /// Asks git. It reads, runs none of the repository's hooks, and no program that its configuration names.
    pub fn of(folder: &Path) -> Revision {
        let commit = git(folder, &["rev-parse", "--verify", "HEAD"]);
        let is_commit =
            |text: &String| text.len() >= 40 && text.chars().all(|c| c.is_ascii_hexdigit());
        let Some(commit) = commit.map(|text| text.trim().to_owned()).filter(is_commit) else {
            return Revision::default();
        };
        let changed =
            git(folder, &["status", "--porcelain", "--untracked-files=normal", "--", "."]);
        let dirty = changed.is_none_or(|changed| !changed.trim().is_empty());
        Revision { commit: Some(commit), dirty, folder: folder.to_owned() }
    }

    /// Whether that commit is a part of this one; not, where nobody can tell.
    pub fn knows(&self, last: &str) -> bool {
        let is_plain = last.chars().all(|c| c.is_ascii_hexdigit());
        is_plain && git(&self.folder, &["merge-base", "--is-ancestor", last, "HEAD"]).is_some()
    }
}

/// What git says; none when it fails or is not there.
fn git(folder: &Path, words: &[&str]) -> Option<String> {
    let safe =
        ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-optional-locks"];
    let ran = Command::new("git")
        .args(safe)
        .arg("-C")
        .arg(folder)
        .args(words)
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    ran.status.success().then(|| String::from_utf8_lossy(&ran.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_and_whether_all_of_it_is_committed() {
        let folder = tempfile::tempdir().unwrap();
        let run = |words: &[&str]| {
            let author =
                ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"];
            let words: Vec<&str> = author.iter().chain(words).copied().collect();
            git(folder.path(), &words).unwrap_or_else(|| panic!("git {words:?}"))
        };
        assert_eq!(Revision::of(folder.path()).commit, None);
        run(&["init", "-q"]);
        assert_eq!(Revision::of(folder.path()).commit, None, "nothing is committed yet");
        let mut commits = Vec::new();
        for number in 0..3 {
            std::fs::write(folder.path().join("prod.toml"), number.to_string()).unwrap();
            run(&["add", "-A"]);
            run(&["commit", "-q", "-m", "x"]);
            commits.push(run(&["rev-parse", "HEAD"]).trim().to_owned());
        }
        let now = Revision::of(folder.path());
        assert_eq!((now.commit.as_ref(), now.dirty), (Some(&commits[2]), false));
        assert!(commits.iter().all(|commit| now.knows(commit)));
        run(&["checkout", "-q", &commits[0]]);
        let old = Revision::of(folder.path());
        assert!(old.knows(&commits[0]) && !old.knows(&commits[1]));
        assert!(!old.knows(&"0".repeat(40)), "one that is not in this clone");
        assert!(!old.knows("--output=x"), "what a host says is no option of git");
        std::fs::write(folder.path().join("prod.toml"), "mine").unwrap();
        assert!(Revision::of(folder.path()).dirty);
    }
}
