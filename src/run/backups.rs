//! Operations on a host's backups: the host's own program makes and reads them; these start it, wait for it, and query
//! it.

use super::call::CallCodes;
use super::operation::BegunOperation;
use super::snapshot::supported;
use super::{Project, Reporter, Session, one};
use crate::apply::Event;
use crate::backup::{
    BackupOutcome, LIST, RESTORE, RepositoryListing, WAIT, absent, destination, listed, missing,
    progress, repository,
};
use crate::diagnostic::{Diagnostic, Exit, Problems, visible};
use crate::facts::Facts;
use crate::host;
use crate::module::{BackupService, expand};
use crate::plan::barred;
use crate::resource::{Address, Questions};
use crate::secret::StandIns;
use std::time::Duration;

/// The limit for a backup, a check or a restore: that of the unit.
const BACKUP_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// The limit for a list; restic retries failures for minutes.
const LIST_TIMEOUT: Duration = Duration::from_secs(20 * 60);

const CODES: CallCodes = CallCodes { overdue: "backup/overdue", failed: "backup/failed" };

/// The host's reply if it did not start a restore.
const REFUSED: &str = "refused";

/// The backups of a connected host.
pub struct BackupOperation<'a> {
    session: Session<'a>,
    service: BackupService,
    at: u64,
    /// Why no server may run on the host, and none be backed up.
    barred: Option<Diagnostic>,
}

/// Work done by a unit of the host's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupWork {
    /// A backup.
    Save,
    /// A check of the repositories.
    Check,
}

/// The result of a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreResult {
    /// How many files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
}

impl Project {
    fn backup_service(&self, facts: &Facts) -> Result<BackupService, Problems> {
        let names = StandIns { in_use: None };
        let expansion = expand(&self.spec, &self.modules, facts, &names)?;
        expansion.backups.ok_or_else(|| one(self.no_backups()))
    }

    /// The error if the spec defines no backups.
    pub(super) fn no_backups(&self) -> Diagnostic {
        let message = format!("{} does not define backups", self.spec.source.name);
        Diagnostic::error("backup/none", message)
            .help("add `[backup]` with a repository; `matrixform explain backup.repositories` lists the options")
    }
}

