//! The stages of a rebuild, in the only order that is safe to interrupt: the mark, packages, the cluster, the data, and
//! finally a regular apply, which starts Synapse.

use super::{ChosenSnapshot, RebuildOperation, RebuildResult};
use crate::apply::{Event, PlannedStep, Role, RunProgress, Stop, run, schedule};
use crate::diagnostic::Problems;
use crate::plan::Scope;
use crate::rebuild::{NOTES, RebuildMark, RebuildStage, check_sql, notes as left, raise_sql};
use crate::resource::Step;
use crate::run::identity::note;
use crate::run::{identity, one, partial, refuse};
use crate::secret::Content;
use std::time::Duration;

/// The limit for reading the notes of the stages.
const NOTES_TIMEOUT: Duration = Duration::from_secs(2 * 60);

/// The limit for a stage (seconds): the largest databases take hours.
const DAY: u64 = 24 * 60 * 60;

/// The stages that the host runs on its own.
const STAGES: [(RebuildStage, &str, &str); 4] = [
    (RebuildStage::Fetched, "rebuild_fetch", "fetching the dump from the backup"),
    (RebuildStage::Loaded, "rebuild_load", "restoring and comparing the database"),
    (RebuildStage::Kept, "rebuild_kept", "restoring keys, registrations and certificates"),
    (RebuildStage::Media, "rebuild_media", "restoring media"),
];

/// What to restore besides the database, a path a line.
pub(super) struct Lists {
    pub(super) kept: String,
    pub(super) media: String,
}

impl Lists {
    /// Returns a digest, to see whether the spec has changed since.
    pub(super) fn digest(&self) -> String {
        Content::plain(format!("{}\n{}", self.kept, self.media)).digest()
    }
}

