//! The commit that a spec belongs to, according to git. Nothing is written to the repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The repository that a spec is in. git is run only when the revision is needed: a plan without changes does not need
/// it.
#[derive(Debug, Default)]
pub struct Repository {
    directory: PathBuf,
    environment: GitVariables,
    revision: OnceLock<Revision>,
}

impl Repository {
    /// Returns the repository of this directory. git gets these variables and no others: secrets may be among the rest.
    pub fn of(directory: &Path, environment: GitVariables) -> Repository {
        Repository { directory: directory.to_owned(), environment, revision: OnceLock::new() }
    }

    /// Returns the revision; git is asked only once.
    pub fn revision(&self) -> &Revision {
        self.revision.get_or_init(|| Revision::of(&self.directory, &self.environment))
    }
}

/// The state of the repository that the spec is in.
#[derive(Clone, Debug, Default)]
pub struct Revision {
    /// The commit; `None` outside a repository, or without git.
    pub commit: Option<String>,
    /// Whether the spec's directory has uncommitted changes.
    pub dirty: bool,
    directory: PathBuf,
    environment: GitVariables,
}

/// Variables for git, by name.
pub type GitVariables = BTreeMap<&'static str, String>;

/// The variables that git needs to find itself, the repository and the user's configuration.
pub const VARIABLES: [&str; 8] = [
    "PATH",
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
];

impl Revision {
    /// Asks git, which only reads here: hooks and fsmonitor of the repository are disabled.
    pub fn of(directory: &Path, environment: &GitVariables) -> Revision {
        let git = |args: &[&str]| git(directory, environment, args);
        let commit = git(&["rev-parse", "--verify", "HEAD"]);
        let is_commit =
            |text: &String| text.len() >= 40 && text.chars().all(|c| c.is_ascii_hexdigit());
        let Some(commit) = commit.map(|text| text.trim().to_owned()).filter(is_commit) else {
            return Revision::default();
        };
        let changed = git(&["status", "--porcelain", "--untracked-files=normal", "--", "."]);
        let dirty = changed.is_none_or(|changed| !changed.trim().is_empty());
        let (directory, environment) = (directory.to_owned(), environment.clone());
        Revision { commit: Some(commit), dirty, directory, environment }
    }

    /// Returns whether `last` is an ancestor of this commit, or the same; false if unknown.
    pub fn knows(&self, last: &str) -> bool {
        let is_plain = last.chars().all(|c| c.is_ascii_hexdigit());
        let asked = ["merge-base", "--is-ancestor", last, "HEAD"];
        is_plain && git(&self.directory, &self.environment, &asked).is_some()
    }
}

/// Returns git's output; `None` if git fails or is missing.
fn git(directory: &Path, environment: &GitVariables, args: &[&str]) -> Option<String> {
    let safe =
        ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-optional-locks"];
    let ran = Command::new("git")
        .args(safe)
        .arg("-C")
        .arg(directory)
        .args(args)
        .env_clear()
        .envs(environment)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
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
    fn a_revision_has_a_commit_and_a_dirty_flag() {
        let directory = tempfile::tempdir().unwrap();
        let environment = GitVariables::from([("PATH", "/usr/bin:/bin".to_owned())]);
        let run = |args: &[&str]| {
            let author =
                ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"];
            let args: Vec<&str> = author.iter().chain(args).copied().collect();
            git(directory.path(), &environment, &args).unwrap_or_else(|| panic!("git {args:?}"))
        };
        assert_eq!(Revision::of(directory.path(), &environment).commit, None);
        run(&["init", "-q"]);
        assert_eq!(
            Revision::of(directory.path(), &environment).commit,
            None,
            "nothing is committed yet"
        );
        let mut commits = Vec::new();
        for number in 0..3 {
            std::fs::write(directory.path().join("prod.toml"), number.to_string()).unwrap();
            run(&["add", "-A"]);
            run(&["commit", "-q", "-m", "x"]);
            commits.push(run(&["rev-parse", "HEAD"]).trim().to_owned());
        }
        let now = Revision::of(directory.path(), &environment);
        assert_eq!((now.commit.as_ref(), now.dirty), (Some(&commits[2]), false));
        assert!(commits.iter().all(|commit| now.knows(commit)));
        run(&["checkout", "-q", &commits[0]]);
        let old = Revision::of(directory.path(), &environment);
        assert!(old.knows(&commits[0]) && !old.knows(&commits[1]));
        assert!(!old.knows(&"0".repeat(40)), "one that is not in this clone");
        assert!(!old.knows("--output=x"), "what a host says is no option of git");
        std::fs::write(directory.path().join("prod.toml"), "mine").unwrap();
        assert!(Revision::of(directory.path(), &environment).dirty);
    }
}
