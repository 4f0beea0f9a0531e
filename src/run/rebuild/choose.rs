//! The snapshot for a rebuild: listed, examined, and compared with the host's wanted state.

use super::{RebuildDesk, accept};
use crate::backup::{LIST, Listed, SavedSnapshot, listed, repository};
use crate::diagnostic::{Diagnostic, Problems};
use crate::plan::Scope;
use crate::rebuild::{
    Admission, Asked, Found, Mark, READ, RebuildTarget, Stage, found, lacking, unknown_sequences,
};
use crate::run::{one, refuse};
use std::time::Duration;

/// The limit for reading from a repository.
const LOOK: Duration = Duration::from_secs(30 * 60);

/// A suitable snapshot.
pub struct Chosen {
    /// Its repository.
    pub repository: String,
    /// Its id.
    pub snapshot: String,
    /// The contents.
    pub found: Found,
    /// The age (seconds).
    pub age: u64,
    /// Whether it replaces an existing database.
    pub replaces: bool,
    /// The last stage of an interrupted run.
    pub stage: Option<Stage>,
}

impl RebuildDesk<'_> {
    /// Enables the host to read backups: installs and configures what that needs, and nothing else. Takes the host's
    /// lock.
    ///
    /// # Errors
    ///
    /// Another run holds the host, or a step failed.
    pub async fn read_backups(&mut self, wait: bool) -> Result<(), Problems> {
        let timer = |unit: &str| format!("service:{}", unit.replace(".service", ".timer"));
        // A host without data makes no backups.
        self.session.scope = Scope {
            only: vec!["backup".to_owned()],
            skip: vec![timer(&self.backups.unit), timer(&self.backups.check_unit)],
        };
        let snapshot = self.session.snapshot_again(&self.snapshot.facts).await?;
        refuse(&snapshot.plan)?;
        if !snapshot.plan.is_empty() {
            let message =
                "installing what reads backups: restic, and the access to the repositories";
            self.session.reporter.problems(&[Diagnostic::note("rebuild/reading", message)]);
        }
        let snapshot = self.session.hold(&snapshot, wait).await?;
        // Any work that an earlier run left running has ended by now, and may have progressed.
        if let Admission::Resume(mark) = &mut self.admission
            && let Some(text) = &snapshot.judged.installation.rebuild
        {
            *mark = Mark::read(text).map_err(one)?;
        }
        let snapshot = self.session.generate(snapshot)?;
        self.carry_out(snapshot).await.map(drop)
    }

    /// Returns the requested snapshot, or the newest one. Changes nothing.
    ///
    /// # Errors
    ///
    /// There is none, it cannot be read, or it does not fit; each has its own error code.
    pub async fn choose(&mut self, asked: Asked<'_>) -> Result<Chosen, Problems> {
        let (repository, snapshot, replaces, stage) = match &self.admission {
            Admission::Resume(mark) => {
                let known = self.repository(Some(&mark.repository))?;
                (known, mark.snapshot.clone(), mark.replaces, Some(mark.stage))
            }
            Admission::Begin { replaces } => {
                let (replaces, repository) = (*replaces, self.repository(asked.repository)?);
                let snapshot = self.listed(&repository, asked.snapshot).await?;
                (repository, snapshot, replaces, None)
            }
        };
        let service = self.service.clone();
        let media = service.media.first().map_or("/var/lib", String::as_str);
        let words = [repository.as_str(), &snapshot, &service.manifest, &service.dump, media];
        let said = self.session.said(LOOK, READ, &words).await.map_err(one)?;
        let found = found(&said).map_err(one)?;
        let now = self.session.facts().await?.time.unwrap_or_default();
        let mut problems = self.misfits(&found, now);
        if stage.is_none() {
            problems.extend(lacking(found.dump, found.total, &found.places));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let age = now.saturating_sub(found.manifest.time);
        Ok(Chosen { repository, snapshot, found, age, replaces, stage })
    }

    fn misfits(&self, found: &Found, now: u64) -> Problems {
        let identity = self.snapshot.judged.identity.as_ref().map(ToString::to_string);
        let major = self.service.cluster.as_deref().and_then(|name| name.split('/').next());
        let target = RebuildTarget {
            installation: &self.session.project.spec.id.text,
            server_name: &self.service.server_name,
            identity: identity.as_deref(),
            postgres: major.and_then(|major| major.parse().ok()),
            synapse: self.service.version.as_deref(),
            now,
        };
        let mut problems = found.manifest.misfits(&target);
        let unknown = unknown_sequences(&found.manifest);
        if !unknown.is_empty() {
            let message = format!(
                "the snapshot's database has sequences that this version of matrixform does not know: {}",
                unknown.join(", ")
            );
            problems.push(
                Diagnostic::error("rebuild/unknown-sequence", message)
                    .note_line(
                        "clients would lose messages in silence if one of them had to be raised",
                    )
                    .help("use a newer matrixform"),
            );
        }
        problems
    }

    fn repository(&self, name: Option<&str>) -> Result<String, Problems> {
        let found = repository(&self.backups.repositories, name, String::as_str);
        found.cloned().map_err(one)
    }

    /// Returns the id of the newest snapshot, or of the one whose id starts with this.
    async fn listed(&mut self, repository: &str, id: Option<&str>) -> Result<String, Problems> {
        let program = self.backups.program.clone();
        let said = self.session.said(LOOK, LIST, &[&program]).await.map_err(one)?;
        let all = listed(&said, &self.backups.repositories).map_err(one)?;
        let of = all.into_iter().find(|one| one.repository == repository);
        picked(of.as_ref(), repository, &self.service.server_name, id).map_err(one)
    }

    /// Carries out a plan as part of the rebuild.
    pub(super) async fn carry_out(
        &mut self,
        snapshot: crate::run::Snapshot,
    ) -> Result<crate::run::carry_out::CarriedOut, Problems> {
        refuse(&snapshot.plan)?;
        self.session.carry_out(snapshot, "rebuild", self.leave, &accept).await
    }
}

