//! Carries out a snapshot's plan in its three parts, then observes the host once more.

use super::history::OngoingRun;
use super::login::log_in;
use super::outcome::DoneSoFar;
use super::replacement_plan::too_often;
use super::{
    Leave, Outcome, ReplacementPlan, Session, Snapshot, identity, interrupt, one, partial,
};
use crate::apply::{
    Event, PlannedStep, Restarted, Role, RunProgress, Runs, Stop, Stopwatch, run, schedule, switch,
};
use crate::diagnostic::Problems;
use crate::plan::ledger::restarted;
use crate::plan::{secret_names, unlisted};
use crate::resource::Step;

/// How many plans may follow one another: installed packages may affect what else is needed.
const PLANS: usize = 3;

/// A host that has reached its wanted state.
pub struct CarriedOut {
    /// The observation whose plan was carried out to the end.
    pub snapshot: Snapshot,
    /// What was done.
    pub outcome: Outcome,
}

/// The result of one plan.
enum Converged {
    /// The host is as wanted; with the downtime of restarts.
    AsWanted(Vec<Restarted>),
    /// An installation had unexpected results: another plan takes over, possibly only because of versions.
    ReplacementPlan(Box<Snapshot>, bool),
}

impl Session<'_> {
    /// Brings the host to its wanted state, and has it record its server's identity. `leave` is what a second interrupt
    /// does; `accept` decides whether to continue with another plan if packages turned out differently.
    ///
    /// # Errors
    ///
    /// A step failed, or another plan was not accepted: changes already made stay.
    pub async fn carry_out(
        &mut self,
        mut snapshot: Snapshot,
        operation: &str,
        leave: Leave,
        accept: &impl AsyncFn(&ReplacementPlan<'_>) -> Result<(), Problems>,
    ) -> Result<CarriedOut, Problems> {
        let mut done = DoneSoFar::default();
        for _ in 0..PLANS {
            let recorded = self.record(&snapshot, operation);
            let result = self.converge(&snapshot, recorded.as_ref(), leave).await;
            let result = match result {
                Ok(Converged::ReplacementPlan(now, only_versions)) => {
                    let otherwise = ReplacementPlan { before: &snapshot, now: &now, only_versions };
                    let (stale, answer) = (otherwise.stale(), accept(&otherwise));
                    let answer = self.shell.while_held(answer).await;
                    // In the history, each plan is a run of its own.
                    self.end_record(recorded.as_ref(), &Err(vec![stale])).await;
                    answer?;
                    done.replace(&snapshot.shown, &now.shown);
                    snapshot = *now;
                    continue;
                }
                Ok(Converged::AsWanted(took)) => {
                    self.end_ledger(&snapshot, recorded.as_ref(), &took).await.map_err(partial)
                }
                Err(problems) => Err(problems),
            };
            self.end_record(recorded.as_ref(), &result).await;
            result?;
            self.identify(&snapshot).await.map_err(partial)?;
            return Ok(CarriedOut { outcome: done.ended(&snapshot), snapshot });
        }
        Err(too_often())
    }

    async fn end_record(&mut self, recorded: Option<&OngoingRun>, result: &Result<(), Problems>) {
        if let Some(recorded) = recorded {
            self.record_end(recorded, result).await;
        }
    }

    /// Carries one plan out.
    async fn converge(
        &mut self,
        snapshot: &Snapshot,
        recorded: Option<&OngoingRun>,
        leave: Leave,
    ) -> Result<Converged, Problems> {
        let mut schedule = schedule(&snapshot.plan, &snapshot.expansion.activations);
        let runs = Runs::read(&snapshot.answers);
        // What was interrupted may be outside of the scope, and may need what is: only a whole run tells.
        let clears = runs.has_leftovers() && snapshot.plan.scoped.is_none();
        if clears && runs.is_switch_interrupted {
            schedule.test_all(&snapshot.expansion.activations);
        }
        let first =
            identity::begin(self.project, snapshot).into_iter().chain(secrets_in_use(snapshot));
        let first = first.chain(self.begin_ledger(snapshot)).chain(recorded.map(OngoingRun::begin));
        schedule.prepare.splice(0..0, first);
        let reporter = self.reporter;
        let mut stopwatch = Stopwatch::of(&schedule, restarted(&snapshot.plan));
        let mut report = |event| {
            stopwatch.record(&event);
            reporter.event(event);
        };
        if !schedule.is_empty() {
            report(Event::Begun { host: self.project.host_name(), steps: schedule.len() });
        }
        let stop = interrupt::watch(leave);
        let mut progress = RunProgress::new(schedule.len());
        self.connection.round_trips().add("steps", schedule.len() as u32);
        let shell = &mut self.shell;
        run(shell, &schedule.prepare, &mut progress, &stop, &mut report).await.map_err(one)?;
        if schedule.prepare.iter().any(|one| one.role == Role::Install)
            && let Some((now, versions)) = self.otherwise(snapshot).await.map_err(partial)?
        {
            return Ok(Converged::ReplacementPlan(Box::new(now), versions));
        }
        let shell = &mut self.shell;
        let check = schedule.check.as_slice();
        run(shell, check, &mut progress, &stop, &mut report).await.map_err(one)?;
        let project = self.project;
        let log_in = async |nonce: String| log_in(project, reporter, &nonce).await;
        switch(shell, &schedule.switch, &mut progress, &stop, &mut report, &log_in)
            .await
            .map_err(one)?;
        run(shell, &schedule.rest, &mut progress, &stop, &mut report).await.map_err(one)?;
        for mut last in schedule.outside.iter().cloned() {
            self.prove(&mut last, &stop).await.map_err(one).map_err(partial)?;
            let one_step = std::slice::from_ref(&last);
            run(&mut self.shell, one_step, &mut progress, &stop, &mut report).await.map_err(one)?;
        }
        if !schedule.is_empty() {
            report(Event::Finished);
        }
        self.recheck().await.map_err(partial)?;
        if clears {
            self.clear_left(&runs, &mut progress, &stop).await?;
        }
        Ok(Converged::AsWanted(stopwatch.restarted()))
    }

    /// Clears what an earlier run left behind, now that the host is as wanted without it.
    async fn clear_left(
        &mut self,
        runs: &Runs,
        progress: &mut RunProgress,
        stop: &Stop,
    ) -> Result<(), Problems> {
        let directories: Vec<&str> = runs.left_in.iter().map(String::as_str).collect();
        let step = Step::new("cleaning up after an earlier run", "run_clean_up", &directories);
        let steps = [PlannedStep::of_run(step, Role::Note)];
        run(&mut self.shell, &steps, progress, stop, &mut |_| {})
            .await
            .map_err(one)
            .map_err(partial)
    }
}

/// Records the host's list of secrets, before the first one is used.
fn secrets_in_use(snapshot: &Snapshot) -> Option<PlannedStep> {
    let names = secret_names(&snapshot.wanted);
    let args: Vec<&str> = names.iter().map(String::as_str).collect();
    let step = Step::new("recording the names of the host's secrets", "secrets_write", &args);
    unlisted(&names, &snapshot.answers).then(|| identity::note(step))
}
