//! A lost homeserver is brought back on a host: what reads backups comes first, a snapshot is looked at and compared, and then
//! the work goes stage by stage, each of which the host writes down. Docs: docs/rebuild.md, docs/decisions/rebuild.md.

mod afterwards;
mod choose;
mod fence;
mod parts;
mod restore;

pub use choose::Chosen;
pub use fence::Fence;

use super::history::{Done, Recorded};
use super::{Leave, Otherwise, Outcome, Project, Reporter, Session, Snapshot, one, refuse};
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::{BackupService, RebuildService};
use crate::plan::{fenced, has_database};
use crate::rebuild::{Admission, Asked, HostState, Mark, admit};
use crate::restic::short_id;

/// A host that is to be rebuilt.
pub struct RebuildDesk<'a> {
    session: Session<'a>,
    backups: BackupService,
    service: RebuildService,
    /// The first look, at all of the spec.
    snapshot: Snapshot,
    admission: Admission,
    leave: Leave,
}

/// What came of it.
pub struct Rebuilt {
    /// What was done on the host.
    pub outcome: Outcome,
    /// The last look.
    pub snapshot: Snapshot,
    /// What is left to know.
    pub notes: Problems,
}

impl<'a> RebuildDesk<'a> {
    /// Connects, looks, and decides whether this host may be rebuilt. Nothing is changed. `leave` is what a second interrupt
    /// does.
    ///
    /// # Errors
    ///
    /// The spec has no backups, or the host is another one, or has a live database.
    pub async fn open(
        project: &'a Project,
        reporter: &'a dyn Reporter,
        asked: Asked<'_>,
        wait: bool,
        leave: Leave,
    ) -> Result<RebuildDesk<'a>, Problems> {
        let (mut session, prefetch) = Session::open(project, reporter).await?;
        let snapshot = session.snapshot(prefetch).await?;
        let snapshot = session.admit(snapshot, wait).await?;
        let (backups, service) = services(project, &snapshot)?;
        let mark = snapshot.judged.installation.rebuild.as_deref().map(Mark::read);
        // One that cannot be read is replaced by name alone, as a database is.
        let mark = match mark.transpose() {
            Err(_) if asked.replace.is_some() => None,
            mark => mark.map_err(one)?,
        };
        let fence = snapshot.judged.installation.fenced.as_deref();
        if let Some(text) = fence.filter(|_| asked.replace.is_none()) {
            return Err(one(fenced(text, Some(&service.server_name))));
        }
        let host = HostState {
            mark: mark.as_ref(),
            rebuilt: snapshot.judged.installation.rebuilt.as_deref(),
            is_fenced: fence.is_some(),
            database: has_database(&snapshot.wanted, &snapshot.answers),
        };
        let admission = admit(asked, &service.server_name, host).map_err(one)?;
        refuse(&snapshot.plan)?;
        lost_secrets(project, &snapshot)?;
        Ok(RebuildDesk { session, backups, service, snapshot, admission, leave })
    }

    /// How many resources of the spec are not there yet.
    pub fn changes(&self) -> usize {
        self.snapshot.plan.items.len()
    }

    /// Whether an interrupted run goes on: what became of the old server was said then, and can be said once more.
    pub fn is_resumed(&self) -> bool {
        matches!(self.admission, Admission::Resume(_))
    }

    /// The key by which other servers know this one.
    pub fn identity(&self) -> Option<String> {
        self.snapshot.judged.identity.as_ref().map(ToString::to_string)
    }

    /// The URL that its users know.
    pub fn public_url(&self) -> Option<&str> {
        self.snapshot.expansion.accounts.as_ref().map(|service| service.public_url.as_str())
    }

    /// The host's addresses, as it knows them.
    pub fn addresses(&self) -> &[String] {
        &self.snapshot.facts.addresses
    }

    /// The homeserver.
    pub fn server_name(&self) -> &str {
        &self.service.server_name
    }

    /// Waits for something else; the host goes on being held.
    pub async fn while_held<T>(&mut self, other: impl Future<Output = T>) -> T {
        self.session.shell.while_held(other).await
    }

    /// What it took so far.
    pub fn cost(&self) -> String {
        self.session.cost()
    }

    /// Looks at what the host offers, from this machine.
    pub async fn probe_from_outside(&mut self, snapshot: &Snapshot) {
        self.session.probe_from_outside(snapshot).await;
    }

    /// Ends the connection.
    pub async fn close(self) {
        self.session.close().await;
    }

    /// Does it, and writes into the host's history that it did; `said` is what became of the old server.
    ///
    /// # Errors
    ///
    /// A stage failed: the same command goes on there.
    pub async fn rebuild(&mut self, chosen: &Chosen, said: &str) -> Result<Rebuilt, Problems> {
        let begun = self.session.begin_recorded(self.record(chosen, said)).await?;
        let result = self.restored(chosen).await.map_err(again);
        self.session.end_operation(begun, result).await
    }

    fn record(&self, chosen: &Chosen, said: &str) -> Recorded {
        let id = short_id(&chosen.snapshot);
        let operation = format!("rebuild of {id} from {}{said}", chosen.repository);
        let item = |address: String| Done { address, action: "restore".to_owned() };
        let database = item(format!("postgres_database:{}", self.service.database));
        let media = self.service.media.iter().map(|place| item(format!("directory:{place}")));
        let items = std::iter::once(database).chain(media).collect();
        let at = self.snapshot.facts.time.unwrap_or_default();
        self.session.record_of(at, &operation, String::new(), items)
    }
}

/// What is carried out is no apply: the same command goes on.
fn again(problems: Problems) -> Problems {
    let mut problems = problems;
    for help in problems.iter_mut().filter_map(|problem| problem.help.as_mut()) {
        *help = help.replace("run apply again", "run the same command again");
    }
    problems
}

/// Whoever agreed to the rebuild agreed to what the spec comes to on the host.
async fn accept(_: &Otherwise<'_>) -> Result<(), Problems> {
    Ok(())
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
            "add `[backup]` with the repository that has them; docs/backup.md has an example",
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
            "restore it there if it is lost too, and raise its sequences (docs/rebuild.md); `matrixform apply` makes this host",
        );
    }
    Ok((backups, service))
}

/// Secrets without which the restored data are worth less: none of them is generated again.
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
