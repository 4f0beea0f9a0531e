//! The old host of a rebuild: checked before anything changes, and fenced over SSH before anything is restored.

use super::{RebuildOperation, again};
use crate::apply::{Event, PlannedStep, Role, RunProgress, Stop, run};
use crate::diagnostic::{Diagnostic, Problems};
use crate::host;
use crate::plan::{identity_at, identity_file};
use crate::rebuild::{FENCE, FENCE_CHECK, FencePlace, HostMarks, check_fence, may_fence};
use crate::remote::{OR_KNOWN_HOSTS, Target};
use crate::resource::{HOST_IDENTITY, Questions, Step};
use crate::run::snapshot::supported;
use crate::run::{HostCache, Project, Reporter, Session, one, partial};
use crate::secret::Content;
use crate::time::utc;
use std::time::Duration;

/// The limit for a fence's checks: one of them tries to start the server.
const CHECKS: Duration = Duration::from_secs(3 * 60);

/// The old host, to be fenced.
pub struct Fence<'a> {
    project: &'a Project,
    reporter: &'a dyn Reporter,
    target: Target,
    /// The host key that this machine saw there at the last apply.
    remembered_key: Option<String>,
    identity: String,
    key_file: String,
    /// The homeserver's unit, then those of the backups.
    units: Vec<String>,
    port: u16,
    new: HostMarks,
}

impl<'a> RebuildOperation<'a> {
    /// Prepares to fence the old host at this address.
    ///
    /// # Errors
    ///
    /// The key that identifies the server is not known.
    pub fn fence(&self, place: &FencePlace) -> Result<Fence<'a>, Problems> {
        let project = self.session.project;
        let file = identity_file(&self.snapshot.wanted);
        let (Some(identity), Some(file)) = (self.identity(), file) else {
            let message = "the old server is not fenced: its key is not known here";
            return Err(one(Diagnostic::error("rebuild/fence-unknown", message)
                .help("import the secrets from the recovery kit: `matrixform secrets import SPEC --from FILE`")));
        };
        let mut target = Target { host_key: None, ..project.target.clone() };
        target.address.clone_from(&place.address);
        target.user = place.user.clone().or(target.user);
        target.port = place.port.or(target.port);
        let applied = project.host_cache().applied();
        let remembered = applied.filter(|one| one.is_at(&target.address, target.port));
        let backups = &self.backups;
        let units = [&self.service.unit, &backups.unit, &backups.check_unit];
        Ok(Fence {
            project,
            reporter: self.session.reporter,
            target,
            remembered_key: remembered.and_then(|one| one.host_key),
            identity,
            key_file: file.to_owned(),
            units: units.into_iter().cloned().collect(),
            port: self.service.port,
            new: HostMarks {
                machine: self.snapshot.shown.bound.machine.clone(),
                host_key: self.session.connection.host_key().fingerprint.clone(),
            },
        })
    }
}

impl<'a> Fence<'a> {
    /// Returns its address.
    pub fn address(&self) -> &str {
        &self.target.address
    }

    /// Connects, and checks whether it may be fenced. Changes nothing.
    ///
    /// # Errors
    ///
    /// It cannot be reached, or belongs to another server, or is the very host that is being rebuilt.
    pub async fn look(&self) -> Result<(), Problems> {
        let (session, _) = self.open().await?;
        session.close().await;
        Ok(())
    }

    /// Stops the server permanently, and verifies that on the host; its data stays.
    ///
    /// # Errors
    ///
    /// As for `look`; or another run holds the host, or the server could still run there.
    pub async fn set(&self, wait: bool) -> Result<(), Problems> {
        let (mut session, at) = self.open().await?;
        let done = self.set_on(&mut session, at, wait).await;
        session.close().await;
        done.map_err(again)
    }

    /// Connects and checks; also returns the host's time.
    async fn open(&self) -> Result<(Session<'a>, u64), Problems> {
        let mut opened = self.connected(&self.target).await;
        // known_hosts takes precedence if it lists the host.
        let is_unknown = |problems: &Problems| {
            problems.iter().any(|problem| problem.code == "remote/host-key-unknown")
        };
        if opened.as_ref().is_err_and(is_unknown) && self.remembered_key.is_some() {
            let host_key = self.remembered_key.clone();
            opened = self.connected(&Target { host_key, ..self.target.clone() }).await;
        }
        let mut session = opened.map_err(|problems| unreached(self.address(), problems))?;
        let mut questions = Questions::default();
        questions.ask(HOST_IDENTITY, &[&self.key_file]);
        let answers = session.ask(&questions).await?;
        let facts = session.read(&answers);
        supported(&facts, host::is_root(&answers))
            .map_err(|problems| unreached(self.address(), problems))?;
        let old = HostMarks {
            machine: host::machine(&answers),
            host_key: session.connection.host_key().fingerprint.clone(),
        };
        let found = identity_at(&self.key_file, &answers)
            .unwrap_or_else(|| Err("the host does not say".to_owned()))
            .map(|identity| identity.to_string());
        let found = found.as_ref().map(String::as_str).map_err(String::as_str);
        may_fence(self.address(), (&old, &self.new), &self.identity, found).map_err(one)?;
        Ok((session, facts.time.unwrap_or_default()))
    }

