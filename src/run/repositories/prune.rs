//! Removes old snapshots, with credentials that the host does not have. The snapshots to remove are determined and
//! shown first; nothing else is removed.

use super::known::KnownSnapshots;
use super::{RepositoryOperation, one};
use crate::apply::Event;
use crate::backup::{Pruning, deleting, is_of_server, pruning};
use crate::diagnostic::{Diagnostic, Exit, Problems, counted};
use crate::module::RepositoryAccess;
use crate::restic::{ResticAccess, short_id};
use crate::time::now;

/// The planned pruning of one repository.
pub struct PlannedPruning {
    /// Its name in the spec.
    pub repository: String,
    /// Its URL, without credentials.
    pub url: String,
    /// The snapshots to keep and to remove.
    pub pruning: Pruning,
    /// The age of the newest snapshot (seconds).
    pub age: u64,
    access: ResticAccess,
}

/// Snapshots are removed in batches of this size: the length of a command line is limited.
const AT_ONCE: usize = 500;

impl RepositoryOperation<'_> {
    /// Examines a repository and plans the pruning. Changes nothing.
    ///
    /// # Errors
    ///
    /// A snapshot with a false date, a newest snapshot that is not a backup of this server, damage, or an error from
    /// restic.
    pub async fn plan_pruning(
        &self,
        repository: &RepositoryAccess,
    ) -> Result<PlannedPruning, Problems> {
        self.try_plan_pruning(repository).await.map_err(one)
    }

    async fn try_plan_pruning(
        &self,
        repository: &RepositoryAccess,
    ) -> Result<PlannedPruning, Diagnostic> {
        let access = deleting(repository, &self.project.secrets)?;
        self.opened(&access).await?;
        let snapshots = self.snapshots(&access).await?;
        let now = now();
        let pruning = pruning(&snapshots, self.service.retention, now)
            .map_err(|problem| problem.note_line(format!("in {}", access.url)))?;
        self.known(&repository.name).compare(&snapshots)?;
        let newest = pruning.kept.last().map(|(newest, _)| newest);
        let newest = newest.ok_or_else(|| Diagnostic::bug("a pruning that keeps nothing"))?;
        self.check_newest(&access, &newest.id).await?;
        let made = crate::time::seconds_of_utc(&newest.time).unwrap_or_default();
        Ok(PlannedPruning {
            repository: repository.name.clone(),
            url: access.url.clone(),
            age: now.saturating_sub(made),
            pruning,
            access,
        })
    }

    /// Checks that the newest snapshot is usable; older ones may be all there is.
    async fn check_newest(&self, access: &ResticAccess, id: &str) -> Result<(), Diagnostic> {
        let read = self.restic.at(access, &["dump", "--no-lock", id, &self.service.manifest]).await;
        let manifest = match read {
            Ok(manifest) => manifest,
            Err(why) if why.says(&["not found in snapshot"]) => Vec::new(),
            Err(why) => {
                let why = why.diagnostic(access, "reading the newest snapshot");
                return Err(why.note_line("nothing was removed"));
            }
        };
        is_of_server(&manifest, &self.service.server_name).map_err(|why| {
            let id = short_id(id);
            let message = format!("nothing was removed: the newest snapshot, {id}, is not a backup: {why}");
            Diagnostic::error("backup/not-good", message)
                .help("look at it with `matrixform backup list`; find out who made it before older ones are removed")
        })
    }

    /// Removes the snapshots that were shown, and data that is no longer used. No record is written in advance: the
    /// next run completes an interrupted one.
    ///
    /// # Errors
    ///
    /// An error from restic; before the first snapshot was removed, or after.
    pub async fn prune(&self, planned: &PlannedPruning) -> Result<(), Problems> {
        self.prune_it(planned).await.map_err(one)
    }

    async fn prune_it(&self, planned: &PlannedPruning) -> Result<(), Diagnostic> {
        let (access, host) = (&planned.access, self.service.server_name.clone());
        self.reporter.event(Event::Begun { host, steps: 3 });
        let name = &planned.repository;
        let mut report_progress = self.report_progress();
        // Removes locks of killed runs, but none that is in use.
        let unlocked = self.restic.at(access, &["unlock"]).await;
        unlocked.map_err(|why| why.diagnostic(access, "removing old locks"))?;
        self.step(1, format!("checking {name}"));
        let checked = self.restic.work(access, &["check"], &mut report_progress).await;
        checked
            .map_err(|why| why.diagnostic(access, "the check").note_line("nothing was removed"))?;
        self.step(2, format!("removing snapshots from {name}"));
        let ids: Vec<&str> = planned.pruning.removed.iter().map(|one| one.id.as_str()).collect();
        for (number, some) in ids.chunks(AT_ONCE).enumerate() {
            let args = [&["forget"], some].concat();
            let forgotten = self.restic.at(access, &args).await;
            forgotten.map_err(|why| match number {
                0 => why.diagnostic(access, "removing snapshots"),
                _ => why.partial(access, "removing snapshots"),
            })?;
        }
        self.still_there(planned).await?;
        self.step(3, format!("removing unused data from {name}"));
        let pruned = self.restic.work(access, &["prune"], &mut report_progress).await;
        pruned.map_err(|why| why.partial(access, "removing unused data"))?;
        self.known(name).store(&planned.pruning.kept, now());
        Ok(())
    }

    /// Checks before any data is removed that the removed snapshots are gone and the kept ones exist. Some servers
    /// report success and do nothing.
    async fn still_there(&self, planned: &PlannedPruning) -> Result<(), Diagnostic> {
        let left = self.snapshots(&planned.access).await?;
        let is_left = |id: &str| left.iter().any(|one| one.id == id);
        if let Some((lost, _)) = planned.pruning.kept.iter().find(|(one, _)| !is_left(&one.id)) {
            let message =
                format!("{}: snapshot {} should have been kept, but is gone", planned.url, lost.id);
            return Err(Diagnostic::error("backup/lost", message)
                .help(
                    "its data is still there: nothing was pruned; something else is removing snapshots",
                )
                .exit(Exit::Partial));
        }
        let stays = planned.pruning.removed.iter().filter(|one| is_left(&one.id)).count();
        if stays > 0 {
            let message = format!("{}: {} not removed", planned.url, counted(stays, "snapshot"));
            return Err(Diagnostic::error("restic/forbidden", message)
                .help("the server may be append-only: give `prune` credentials that may delete, or the URL of a server that allows it; `matrixform explain backup.repositories.prune` lists the options"));
        }
        Ok(())
    }

    fn known(&self, repository: &str) -> KnownSnapshots {
        let id = &self.project.spec.id.text;
        KnownSnapshots::of(self.project.cache.as_deref(), id, repository)
    }
}
