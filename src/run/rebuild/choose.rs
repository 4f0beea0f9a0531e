//! The snapshot for a rebuild: listed, examined, and compared with the host's wanted state.

use super::restore::Lists;
use super::{RebuildOperation, accept, admission};
use crate::backup::{LIST, RepositoryListing, SavedSnapshot, future_dated, listed, repository};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::Scope;
use crate::rebuild::{
    Admission, Found, OldServer, READ, RebuildRequest, RebuildStage, RebuildTarget, found, lacking,
};
use crate::restic::short_id;
use crate::run::{one, refuse};
use crate::time::{seconds_of_utc, utc};
use std::time::Duration;

/// The limit for reading from a repository.
const LIST_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// A suitable snapshot.
pub struct ChosenSnapshot {
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
    /// The stage from which an interrupted run goes on.
    pub stage: Option<RebuildStage>,
    /// What became of the old server.
    pub old: Option<OldServer>,
    /// An older snapshot with much more in it, if this one was not requested by its id.
    pub fuller: Option<SavedSnapshot>,
}

impl RebuildOperation<'_> {
    /// Enables the host to read backups: installs and configures what that needs, and nothing else. Takes the host's
    /// lock.
    ///
    /// # Errors
    ///
    /// Another run holds the host, or a step failed.
    pub async fn read_backups(
        &mut self,
        request: RebuildRequest<'_>,
        wait: bool,
    ) -> Result<(), Problems> {
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
        let snapshot = self.session.take_lock(&snapshot, wait).await?;
        let snapshot = self.session.generate(snapshot)?;
        self.carry_out(snapshot).await?;
        self.admit_again(request).await
    }

    /// Decides again, now that nobody else can change the host: another run may have rebuilt it while the user was
    /// asked, and what an earlier run left running may have progressed.
    async fn admit_again(&mut self, request: RebuildRequest<'_>) -> Result<(), Problems> {
        self.session.scope = Scope::default();
        let snapshot = self.session.snapshot_again(&self.snapshot.facts).await?;
        let now = admission(request, &self.service.server_name, &snapshot)?;
        let fits = match (&self.admission, &now) {
            (Admission::Resume(before), Admission::Resume(mark)) => {
                before.snapshot == mark.snapshot && before.repository == mark.repository
            }
            (before, now) => before == now,
        };
        if !fits {
            let message = "another run changed this host meanwhile";
            return Err(one(Diagnostic::error("rebuild/stale", message)
                .note_line("nothing was restored")
                .help("run the same command again to see what is there now")
                .exit(Exit::Stale)));
        }
        self.admission = now;
        Ok(())
    }

    /// Returns the requested snapshot, or the newest one. Changes nothing.
    ///
    /// # Errors
    ///
    /// There is none, it cannot be read, or it does not fit; each has its own error code.
    pub async fn choose(
        &mut self,
        request: RebuildRequest<'_>,
        old: Option<OldServer>,
    ) -> Result<ChosenSnapshot, Problems> {
        let now = self.session.facts().await?.time.unwrap_or_default();
        let mut fuller = None;
        let (repository, snapshot, made, replaces, stage, old) = match &self.admission {
            Admission::Resume(mark) => {
                let known = self.repository(Some(&mark.repository))?;
                let stage = mark.goes_on_from(&self.lists().digest());
                (known, mark.snapshot.clone(), None, mark.replaces, Some(stage), old.or(mark.old))
            }
            Admission::Begin { replaces } => {
                let (replaces, repository) = (*replaces, self.repository(request.repository)?);
                let listed = self.listed(&repository, request.snapshot).await?;
                let wanted =
                    WantedSnapshot { id: request.snapshot, seized: old == Some(OldServer::Seized) };
                let server_name = &self.service.server_name;
                let found = picked(listed.as_ref(), &repository, server_name, wanted, now);
                let found = found.map_err(one)?;
                if request.snapshot.is_none() {
                    let all = listed.as_ref().map_or(&[][..], |listed| &listed.snapshots);
                    fuller = much_fuller(all, found).cloned();
                }
                (repository, found.id.clone(), seconds_of_utc(&found.time), replaces, None, old)
            }
        };
        let service = self.service.clone();
        let Lists { kept, media } = self.lists();
        let args = [&repository, &snapshot, &service.manifest, &service.dump, &kept, &media];
        let args = args.map(String::as_str);
        let output = self.session.output_of(LIST_TIMEOUT, READ, &args).await.map_err(one)?;
        let found = found(&output).map_err(one)?;
        let mut problems = self.misfits(&found, now);
        problems.extend(made.and_then(|made| found.manifest.misdated(made)));
        if stage.is_none() {
            problems.extend(lacking(found.dump, &found.places));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let age = now.saturating_sub(found.manifest.time);
        Ok(ChosenSnapshot { repository, snapshot, found, age, replaces, stage, old, fuller })
    }

    fn misfits(&self, found: &Found, now: u64) -> Problems {
        let identity = self.snapshot.identity_check.identity.as_ref().map(ToString::to_string);
        let major = self.service.cluster.as_deref().and_then(|name| name.split('/').next());
        let target = RebuildTarget {
            installation: &self.session.project.spec.id.text,
            server_name: &self.service.server_name,
            identity: identity.as_deref(),
            postgres: major.and_then(|major| major.parse().ok()),
            synapse: self.service.version.as_deref(),
            now,
        };
        found.manifest.misfits(&target)
    }

    fn repository(&self, name: Option<&str>) -> Result<String, Problems> {
        let found = repository(&self.backups.repositories, name, String::as_str);
        found.cloned().map_err(one)
    }

    /// Returns the snapshots of a repository, or only the one whose id starts with this.
    async fn listed(
        &mut self,
        repository: &str,
        id: Option<&str>,
    ) -> Result<Option<RepositoryListing>, Problems> {
        let program = self.backups.program.clone();
        let args: Vec<&str> = std::iter::once(program.as_str()).chain(id).collect();
        let output = self.session.output_of(LIST_TIMEOUT, LIST, &args).await.map_err(one)?;
        let all = listed(&output, &self.backups.repositories).map_err(one)?;
        Ok(all.into_iter().find(|one| one.repository == repository))
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

/// Returns the newest of all snapshots that has twice as many accounts, events or media: this one may be of an empty server that
/// ran in place of the lost one.
fn much_fuller<'a>(all: &'a [SavedSnapshot], this: &SavedSnapshot) -> Option<&'a SavedSnapshot> {
    all.iter()
        .rfind(|one| ["users", "events", "media"].into_iter().any(|name| one.has_twice(name, this)))
}

