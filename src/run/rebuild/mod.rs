//! Rebuilds a lost homeserver on a host: first the tools for reading backups, then a snapshot is examined and compared,
//! then the work proceeds in stages that the host records. Docs: docs/rebuild.md, docs/decisions/rebuild.md.

mod afterwards;
mod choose;
mod fence;
mod parts;
mod restore;

pub use choose::ChosenSnapshot;
pub use fence::Fence;

use super::history::{OngoingRun, RecordedItem};
use super::{Leave, Outcome, Project, ReplacementPlan, Reporter, Session, Snapshot, one, refuse};
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::{BackupService, RebuildService};
use crate::plan::{fenced, has_database};
use crate::rebuild::{Admission, HostState, RebuildMark, RebuildRequest, admit};
use crate::restic::short_id;

/// A host to be rebuilt.
pub struct RebuildOperation<'a> {
    session: Session<'a>,
    backups: BackupService,
    service: RebuildService,
    /// The first observation, of the whole spec.
    snapshot: Snapshot,
    admission: Admission,
    leave: Leave,
}

/// The result of a rebuild.
pub struct RebuildResult {
    /// The changes made to the host.
    pub outcome: Outcome,
    /// The last observation.
    pub snapshot: Snapshot,
    /// Remaining notes.
    pub notes: Problems,
}

impl<'a> RebuildOperation<'a> {
    /// Connects, observes, and decides whether this host may be rebuilt. Changes nothing. `leave` is what a second
    /// interrupt does.
    ///
    /// # Errors
    ///
    /// The spec has no backups, or the host has another identity, or has a live database.
    pub async fn open(
        project: &'a Project,
        reporter: &'a dyn Reporter,
        request: RebuildRequest<'_>,
        wait: bool,
        leave: Leave,
    ) -> Result<RebuildOperation<'a>, Problems> {
        let (mut session, prefetch) = Session::open(project, reporter).await?;
        let snapshot = session.admitted(prefetch, wait).await?;
        let (backups, service) = services(project, &snapshot)?;
        let admission = admission(request, &service.server_name, &snapshot)?;
        refuse(&snapshot.plan)?;
        lost_secrets(project, &snapshot)?;
        Ok(RebuildOperation { session, backups, service, snapshot, admission, leave })
    }

    /// Returns how many resources of the spec do not exist yet.
    pub fn changes(&self) -> usize {
        self.snapshot.plan.items.len()
    }

    /// Whether this resumes an interrupted run, which already stated what became of the old server; it can be stated
    /// again.
    pub fn is_resumed(&self) -> bool {
        matches!(self.admission, Admission::Resume(_))
    }

    /// Returns the signing key by which other servers know this one.
    pub fn identity(&self) -> Option<String> {
        self.snapshot.identity_check.identity.as_ref().map(ToString::to_string)
    }

    /// Returns the URL that its users know.
    pub fn public_url(&self) -> Option<&str> {
        self.snapshot.expansion.accounts.as_ref().map(|service| service.public_url.as_str())
    }

    /// Returns the host's addresses, as it knows them.
    pub fn addresses(&self) -> &[String] {
        &self.snapshot.facts.addresses
    }

    /// Returns the homeserver's name.
    pub fn server_name(&self) -> &str {
        &self.service.server_name
    }

    /// Waits for another future while keeping hold of the host.
    pub async fn while_held<T>(&mut self, other: impl Future<Output = T>) -> T {
        self.session.shell.while_held(other).await
    }

    /// Summarizes the cost so far.
    pub fn cost(&self) -> String {
        self.session.cost()
    }

    /// Checks from this machine whether the host's services answer.
    pub async fn probe_from_outside(&mut self, snapshot: &Snapshot) {
        self.session.probe_from_outside(snapshot).await;
    }

    /// Whether the host is reached without jump hosts.
    pub fn is_direct(&self) -> bool {
        self.session.jump().is_none()
    }

    /// Ends the connection.
    pub async fn close(self) {
        self.session.close().await;
    }

    /// Rebuilds the host, and records that in its history; `old_server` is what became of the old server.
    ///
    /// # Errors
    ///
    /// A stage failed: running the same command again resumes it.
    pub async fn rebuild(
        &mut self,
        chosen: &ChosenSnapshot,
        old_server: &str,
    ) -> Result<RebuildResult, Problems> {
        let begun = self.session.begin_recorded(self.record(chosen, old_server)).await?;
        let result = self.restored(chosen).await.map_err(again);
        self.session.end_operation(begun, result).await
    }

    fn record(&self, chosen: &ChosenSnapshot, old_server: &str) -> OngoingRun {
        let id = short_id(&chosen.snapshot);
        let operation = format!("rebuild of {id} from {}{old_server}", chosen.repository);
        let item = |address: String| RecordedItem { address, action: "restore".to_owned() };
        let database = item(format!("postgres_database:{}", self.service.database));
        let media = self.service.media.iter().map(|place| item(format!("directory:{place}")));
        let items = std::iter::once(database).chain(media).collect();
        let at = self.snapshot.facts.time.unwrap_or_default();
        self.session.record_of(at, &operation, String::new(), items)
    }
}

