//! Operations on the repositories from this machine, with its own restic. They do not contact the host, which may be
//! lost.

mod known;
mod prune;
mod pull;

pub use prune::PlannedPruning;

use super::{Project, Reporter, one};
use crate::apply::Event;
use crate::backup::{SavedSnapshot, repository, snapshots};
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::{BackupStorage, RepositoryAccess, expand, golden};
use crate::restic::{Restic, ResticAccess};
use crate::secret::StandIns;
use std::collections::BTreeSet;

/// The assumed release of a host without remembered facts: it does not affect the repositories.
const RELEASE: &str = "debian-13";

/// The repositories, as this machine reaches them.
pub struct RepositoryOperation<'a> {
    project: &'a Project,
    reporter: &'a dyn Reporter,
    restic: Restic,
    service: BackupStorage,
}

impl Project {
    fn backup_storage(&self) -> Result<BackupStorage, Problems> {
        let remembered = self.host_cache().load().map(|known| known.facts);
        let facts = remembered.or_else(|| golden::facts(RELEASE)).unwrap_or_default();
        let names = StandIns { in_use: None };
        let expansion = expand(&self.spec, &self.modules, &facts, &names)?;
        let service = expansion.backups.ok_or_else(|| one(self.no_backups()))?;
        Ok(service.storage)
    }

    /// Returns the names of secrets that only this machine uses: those for removing snapshots.
    pub fn local_secrets(&self) -> BTreeSet<String> {
        let service = self.backup_storage();
        let repositories = service.iter().flat_map(|service| &service.repositories);
        let names = repositories.filter_map(|one| one.prune.as_ref()).flat_map(|prune| {
            let environment = prune.environment.iter().flat_map(|all| all.values());
            prune.user_password.iter().chain(environment).cloned()
        });
        names.collect()
    }
}

impl<'a> RepositoryOperation<'a> {
    /// Determines how the repositories are reached, and finds restic.
    ///
    /// # Errors
    ///
    /// The spec does not expand or defines no backups (`backup/none`), or restic is missing, does not run, or is too
    /// old.
    pub async fn open(
        project: &'a Project,
        reporter: &'a dyn Reporter,
    ) -> Result<RepositoryOperation<'a>, Problems> {
        let service = project.backup_storage()?;
        let restic = Restic::find(&project.environment.variables).await.map_err(one)?;
        Ok(RepositoryOperation { project, reporter, restic, service })
    }

    /// Returns the version of restic.
    pub fn restic_version(&self) -> &str {
        &self.restic.version
    }

    /// Returns the repository with this name, or the first one.
    ///
    /// # Errors
    ///
    /// The spec has no repository with this name (`backup/repository`).
    pub fn repository(&self, name: Option<&str>) -> Result<RepositoryAccess, Problems> {
        let found = repository(&self.service.repositories, name, |one| one.name.as_str());
        found.cloned().map_err(one)
    }

    /// Returns all repositories that the spec has credentials to delete from.
    pub fn prunable(&self) -> Vec<RepositoryAccess> {
        self.service.repositories.iter().filter(|one| one.has_prune()).cloned().collect()
    }

    /// Returns the backups of this server, oldest first. Other snapshots in the repository are ignored.
    async fn snapshots(&self, at: &ResticAccess) -> Result<Vec<SavedSnapshot>, Diagnostic> {
        let host = self.service.server_name.as_str();
        let args = ["snapshots", "--json", "--no-lock", "--host", host, "--tag", "matrixform"];
        let printed = self.restic.at(at, &args).await;
        let printed = printed.map_err(|why| why.diagnostic(at, "listing the snapshots"))?;
        let list = String::from_utf8_lossy(&printed);
        // Some versions print an empty list as `null`.
        match list.trim() {
            "null" | "" => Ok(Vec::new()),
            list => snapshots(list).ok_or_else(|| {
                let message = format!("{}: restic's list of snapshots cannot be read", at.url);
                Diagnostic::error("backup/unreadable", message)
            }),
        }
    }

    /// Fails if the repository does not exist, before any other command.
    async fn opened(&self, at: &ResticAccess) -> Result<(), Diagnostic> {
        match self.restic.exists(at).await? {
            true => Ok(()),
            false => Err(Diagnostic::error(
                "restic/absent",
                format!("there is no repository at {}", at.url),
            )
            .help("check the URL; the host's first backup makes the repository")),
        }
    }

    /// Returns a callback that reports restic's progress.
    fn report_progress(&self) -> impl FnMut(&str) {
        |line| {
            if let Some(percentage) = percentage(line) {
                self.reporter.event(Event::Line(percentage));
            }
        }
    }

    fn step(&self, number: usize, label: String) {
        self.reporter.event(Event::Step { number, label });
    }
}

/// Extracts the percentage from a line of restic's progress: `[0:02] 45.00%  9 / 20 packs`.
fn percentage(line: &str) -> Option<String> {
    let (_, rest) = line.strip_prefix('[')?.split_once(']')?;
    let percentage = rest.split_whitespace().next()?.strip_suffix('%')?;
    let percentage: f64 = percentage.parse().ok()?;
    Some(format!("{percentage:.0} %"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn progress_is_a_share() {
        assert_eq!(super::percentage("[0:02] 45.00%  9 / 20 packs").as_deref(), Some("45 %"));
        for other in ["", "[0:02]", "loading indexes...", "[0:02] x%"] {
            assert_eq!(super::percentage(other), None, "{other}");
        }
    }
}