impl RebuildOperation<'_> {
    pub(super) async fn restored(
        &mut self,
        chosen: &ChosenSnapshot,
    ) -> Result<RebuildResult, Problems> {
        let stage = chosen.stage.unwrap_or(RebuildStage::Held);
        // An earlier run has checked the log so far.
        let log_since = match stage {
            RebuildStage::Restored => self.snapshot.facts.time.unwrap_or_default(),
            _ => 0,
        };
        if stage < RebuildStage::Restored {
            self.hold(chosen, stage).await?;
            self.prepare().await?;
            self.role().await?;
            self.stages(stage).await?;
        } else {
            // The earlier run may have been interrupted right before this.
            let lift = self.lift();
            self.steps(vec![lift]).await?;
        }
        self.session.scope = Scope::default();
        let facts = self.session.facts().await?;
        let snapshot = self.session.snapshot_again(&facts).await?;
        let snapshot = self.session.generate(snapshot)?;
        let done = self.carry_out(snapshot).await.map_err(partial)?;
        let mut notes = self.afterwards(log_since).await.map_err(partial)?;
        let output = self.session.output_of(NOTES_TIMEOUT, NOTES, &[]).await.map_err(one);
        notes.extend(left(&output.map_err(partial)?));
        let end = Step::new("ending the rebuild", "rebuild_end", &[]).long_running();
        self.steps(vec![note(end)]).await?;
        Ok(RebuildResult { outcome: done.outcome, snapshot: done.snapshot, notes })
    }

    /// Records what is restored, and keeps all units that use it from starting.
    async fn hold(&mut self, chosen: &ChosenSnapshot, stage: RebuildStage) -> Result<(), Problems> {
        let service = &self.service;
        let mark = RebuildMark {
            snapshot: chosen.snapshot.clone(),
            repository: chosen.repository.clone(),
            replaces: chosen.replaces,
            stage,
            lists: self.lists().digest(),
            old: chosen.old,
        };
        let manifest = &chosen.found.manifest;
        let files = manifest.media.files.to_string();
        let text = mark.text(&[
            ("cluster", service.cluster.as_deref().unwrap_or_default()),
            ("database", &service.database),
            ("owner", &service.owner),
            ("user", &service.user),
            ("dump", &service.dump),
            ("files", &files),
        ]);
        let Lists { kept, media } = self.lists();
        let wanted = self.snapshot.wanted.iter();
        let written: Vec<String> = wanted.flat_map(|item| item.resource.provided_paths()).collect();
        let keep = |name: &'static str, text: String| {
            let label = format!("recording what is restored ({name})");
            note(Step::new(label, "rebuild_keep", &[name]).input(Content::plain(text)))
        };
        let units = [service.unit.as_str(), &self.backups.unit];
        let steps = vec![
            keep("manifest.json", chosen.found.text.clone()),
            keep("check.sql", check_sql(manifest)),
            keep("raise.sql", raise_sql(manifest)),
            keep("kept", kept),
            keep("media", media),
            keep("written", lines(written.iter().map(String::as_str))),
            keep("state", text),
            act(Step::new("keeping Synapse from starting", "rebuild_hold", &units)),
        ];
        self.steps(steps).await
    }

    /// Returns the files and directories to restore.
    pub(super) fn lists(&self) -> Lists {
        // Of matrixform's own records, only the history means anything for another host.
        let is_kept = |path: &&String| {
            !path.starts_with("/var/lib/matrixform/") || path.ends_with("/history.jsonl")
        };
        Lists {
            kept: lines(self.service.kept.iter().filter(is_kept).map(String::as_str)),
            media: lines(self.service.media.iter().map(String::as_str)),
        }
    }

    /// Installs packages and accounts, as an apply does first.
    async fn prepare(&mut self) -> Result<(), Problems> {
        self.session.scope = Scope::default();
        let facts = self.session.facts().await?;
        let snapshot = self.session.snapshot_again(&facts).await?;
        refuse(&snapshot.plan)?;
        let snapshot = self.session.generate(snapshot)?;
        let all = begun(schedule(&snapshot.plan, &snapshot.expansion.activations).prepare);
        let first = identity::begin(self.session.project, &snapshot).into_iter();
        let steps = first.chain(self.session.begin_ledger(&snapshot)).chain(all).collect();
        self.steps(steps).await
    }

    /// Creates the cluster and the role that owns the database, and admits the one that restores it, also on a host
    /// that an older version set up; the database itself comes from the dump.
    async fn role(&mut self) -> Result<(), Problems> {
        self.session.scope = Scope {
            only: vec!["postgres".to_owned()],
            skip: vec!["postgres_database:*".to_owned()],
        };
        let facts = self.session.facts().await?;
        let snapshot = self.session.snapshot_again(&facts).await?;
        let snapshot = self.session.generate(snapshot)?;
        self.carry_out(snapshot).await.map(drop).map_err(partial)
    }

    async fn stages(&mut self, from: RebuildStage) -> Result<(), Problems> {
        let stage = |(_, function, label): &(RebuildStage, &'static str, &'static str)| {
            let step = Step::new(*label, "rebuild_stage", &[*function]);
            act(step.ending_after(DAY))
        };
        let mut steps: Vec<PlannedStep> =
            STAGES.iter().filter(|(reached, ..)| *reached > from).map(stage).collect();
        let name = Step::new("giving the database its name", "rebuild_stage", &["rebuild_name"]);
        steps.push(act(name.long_running()));
        steps.push(self.lift());
        self.steps(steps).await
    }

    fn lift(&self) -> PlannedStep {
        let units = [self.service.unit.as_str(), &self.backups.unit];
        act(Step::new("letting Synapse start", "rebuild_lift", &units))
    }

    /// Runs steps, and reports what is done.
    pub(super) async fn steps(&mut self, steps: Vec<PlannedStep>) -> Result<(), Problems> {
        if steps.is_empty() {
            return Ok(());
        }
        let session = &mut self.session;
        let reporter = session.reporter;
        let mut report = |event: Event| reporter.event(event);
        report(Event::Begun { host: session.project.host_name(), steps: steps.len() });
        session.connection.round_trips().add("steps", steps.len() as u32);
        let stop: Stop = crate::run::interrupt::watch(self.leave);
        let mut progress = RunProgress::new(steps.len());
        run(&mut session.shell, &steps, &mut progress, &stop, &mut report)
            .await
            .map_err(one)
            .map_err(partial)?;
        report(Event::Finished);
        Ok(())
    }
}

/// Building Synapse does not depend on the data: it is begun, and the apply at the end waits for it.
fn begun(steps: Vec<PlannedStep>) -> Vec<PlannedStep> {
    let mut begun: Vec<PlannedStep> = Vec::new();
    for step in steps {
        match step.step.begins() {
            None => begun.push(step),
            Some(begin) if begun.iter().any(|one| one.step.call == begin.call) => {}
            Some(begin) => begun.push(PlannedStep { step: begin, ..step }),
        }
    }
    begun
}

fn act(step: Step) -> PlannedStep {
    PlannedStep::of_run(step, Role::Act)
}

fn lines<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.flat_map(|line| [line, "\n"]).collect()
}
