//! Carries a look out: the three parts of its plan, then the last look.

use super::history::Recorded;
use super::login::log_in;
use super::{Leave, Look, Session, identity, interrupt, one, partial};
use crate::apply::{
    Event, Move, Progress, Restarted, Role, Runs, Stop, Stopwatch, run, schedule, switch, tests,
};
use crate::diagnostic::Problems;
use crate::plan::ledger::restarted;
use crate::plan::{secret_names, unlisted};
use crate::resource::Step;

impl Session<'_> {
    /// Makes the host what was looked for, and has it write down who its server is. `leave` is what a second
    /// interrupt does.
    pub async fn carry_out(
        &mut self,
        look: &Look,
        operation: &str,
        leave: Leave,
    ) -> Result<(), Problems> {
        let recorded = self.record(look, operation);
        let result = match self.converge(look, recorded.as_ref(), leave).await {
            Ok(took) => self.end_ledger(look, recorded.as_ref(), &took).await.map_err(partial),
            Err(problems) => Err(problems),
        };
        if let Some(recorded) = &recorded {
            self.record_end(recorded, &result).await;
        }
        result?;
        self.identify(look).await.map_err(partial)
    }

    /// Says how long the restarts took.
    async fn converge(
        &mut self,
        look: &Look,
        recorded: Option<&Recorded>,
        leave: Leave,
    ) -> Result<Vec<Restarted>, Problems> {
        let mut schedule = schedule(&look.plan, &look.expansion.activations);
        let first = identity::begin(self.project, look).into_iter().chain(secrets_in_use(look));
        let first = first.chain(self.begin_ledger(look)).chain(recorded.map(Recorded::begin));
        schedule.prepare.splice(0..0, first);
        let reporter = self.reporter;
        let mut stopwatch = Stopwatch::of(&schedule, restarted(&look.plan));
        let mut tell = |event| {
            stopwatch.hear(&event);
            reporter.event(event);
        };
        if !schedule.is_empty() {
            tell(Event::Begun { host: self.project.host_name(), steps: schedule.len() });
        }
        let stop = interrupt::watch(leave);
        let mut progress = Progress::new(schedule.len());
        self.connection.round_trips().add("steps", schedule.len() as u32);
        let shell = &mut self.shell;
        run(shell, &schedule.prepare, &mut progress, &stop, &mut tell).await.map_err(one)?;
        if schedule.prepare.iter().any(|one| one.role == Role::Install) {
            self.recheck(look).await.map_err(partial)?;
        }
        let shell = &mut self.shell;
        let check = schedule.check.as_slice();
        run(shell, check, &mut progress, &stop, &mut tell).await.map_err(one)?;
        let project = self.project;
        let log_in = async |word: String| log_in(project, reporter, &word).await;
        switch(shell, &schedule.switch, &mut progress, &stop, &mut tell, &log_in)
            .await
            .map_err(one)?;
        run(shell, &schedule.rest, &mut progress, &stop, &mut tell).await.map_err(one)?;
        for mut last in schedule.outside.iter().cloned() {
            self.prove(&mut last, &stop).await.map_err(one).map_err(partial)?;
            let one_move = std::slice::from_ref(&last);
            run(&mut self.shell, one_move, &mut progress, &stop, &mut tell).await.map_err(one)?;
        }
        if !schedule.is_empty() {
            tell(Event::Finished);
        }
        self.verify().await.map_err(partial)?;
        self.clear_left(look, &mut progress, &stop).await?;
        Ok(stopwatch.restarted())
    }

    /// Clears what an earlier run left, now that the host is as wanted without it.
    async fn clear_left(
        &mut self,
        look: &Look,
        progress: &mut Progress,
        stop: &Stop,
    ) -> Result<(), Problems> {
        let runs = Runs::read(&look.answers);
        if !runs.has_left() {
            return Ok(());
        }
        let folders: Vec<&str> = runs.left_in.iter().map(String::as_str).collect();
        let step = Step::new("clearing what an earlier run left", "run_settle", &folders);
        // Only what was tested takes the place of what a cut run kept.
        let is_cut = runs.is_cut;
        let mut moves = if is_cut { tests(&look.expansion.activations) } else { Vec::new() };
        moves.push(Move::of_run(step, Role::Note));
        run(&mut self.shell, &moves, progress, stop, &mut |_| {})
            .await
            .map_err(one)
            .map_err(partial)
    }
}

/// The host's list of its secrets, before the first of them is used.
fn secrets_in_use(look: &Look) -> Option<Move> {
    let names = secret_names(&look.wanted);
    let words: Vec<&str> = names.iter().map(String::as_str).collect();
    let step = Step::new("listing the names of the host's secrets", "secrets_write", &words);
    unlisted(&names, &look.answers).then(|| identity::note(step))
}
