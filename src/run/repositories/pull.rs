//! Copies backups to this machine: into a restic repository in a local directory, encrypted with the same password.
//! Further pulls are incremental.

use super::{RepositoryOperation, one};
use crate::apply::Event;
use crate::backup::{future_dated, reading};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::module::RepositoryAccess;
use crate::restic::ResticAccess;
use crate::time::{now, seconds_of_utc};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// The result of a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullResult {
    /// How many snapshots were copied.
    pub came: usize,
    /// How many snapshots the copy has now.
    pub snapshots: usize,
    /// When the newest was made.
    pub newest: String,
    /// The age of the newest (seconds).
    pub age: u64,
    /// Whether that age is more than twice the interval between backups.
    pub is_late: bool,
    /// How many are dated in the future.
    pub future: usize,
}

/// The copy is verified in this many parts; pulls of one day verify the same part, and each day another one.
const PARTS: u64 = 10;

impl RepositoryOperation<'_> {
    /// Copies the new snapshots of a repository into a directory, and checks the copy.
    ///
    /// # Errors
    ///
    /// The directory contains something else, there is nothing to copy, or an error from restic.
    pub async fn pull(&self, from: &RepositoryAccess, to: &Path) -> Result<PullResult, Problems> {
        self.pull_it(from, to).await.map_err(one)
    }

    async fn pull_it(
        &self,
        repository: &RepositoryAccess,
        to: &Path,
    ) -> Result<PullResult, Diagnostic> {
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
        let mut report_progress = self.report_progress();
        let host = self.service.server_name.as_str();
        let args = ["copy", "--host", host, "--tag", "matrixform"];
        let copied = self.restic.copy(&from, &copy, &args, &mut report_progress).await;
        copied.map_err(|why| why.partial(&from, "copying"))?;
        self.step(2, "checking the copy".to_owned());
        // A new copy was verified as it was written.
        let part = format!("--read-data-subset={}/{PARTS}", now() / 86_400 % PARTS + 1);
        let checked = self.restic.work(&copy, &["check", &part], &mut report_progress).await;
        checked.map_err(|why| why.partial(&copy, "the check"))?;
        let after = self.snapshots(&copy).await?;
        let newest = after.last().map(|one| one.time.clone()).unwrap_or_default();
        let now = now();
        let age = now.saturating_sub(seconds_of_utc(&newest).unwrap_or_default());
        // Snapshots in a copy have other ids.
        let is_there = |time: &str| after.iter().any(|one| one.time == time);
        let missing = theirs.iter().filter(|one| !is_there(&one.time)).count();
        if missing > 0 {
            let message = format!("{missing} of {} snapshots were not copied", theirs.len());
            return Err(Diagnostic::error("backup/incomplete", message)
                .help("run the same command again")
                .exit(Exit::Partial));
        }
        Ok(PullResult {
            came: after.len().saturating_sub(before.len()),
            snapshots: after.len(),
            newest,
            age,
            is_late: age > 2 * self.service.every,
            future: future_dated(&after, now).len(),
        })
    }

    /// Creates the repository if it does not exist; returns whether it did.
    async fn begin(
        &self,
        from: &ResticAccess,
        copy: &ResticAccess,
        to: &Path,
    ) -> Result<bool, Diagnostic> {
        if is_empty(to)? {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(to);
            made.map_err(|error| directory(to, &format!("cannot be made: {error}")))?;
            let args = ["init", "--copy-chunker-params"];
            let made = self.restic.copy(from, copy, &args, &mut |_| {}).await;
            made.map_err(|why| why.diagnostic(copy, "making the copy"))?;
            return Ok(true);
        }
        if !self.restic.exists(copy).await? {
            return Err(directory(to, "is neither empty nor a copy that was pulled before"));
        }
        // Removes locks of pulls that were killed here.
        let unlocked = self.restic.at(copy, &["unlock"]).await;
        unlocked.map_err(|why| why.diagnostic(copy, "removing old locks"))?;
        Ok(false)
    }
}

/// Returns access to the copy: like the original's, without its credentials.
fn place(to: &Path, from: &ResticAccess) -> Result<ResticAccess, Diagnostic> {
    let absolute = std::path::absolute(to).map_err(|error| directory(to, &error.to_string()))?;
    let url = absolute.to_str().ok_or_else(|| directory(to, "has a name that is not UTF-8"))?;
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
        Err(error) => Err(directory(to, &format!("cannot be read: {error}"))),
    }
}

fn directory(to: &Path, why: &str) -> Diagnostic {
    let to = crate::diagnostic::visible(&to.display().to_string());
    Diagnostic::error("backup/directory", format!("`{to}` {why}"))
        .help("name a new directory, an empty one, or the one of an earlier pull")
}