fn picked(
    listed: Option<&Listed>,
    repository: &str,
    server_name: &str,
    id: Option<&str>,
) -> Result<String, Diagnostic> {
    let all: &[SavedSnapshot] = listed.map_or(&[], |listed| &listed.snapshots);
    let problem = listed.and_then(|listed| listed.problem.as_ref());
    if let Some(why) = problem.filter(|_| all.is_empty()) {
        let message = format!("{repository}: the snapshots cannot be listed: {why}");
        return Err(Diagnostic::error("backup/unlisted", message)
            .help("nothing was restored; another one: `--repository NAME`"));
    }
    let matching = |one: &&SavedSnapshot| id.is_none_or(|id| one.id.starts_with(id));
    match (all.iter().rfind(matching), id) {
        (Some(found), _) => Ok(found.id.clone()),
        (None, Some(id)) => {
            let message = format!("{repository} has no snapshot {id} of {server_name}");
            Err(Diagnostic::error("rebuild/no-snapshot", message)
                .help("`matrixform backup list` shows all of them"))
        }
        (None, None) => {
            let message = format!("{repository} has no backup of {server_name}");
            Err(Diagnostic::error("rebuild/no-snapshot", message)
                .help("check its `url` in the spec; another one: `--repository NAME`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_newest_is_taken_unless_one_is_named() {
        let snapshot = |id: &str| SavedSnapshot {
            id: id.repeat(32),
            time: "2026-11-27T05:40:12Z".to_owned(),
            counts: BTreeMap::new(),
        };
        let of = |snapshots, problem: Option<&str>| Listed {
            repository: "main".to_owned(),
            snapshots,
            problem: problem.map(str::to_owned),
        };
        let picked = |listed: &Listed, id| picked(Some(listed), "main", "example.org", id);
        let two = of(vec![snapshot("0a"), snapshot("b1")], Some("a warning"));
        assert_eq!(picked(&two, None).unwrap(), "b1".repeat(32));
        assert_eq!(picked(&two, Some("0a0a0a0a")).unwrap(), "0a".repeat(32));
        assert_eq!(picked(&two, Some("0c0a0a0a")).unwrap_err().code, "rebuild/no-snapshot");
        assert_eq!(picked(&of(vec![], None), None).unwrap_err().code, "rebuild/no-snapshot");
        let broken = of(vec![], Some("wrong password"));
        assert_eq!(picked(&broken, None).unwrap_err().code, "backup/unlisted");
    }
}