/// This is not an apply: its advice is to run the same command again.
fn again(problems: Problems) -> Problems {
    let mut problems = problems;
    for help in problems.iter_mut().filter_map(|problem| problem.help.as_mut()) {
        *help = help.replace("run apply again", "run the same command again");
    }
    problems
}

/// Agreeing to the rebuild includes any plan that the spec leads to on the host.
async fn accept(_: &ReplacementPlan<'_>) -> Result<(), Problems> {
    Ok(())
}

/// Decides whether a host in this state may be rebuilt.
fn admission(
    request: RebuildRequest<'_>,
    server_name: &str,
    snapshot: &Snapshot,
) -> Result<Admission, Problems> {
    let installation = &snapshot.identity_check.installation;
    let mark = installation.rebuild.as_deref().map(RebuildMark::read);
    // An unreadable mark is only replaced by name, like a database.
    let mark = match mark.transpose() {
        Err(_) if request.replace.is_some() => None,
        mark => mark.map_err(one)?,
    };
    let fence = installation.fenced.as_deref();
    if let Some(text) = fence.filter(|_| request.replace.is_none()) {
        return Err(one(fenced(text, Some(server_name))));
    }
    let host = HostState {
        mark: mark.as_ref(),
        rebuilt: installation.rebuilt.as_deref(),
        is_fenced: fence.is_some(),
        database: has_database(&snapshot.wanted, &snapshot.answers),
    };
    admit(request, server_name, host).map_err(one)
}

fn services(
    project: &Project,
    snapshot: &Snapshot,
) -> Result<(BackupService, RebuildService), Problems> {
    let name = &project.spec.source.name;
    let refuse = |code: &'static str, message: String, help: &str| {
        Err(one(Diagnostic::error(code, message).help(help.to_owned())))
    };
    let Some(backups) = snapshot.expansion.backups.clone() else {
        return refuse(
            "backup/none",
            format!("{name} does not define backups"),
            "add `[backup]` with the repository that has them; `matrixform explain backup.repositories` lists the options",
        );
    };
    let Some(service) = backups.rebuild.clone() else {
        return refuse(
            "rebuild/no-server",
            format!("{name} does not define a homeserver"),
            "add `[synapse]` as the lost host had it",
        );
    };
    if service.cluster.is_none() {
        return refuse(
            "rebuild/elsewhere",
            format!("the database of {name} is on another host: it is not restored from here"),
            "restore it there if it is lost too, and raise its sequences (docs/rebuild.md); `matrixform apply` sets up this host",
        );
    }
    Ok((backups, service))
}

/// Refuses to generate secrets without which the restored data loses value.
fn lost_secrets(project: &Project, snapshot: &Snapshot) -> Result<(), Problems> {
    let pending = snapshot.wanted.iter().flat_map(|item| item.resource.pending_secrets());
    let mut names: Vec<String> = pending.collect();
    names.sort();
    names.dedup();
    let lost = names.iter().filter_map(|name| {
        let why = project.secrets.irreplaceable(name)?;
        let message = format!("`{name}` is missing here and is not generated: the server has data");
        Some(Diagnostic::error("secret/lost", message).note_line(why).help(
            "import the secrets from the recovery kit: `matrixform secrets import SPEC --from FILE`",
        ))
    });
    let lost: Problems = lost.collect();
    if lost.is_empty() { Ok(()) } else { Err(lost) }
}
