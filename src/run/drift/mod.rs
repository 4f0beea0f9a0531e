//! Drift with its bounds: when a resource was last correct, when its inode last changed, and the events on the host
//! in between, without drawing conclusions. All of this is reported by the host itself.

mod bounds;
mod events;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub use events::EventKind;
pub use events::HostEvent;

use super::history::{self, RunRecord};
use super::{Prefetch, Session, Snapshot};
use crate::diagnostic::{Diagnostic, Problems};
use crate::plan::drift::{Drifted, drift};
use crate::plan::ledger::Applied;
use crate::plan::{Item, Ledger};
use crate::resource::{Answers, Questions};
use crate::time::{seconds_of_utc, utc};
use events::Timed;
use serde::Serialize;

/// The version of the document format.
pub const FORMAT: u32 = 1;

/// How many events between two bounds are listed; the latest ones.
const LISTED: usize = 50;

/// The drift document.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DriftReport {
    /// [`FORMAT`].
    pub format: u32,
    /// The host as the spec names it.
    pub host: String,
    /// The last successful apply that changed something.
    pub applied: Option<Applied>,
    /// The resources that differ, in the order of apply.
    pub resources: Vec<DriftBounds>,
    /// The addresses that would change because the spec has changed since that apply.
    pub in_spec: Vec<String>,
    /// Gaps in what the host knows of its past.
    pub gaps: Vec<String>,
}

/// One resource that differs, with its bounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DriftBounds {
    /// The difference.
    #[serde(flatten)]
    pub drifted: Drifted,
    /// The last run that found it correct.
    pub last_correct: Option<CleanRun>,
    /// When it was last changed; `None` if nothing on the host shows it.
    pub changed_at: Option<LastChange>,
    /// Events after `last_correct` and before `changed_at`, or until now.
    pub between: Vec<HostEvent>,
    /// How many earlier events are omitted.
    pub omitted: usize,
}

/// A run that found everything correct.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CleanRun {
    /// The name of the run.
    pub run: String,
    /// When it ended, UTC.
    pub time: String,
}

/// The last change of something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LastChange {
    /// When, UTC.
    pub time: String,
    /// The evidence: a path, or a unit.
    pub evidence: String,
}

impl Session<'_> {
    /// Returns how the host differs from the last apply, apart from changes in the spec since.
    ///
    /// # Errors
    ///
    /// The host cannot be observed, or has no record of an apply of this spec (`drift/never-applied`).
    pub async fn drift(&mut self, prefetch: Prefetch) -> Result<(Snapshot, DriftReport), Problems> {
        let snapshot = self.snapshot(prefetch).await?;
        // Resources from an earlier apply that cannot be observed may become observable soon, or are not as they were.
        let is_known = |snapshot: &Snapshot, item: &Item| {
            let entry = |ledger: &Ledger| ledger.entry(&item.address.to_string()).is_some();
            snapshot.ledger.as_ref().is_some_and(entry)
        };
        let snapshot = self.snapshot_until_seen(snapshot, is_known).await?;
        let Some(ledger) = &snapshot.ledger else { return Err(vec![never_applied()]) };
        let base = self.project.spec.base();
        let found = drift(&snapshot.plan, &snapshot.wanted, ledger, base);
        let mut report = DriftReport {
            format: FORMAT,
            host: snapshot.plan.host.clone(),
            applied: ledger.applied.clone(),
            in_spec: found.in_spec,
            ..DriftReport::default()
        };
        if !found.resources.is_empty() {
            let began = ledger.applied.as_ref().and_then(|applied| seconds_of_utc(&applied.time));
            let mut questions = Questions::default();
            questions.ask(history::QUESTION, &[]);
            events::ask(began, &mut questions);
            let clocks = bounds::clocks(&found.resources, &snapshot.wanted, &mut questions);
            let answers = self.ask(&questions).await?;
            let past = DriftHistory::read(&answers, began);
            report.gaps.clone_from(&past.gaps);
            let both = found.resources.into_iter().zip(&clocks);
            report.resources = both
                .map(|(drifted, clocks)| past.bounded(drifted, clocks.last(&answers)))
                .collect();
        }
        Ok((snapshot, report))
    }
}

/// The events since everything was correct.
struct DriftHistory {
    last_correct: Option<CleanRun>,
    events: Vec<Timed>,
    gaps: Vec<String>,
}

impl DriftHistory {
    /// `began` is when the last successful run began.
    fn read(answers: &Answers, began: Option<u64>) -> DriftHistory {
        let text = answers.get(history::QUESTION, "history").and_then(|record| record.text("text"));
        let runs = history::read(&text.unwrap_or_default());
        // Each successful run ends with a complete observation.
        let last_correct = runs.iter().find_map(clean_run);
        let since = last_correct.as_ref().and_then(|run| seconds_of_utc(&run.time)).or(began);
        let mut gaps = Vec::new();
        if since.is_none() {
            gaps.push("no run on record found this host correct".to_owned());
        }
        let since = since.unwrap_or_default();
        let mut all = events::runs(&runs);
        all.extend(events::packages(answers, since, &mut gaps));
        all.extend(events::sessions(answers, since, &mut gaps));
        all.retain(|one| one.at > since);
        all.sort_by_key(|one| one.at);
        DriftHistory { last_correct, events: all, gaps }
    }

    fn bounded(&self, drifted: Drifted, last: Option<(u64, String)>) -> DriftBounds {
        // Log entries have no fractions of a second: include the whole second.
        let until = last.as_ref().map_or(u64::MAX, |(at, _)| at.saturating_add(1));
        let between: Vec<&Timed> = self.events.iter().filter(|one| one.at <= until).collect();
        let omitted = between.len().saturating_sub(LISTED);
        DriftBounds {
            drifted,
            last_correct: self.last_correct.clone(),
            changed_at: last.map(|(at, evidence)| LastChange { time: utc(at), evidence }),
            between: between.into_iter().skip(omitted).map(|one| one.event.clone()).collect(),
            omitted,
        }
    }
}

fn clean_run(run: &RunRecord) -> Option<CleanRun> {
    let ended = run.ended.as_ref().filter(|ended| ended.status == 0)?;
    seconds_of_utc(&ended.time)?;
    Some(CleanRun { run: run.begun.run.clone(), time: ended.time.clone() })
}

fn never_applied() -> Diagnostic {
    Diagnostic::error(
        "drift/never-applied",
        "the host has no record of a successful apply of this spec",
    )
    .note_line("drift is measured against the last apply")
    .help("`matrixform plan` shows what differs from the spec; drift works after the next `apply`")
}
