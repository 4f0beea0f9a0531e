//! Which commit the spec is of, and whether it knows what was applied before: nobody undoes a colleague's work unseen.

use crate::plan::ledger::Applied;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

    /// Why applying may undo what was applied last, in a sentence; none when it cannot, or nobody knows of a commit.
    pub fn undoes(&self, applied: &Applied) -> Option<String> {
        let last = applied.commit.as_ref()?;
        let (who, when) = (&applied.who, &applied.time);
        let start: String = last.chars().take(12).collect();
        let of = format!("commit {start}, which {who} applied on {when}");
        match &self.commit {
            None => Some(format!("this spec is of no known commit: it may undo {of}")),
            Some(_) if self.dirty => {
                Some(format!("this spec has changes that are not committed: it may undo {of}"))
            }
            Some(commit) if commit == last || self.knows(last) => None,
            Some(_) => Some(format!("this spec is older than, or beside, {of}: it may undo that")),
        }
    }

    fn knows(&self, last: &str) -> bool {
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

    fn applied(commit: &str) -> Applied {
        Applied {
            run: "r".into(),
            time: "2026-11-27T05:00:00Z".into(),
            who: "bob".into(),
            commit: Some(commit.into()),
        }
    }

    /// A repository, and its commits in their order.
    fn repository(folder: &Path) -> Vec<String> {
        let run = |words: &[&str]| {
            let author =
                ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"];
            let words: Vec<&str> = author.iter().chain(words).copied().collect();
            git(folder, &words).unwrap_or_else(|| panic!("git {words:?}"))
        };
        run(&["init", "-q"]);
        let mut commits = Vec::new();
        for number in 0..3 {
            std::fs::write(folder.join("prod.toml"), number.to_string()).unwrap();
            run(&["add", "-A"]);
            run(&["commit", "-q", "-m", "x"]);
            commits.push(run(&["rev-parse", "HEAD"]).trim().to_owned());
        }
        commits
    }

    #[test]
    fn what_it_knows_it_does_not_undo() {
        let folder = tempfile::tempdir().unwrap();
        let commits = repository(folder.path());
        let now = Revision::of(folder.path());
        assert_eq!((now.commit.as_ref(), now.dirty), (Some(&commits[2]), false));
        assert!(commits.iter().all(|commit| now.undoes(&applied(commit)).is_none()));
        git(folder.path(), &["checkout", "-q", &commits[0]]).unwrap();
        let old = Revision::of(folder.path());
        let said = old.undoes(&applied(&commits[1])).unwrap();
        assert!(
            said.contains("bob") && said.contains("2026-11-27") && said.contains(&commits[1][..12]),
            "{said}"
        );
        assert!(old.undoes(&applied(&"0".repeat(40))).is_some(), "one that is not in this clone");
        assert!(
            old.undoes(&applied("--output=x")).is_some(),
            "what the host says is no option of git"
        );
    }

    #[test]
    fn what_is_not_committed_and_what_nobody_knows_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let commits = repository(folder.path());
        std::fs::write(folder.path().join("prod.toml"), "mine").unwrap();
        let dirty = Revision::of(folder.path());
        assert!(
            dirty.dirty && dirty.undoes(&applied(&commits[2])).unwrap().contains("not committed")
        );
        let outside = tempfile::tempdir().unwrap();
        let none = Revision::of(outside.path());
        assert_eq!(none.commit, None);
        assert!(none.undoes(&applied(&commits[2])).unwrap().contains("no known commit"));
        assert_eq!(none.undoes(&Applied { commit: None, ..applied("") }), None);
    }
}
