//! Bringing a copy home: into a repository of restic's own in a local folder, encrypted by the same password. A further pull
//! brings what is new.

use super::{AwayDesk, now, one};
use crate::apply::Event;
use crate::backup::{future_dated, reading};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::module::AwayRepository;
use crate::restic::ResticAccess;
use crate::time::seconds_of_utc;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// How many snapshots came.
    pub came: usize,
    /// How many there are now.
    pub snapshots: usize,
    /// When the newest was made.
    pub newest: String,
    /// How old that is (seconds).
    pub age: u64,
    /// Whether that is more than twice the time between backups.
    pub is_late: bool,
    /// How many are dated in the future.
    pub future: usize,
}

/// Of a copy another part is read each time; all is read once in so many.
const PARTS: u64 = 10;

impl AwayDesk<'_> {
    /// Copies what is new of a repository into a folder, and checks the copy.
    ///
    /// # Errors
    ///
    /// The folder is something else, there is nothing to copy, or what restic says.
    pub async fn pull(&self, from: &AwayRepository, to: &Path) -> Result<Pulled, Problems> {
        self.pull_it(from, to).await.map_err(one)
    }

    async fn pull_it(&self, repository: &AwayRepository, to: &Path) -> Result<Pulled, Diagnostic> {
        let from = reading(repository, &self.project.secrets)?;
        let copy = place(to, &from)?;
        self.opened(&from).await?;
        let theirs = self.snapshots(&from).await?;
        if theirs.is_empty() {
            let message = format!("there are no backups in {}", from.url);
            return Err(Diagnostic::error("backup/empty", message)
                .help("`matrixform backup now` makes one"));
        }
        let host = self.service.server_name.clone();
        self.reporter.event(Event::Begun { host, steps: 2 });
        let before = match self.begin(&from, &copy, to).await? {
            true => Vec::new(),
            false => self.snapshots(&copy).await?,
        };
        self.step(1, format!("copying {}", repository.name));
        let mut heard = self.heard();
        let host = self.service.server_name.as_str();
        let words = ["copy", "--host", host, "--tag", "matrixform"];
        let copied = self.restic.copy(&from, &copy, &words, &mut heard).await;
        copied.map_err(|why| why.partial(&from, "copying"))?;
        self.step(2, "checking the copy".to_owned());
        // A copy that was begun just now was read as it came.
        let part = format!("--read-data-subset={}/{PARTS}", now() / 86_400 % PARTS + 1);
        let checked = self.restic.work(&copy, &["check", &part], &mut heard).await;
        checked.map_err(|why| why.partial(&copy, "the check"))?;
        let after = self.snapshots(&copy).await?;
        let newest = after.last().map(|one| one.time.clone()).unwrap_or_default();
        let now = now();
        let age = now.saturating_sub(seconds_of_utc(&newest).unwrap_or_default());
        // A copy has ids of its own.
        let is_there = |time: &str| after.iter().any(|one| one.time == time);
        let missing = theirs.iter().filter(|one| !is_there(&one.time)).count();
        if missing > 0 {
            let message = format!("{missing} of {} snapshots did not come", theirs.len());
            return Err(Diagnostic::error("backup/incomplete", message)
                .help("run the same command again")
                .exit(Exit::Partial));
        }
        Ok(Pulled {
            came: after.len().saturating_sub(before.len()),
            snapshots: after.len(),
            newest,
            age,
            is_late: age > 2 * self.service.every,
            future: future_dated(&after, now).len(),
        })
    }

    /// Makes the repository, unless it is there; whether it was made.
    async fn begin(
        &self,
        from: &ResticAccess,
        copy: &ResticAccess,
        to: &Path,
    ) -> Result<bool, Diagnostic> {
        if is_empty(to)? {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(to);
            made.map_err(|error| folder(to, &format!("cannot be made: {error}")))?;
            let words = ["init", "--copy-chunker-params"];
            let made = self.restic.copy(from, copy, &words, &mut |_| {}).await;
            made.map_err(|why| why.diagnostic(copy, "making the copy"))?;
            return Ok(true);
        }
        if !self.restic.exists(copy).await? {
            return Err(folder(to, "is neither empty nor a copy that was pulled before"));
        }
        // Of pulls that were killed here.
        let unlocked = self.restic.at(copy, &["unlock"]).await;
        unlocked.map_err(|why| why.diagnostic(copy, "removing old locks"))?;
        Ok(false)
    }
}

/// The copy: as the original, without what reaches it.
fn place(to: &Path, from: &ResticAccess) -> Result<ResticAccess, Diagnostic> {
    let absolute = std::path::absolute(to).map_err(|error| folder(to, &error.to_string()))?;
    let url = absolute.to_str().ok_or_else(|| folder(to, "has a name that is no text"))?;
    Ok(ResticAccess {
        url: url.to_owned(),
        login: None,
        password: from.password.clone(),
        environment: Vec::new(),
    })
}

fn is_empty(to: &Path) -> Result<bool, Diagnostic> {
    match std::fs::read_dir(to) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(folder(to, &format!("cannot be read: {error}"))),
    }
}

fn folder(to: &Path, why: &str) -> Diagnostic {
    let to = crate::diagnostic::visible(&to.display().to_string());
    Diagnostic::error("backup/folder", format!("`{to}` {why}"))
        .help("name a new folder, an empty one, or the one of an earlier pull")
}