impl<'a> BackupOperation<'a> {
    /// Connects, and queries the facts.
    ///
    /// # Errors
    ///
    /// The host cannot be queried or is not supported, or the spec does not expand or defines no backups
    /// (`backup/none`).
    pub async fn open(
        project: &'a Project,
        reporter: &'a dyn Reporter,
    ) -> Result<BackupOperation<'a>, Problems> {
        let (mut session, _) = Session::open_with(project, reporter, |_| ()).await?;
        let answers = session.ask(&Questions::default()).await?;
        let facts = session.read(&answers);
        supported(&facts, host::is_root(&answers))?;
        session.remembered.iter().for_each(|known| session.host_cache.store(known));
        let service = project.backup_service(&facts)?;
        let barred = barred(&answers, project.spec.server_name());
        Ok(BackupOperation { session, service, at: facts.time.unwrap_or_default(), barred })
    }

    /// Returns the repository with this name, or the first one.
    ///
    /// # Errors
    ///
    /// The spec has no repository with this name (`backup/repository`).
    pub fn repository(&self, name: Option<&str>) -> Result<String, Problems> {
        let found = repository(&self.service.repositories, name, String::as_str);
        found.cloned().map_err(one)
    }

    /// Returns the names of all repositories.
    pub fn repositories(&self) -> &[String] {
        &self.service.repositories
    }

    /// Makes a backup, or checks the repositories, and waits. If the wait is interrupted, the work continues.
    ///
    /// # Errors
    ///
    /// The host is fenced, half rebuilt, or locked by another run, or does not report the result.
    pub async fn work(&mut self, work: BackupWork, wait: bool) -> Result<BackupOutcome, Problems> {
        if let Some(problem) = &self.barred {
            return Err(one(problem.clone()));
        }
        let (operation, action, unit) = match work {
            BackupWork::Save => ("backup now", "run", self.service.unit.clone()),
            BackupWork::Check => ("backup check", "check", self.service.check_unit.clone()),
        };
        let item = (action, Address::of_unit(&unit).to_string());
        let begun = self.begin(operation, item, wait).await?;
        let program = self.service.program.clone();
        let output = self.call(BACKUP_TIMEOUT, WAIT, &[&unit, &program]).await;
        let read =
            output.and_then(|output| BackupOutcome::read(&output, &self.service.repositories));
        self.session.end_operation(begun, read.map_err(one)).await
    }

    /// Returns the snapshots of all repositories, and what the last backup does not have, though it was meant to.
    ///
    /// # Errors
    ///
    /// The connection is lost, the host takes too long or fails to list the snapshots, or backups are not set up there
    /// yet (`backup/absent`).
    pub async fn list(&mut self) -> Result<(Vec<RepositoryListing>, Vec<String>), Problems> {
        let program = self.service.program.clone();
        let output = self.call(LIST_TIMEOUT, LIST, &[&program]).await.map_err(one)?;
        Ok((listed(&output, &self.service.repositories).map_err(one)?, missing(&output)))
    }

    /// Restores a file or directory from a snapshot to a new or empty directory on the host.
    ///
    /// # Errors
    ///
    /// `to` is in use or not a plain path (`backup/destination`), another run holds the lock (`apply/locked`), the
    /// snapshot has nothing at `path` (`backup/no-such-path`), or the restore fails and may be incomplete
    /// (`backup/restore`).
    pub async fn restore(
        &mut self,
        repository: &str,
        snapshot: &str,
        (path, to): (&str, &str),
        wait: bool,
    ) -> Result<RestoreResult, Problems> {
        destination(to, &self.service.live).map_err(one)?;
        let item = ("create", format!("directory:{to}"));
        let begun = self.begin("backup restore", item, wait).await?;
        let program = self.service.program.clone();
        let args = [program.as_str(), repository, snapshot, path, to];
        let output = self.call(BACKUP_TIMEOUT, RESTORE, &args).await;
        let restored = output.and_then(|output| restored(&output, path));
        self.session.end_operation(begun, restored.map_err(one)).await
    }

    /// Summarizes the cost so far.
    pub fn cost(&self) -> String {
        self.session.cost()
    }

    /// Ends the connection.
    pub async fn close(self) {
        self.session.close().await;
    }

    async fn begin(
        &mut self,
        operation: &str,
        item: (&'static str, String),
        wait: bool,
    ) -> Result<BegunOperation, Problems> {
        self.session.begin_operation(self.at, operation, std::iter::once(item), Some(wait)).await
    }

    async fn call(
        &mut self,
        limit: Duration,
        function: &'static str,
        args: &[&str],
    ) -> Result<String, Diagnostic> {
        let reporter = self.session.reporter;
        reporter.event(Event::Begun { host: self.session.project.host_name(), steps: 1 });
        let mut pending = String::new();
        let mut last = None;
        let lines = |bytes: &[u8]| {
            pending.push_str(&String::from_utf8_lossy(bytes));
            while let Some((line, rest)) = pending.split_once('\n') {
                let (shown, rest) = (progress(line), rest.to_owned());
                if let Some(shown) = shown.filter(|shown| last.as_ref() != Some(shown)) {
                    reporter.event(heard_as(&shown));
                    last = Some(shown);
                }
                pending = rest;
            }
        };
        self.session.call(limit, function, args, &CODES, lines).await
    }
}

/// A percentage belongs to the step in progress.
fn heard_as(line: &str) -> Event {
    match line.rsplit_once(", ") {
        Some((_, share)) if share.ends_with(" %") => Event::Line(share.to_owned()),
        _ => Event::Step { number: 1, label: line.to_owned() },
    }
}

/// Parses the host's report of a restore.
fn restored(output: &str, path: &str) -> Result<RestoreResult, Diagnostic> {
    if output.starts_with("absent\n") {
        return Err(absent());
    }
    let last = output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let counts = last.strip_prefix("restored ").and_then(|counts| counts.split_once(' '));
    let read = |(files, bytes): (&str, &str)| {
        Some(RestoreResult { files: files.parse().ok()?, bytes: bytes.parse().ok()? })
    };
    match counts.and_then(read) {
        Some(RestoreResult { files: 0, .. }) => {
            let message = format!("the snapshot has no file at {}", visible(path));
            Err(Diagnostic::error("backup/no-such-path", message)
                .help("write the absolute path that it had on the host"))
        }
        Some(restored) => Ok(restored),
        None => {
            let lines: Vec<&str> = output.lines().rev().take(5).collect();
            let problem = match last == REFUSED {
                true => Diagnostic::error("backup/restore", "nothing was restored"),
                // Whatever was restored is in the directory.
                false => {
                    Diagnostic::error("backup/restore", "the restore failed, and may be incomplete")
                        .exit(Exit::Partial)
                }
            };
            Err(lines.iter().rev().filter(|line| **line != REFUSED).fold(problem, |all, line| {
                all.note_line(visible(line).chars().take(300).collect::<String>())
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_that_broke_off_is_not_one_that_was_refused() {
        let failed = |output: &str| restored(output, "/srv").unwrap_err();
        let refused = failed("the directory is not empty\nrefused\n");
        assert_eq!((refused.message.as_str(), refused.exit), ("nothing was restored", Exit::Error));
        let cut =
            failed("restoring\nFatal: dial tcp 192.0.2.1:8000: connect: connection refused\n");
        assert_eq!(cut.exit, Exit::Partial);
    }
}