/// Which snapshot.
#[derive(Clone, Copy)]
struct WantedSnapshot<'a> {
    /// The beginning of its id; the newest, if none is given.
    id: Option<&'a str>,
    /// Whether others have the old host, and with it the means to add snapshots.
    seized: bool,
}

/// How many snapshots are named to choose from.
const MAX_SHOWN: usize = 20;

fn picked<'a>(
    listed: Option<&'a RepositoryListing>,
    repository: &str,
    server_name: &str,
    wanted: WantedSnapshot<'_>,
    now: u64,
) -> Result<&'a SavedSnapshot, Diagnostic> {
    let all: &[SavedSnapshot] = listed.map_or(&[], |listed| &listed.snapshots);
    let problem = listed.and_then(|listed| listed.problem.as_ref());
    let in_words = |one: &SavedSnapshot| format!("{} of {}", short_id(&one.id), one.time);
    // What restic says of an unknown id is no reason why the repository cannot be read.
    let is_unread = |why: &&String| all.is_empty() && !why.contains("no matching ID found");
    if let Some(problem) =
        problem.filter(is_unread).and(listed).and_then(RepositoryListing::unlisted)
    {
        return Err(problem.note_line("nothing was restored"));
    }
    match wanted.id {
        Some(id) => all.iter().rfind(|one| one.id.starts_with(id)).ok_or_else(|| {
            let message = format!("{repository} has no snapshot {id} of {server_name}");
            problem
                .into_iter()
                .cloned()
                .fold(Diagnostic::error("rebuild/no-snapshot", message), Diagnostic::note_line)
                .help("`matrixform backup list` shows the newest")
        }),
        None if wanted.seized && !all.is_empty() => {
            let message =
                "whoever has the old host can add snapshots: name one from before the seizure";
            let shown = all.iter().rev().take(MAX_SHOWN).map(in_words);
            let problem = Diagnostic::error("rebuild/unnamed-snapshot", message)
                .note_line("nothing was restored; a forged snapshot could take over the new host");
            Err(shown
                .fold(problem, Diagnostic::note_line)
                .help("run this again with `--snapshot ID`"))
        }
        None => {
            if let Some(first) = future_dated(all, now).first() {
                let message = format!("the snapshot {} is from the future", in_words(first));
                return Err(Diagnostic::error("rebuild/future", message)
                    .note_line(format!("the host's clock says {}; nothing was restored", utc(now)))
                    .help("set the host's clock (`timedatectl`); if it is right, the clock of the lost host was wrong, or the snapshot is forged: choose one with `--snapshot`"));
            }
            all.last().ok_or_else(|| {
                let message = format!("{repository} has no backup of {server_name}");
                Diagnostic::error("rebuild/no-snapshot", message)
                    .help("check its `url` in the spec; another one: `--repository NAME`")
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_snapshot_of_an_empty_server_is_noticed() {
        let of = |id: &str, events| SavedSnapshot {
            id: id.repeat(32),
            time: "2026-11-27T05:40:12Z".to_owned(),
            counts: BTreeMap::from([("users".to_owned(), 2), ("events".to_owned(), events)]),
        };
        let all = [of("0a", 9), of("0b", 8), of("0c", 0)];
        assert_eq!(much_fuller(&all, &all[2]), Some(&all[1]));
        assert_eq!(much_fuller(&all, &all[1]), None);
        let unknown = SavedSnapshot { counts: BTreeMap::new(), ..all[2].clone() };
        assert_eq!(much_fuller(&all, &unknown), None);
        assert_eq!(much_fuller(&all[2..], &all[2]), None);
    }

    #[test]
    fn the_newest_snapshot_is_the_default() {
        let snapshot = |id: &str| SavedSnapshot {
            id: id.repeat(32),
            time: "2026-11-27T05:40:12Z".to_owned(),
            counts: BTreeMap::new(),
        };
        let of = |snapshots, problem: Option<&str>| RepositoryListing {
            repository: "main".to_owned(),
            snapshots,
            problem: problem.map(str::to_owned),
        };
        let now = seconds_of_utc("2026-11-27T06:00:00Z").unwrap();
        let picked = |listed: &RepositoryListing, id, seized| {
            let wanted = WantedSnapshot { id, seized };
            let found = picked(Some(listed), "main", "example.org", wanted, now);
            found.map(|one| one.id.clone()).map_err(|problem| problem.code)
        };
        let two = of(vec![snapshot("0a"), snapshot("b1")], Some("a warning"));
        assert_eq!(picked(&two, None, false).unwrap(), "b1".repeat(32));
        for seized in [false, true] {
            assert_eq!(picked(&two, Some("0a0a0a0a"), seized).unwrap(), "0a".repeat(32));
            assert_eq!(picked(&two, Some("0c0a0a0a"), seized).unwrap_err(), "rebuild/no-snapshot");
            assert_eq!(picked(&of(vec![], None), None, seized).unwrap_err(), "rebuild/no-snapshot");
            let broken = of(vec![], Some("wrong password"));
            assert_eq!(picked(&broken, None, seized).unwrap_err(), "backup/unlisted");
            assert_eq!(picked(&broken, Some("0a0a0a0a"), seized).unwrap_err(), "backup/unlisted");
            let unknown =
                of(vec![], Some("Ignoring \"0c\": no matching ID found for prefix \"0c\""));
            assert_eq!(picked(&unknown, Some("0c"), seized).unwrap_err(), "rebuild/no-snapshot");
        }
        assert_eq!(picked(&two, None, true).unwrap_err(), "rebuild/unnamed-snapshot");
        let forged = SavedSnapshot { time: "2099-01-01T00:00:00Z".to_owned(), ..snapshot("c2") };
        let forged = of(vec![snapshot("0a"), forged], None);
        assert_eq!(picked(&forged, None, false).unwrap_err(), "rebuild/future");
    }
}