    async fn connected(&self, target: &Target) -> Result<Session<'a>, Problems> {
        let (project, reporter) = (self.project, self.reporter);
        let to = (target, HostCache::none());
        Session::open_to(project, reporter, to, |_| ()).await.map(|(session, ())| session)
    }

    async fn set_on(&self, session: &mut Session<'_>, at: u64, wait: bool) -> Result<(), Problems> {
        let items = self.units.iter().map(|unit| ("stop", format!("service:{unit}")));
        let operation = format!("fence, for the rebuild on {}", self.project.host_name());
        let begun = session.begin_operation(at, &operation, items, Some(wait)).await?;
        let done = self.stop(session, at).await.map_err(partial);
        session.end_operation(begun, done).await
    }

    async fn stop(&self, session: &mut Session<'_>, at: u64) -> Result<(), Problems> {
        let mark = format!(
            "format=1\ntime={}\nby={}\non={}\n",
            utc(at),
            self.project.who(),
            self.project.host_name()
        );
        let units: Vec<&str> = self.units.iter().map(String::as_str).collect();
        let step = Step::new("stopping the old server for good", FENCE, &units);
        let step = step.input(Content::plain(mark)).long_running();
        let reporter = self.reporter;
        let mut report = |event: Event| reporter.event(event);
        report(Event::Begun { host: self.address().to_owned(), steps: 1 });
        let (mut progress, stop) = (RunProgress::new(1), Stop::default());
        let steps = [PlannedStep::of_run(step, Role::Act)];
        run(&mut session.shell, &steps, &mut progress, &stop, &mut report).await.map_err(one)?;
        let args = [self.units.first().map_or("", String::as_str), &self.port.to_string()];
        let output = session.output_of(CHECKS, FENCE_CHECK, &args).await.map_err(one)?;
        report(Event::Finished);
        check_fence(self.address(), &output).map_err(one)
    }
}

/// Explains an old host that cannot be used.
fn unreached(at: &str, problems: Problems) -> Problems {
    let of = |problem: Diagnostic| {
        let help = match problem.help.as_deref().and_then(|help| help.split_once(OR_KNOWN_HOSTS)) {
            // `[host]` of the spec pins the new host.
            Some((_, line)) => {
                format!("if the fingerprints match, add to ~/.ssh/known_hosts:\n  {line}")
            }
            None => "`--fence [USER@]ADDRESS` says where the old host is; if you have powered it off at the provider and it cannot start again: `--old-server stopped`; if others have it: `seized`; if it is deleted: `destroyed`".to_owned(),
        };
        let message = format!("the old server at {at} cannot be fenced: {}", problem.message);
        let made = Diagnostic::error("rebuild/unfenced", message);
        let notes = problem.notes.iter().map(String::as_str);
        notes.chain(["nothing was changed"]).fold(made, Diagnostic::note_line).help(help)
    };
    problems.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreachable_old_host_is_not_considered_fenced() {
        let silent = Diagnostic::error("remote/unreachable", "no answer").help("check the address");
        let problems = unreached("192.0.2.1", vec![silent]);
        let help = problems[0].help.as_deref().unwrap();
        for word in ["stopped", "seized", "destroyed", "--fence"] {
            assert!(help.contains(word), "{help}");
        }
        let help =
            format!("add to [host]: host_key = \"x\"\n{OR_KNOWN_HOSTS}192.0.2.1 ssh-ed25519 A");
        let unknown = Diagnostic::error("remote/host-key-unknown", "unknown").help(help);
        let problems = unreached("192.0.2.1", vec![unknown]);
        let help = problems[0].help.as_deref().unwrap();
        assert!(help.ends_with("known_hosts:\n  192.0.2.1 ssh-ed25519 A"), "{help}");
        assert!(!help.contains("host_key ="), "that pins the new host: {help}");
    }
}
