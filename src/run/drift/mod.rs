//! Drift with its bounds: when it was last seen right, when its inode was last changed, and what happened on the host in
//! between, without a verdict. All of that is the host's word.

mod bounds;
mod events;
#[cfg(test)]
mod tests;

pub use events::HostEvent;
#[cfg(test)]
pub use events::What;

use super::history::{self, Ran};
use super::{Prefetch, Session, Snapshot};
use crate::diagnostic::{Diagnostic, Problems};
use crate::plan::drift::{Drifted, drift};
use crate::plan::ledger::Applied;
use crate::plan::{Item, Ledger};
use crate::resource::{Answers, Questions};
use crate::time::{seconds_of_utc, utc};
use events::Timed;
use serde::Serialize;

/// The form of the document.
pub const FORMAT: u32 = 1;

/// Of what happened between two bounds as much is listed, the last of it.
const LISTED: usize = 50;

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DriftReport {
    /// [`FORMAT`].
    pub format: u32,
    /// The host as the spec names it.
    pub host: String,
    /// The last apply that changed something and ended well.
    pub applied: Option<Applied>,
    /// What differs, in the order of apply.
    pub resources: Vec<DriftBounds>,
    /// The addresses that are to change because the spec is another than at that apply.
    pub in_spec: Vec<String>,
    /// What of the past the host does not know any more.
    pub gaps: Vec<String>,
}

/// One resource that differs, with its bounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DriftBounds {
    /// What differs.
    #[serde(flatten)]
    pub drifted: Drifted,
    /// The last run that saw it right.
    pub right: Option<Right>,
    /// When it was last changed; none if nothing on the host shows it.
    pub changed_at: Option<LastChange>,
    /// What happened after the one and until the other, or until now.
    pub between: Vec<HostEvent>,
    /// How much more, from before these.
    pub more: usize,
}

/// A run that saw everything right.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Right {
    /// Its name.
    pub run: String,
    /// When it ended, UTC.
    pub time: String,
}

/// The last change of something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LastChange {
    /// When, UTC.
    pub time: String,
    /// What says so: a path, or a unit.
    pub of: String,
}

impl Session<'_> {
    /// What differs on the host from the last apply, apart from what the spec changed since.
    pub async fn drift(&mut self, prefetch: Prefetch) -> Result<(Snapshot, DriftReport), Problems> {
        let snapshot = self.snapshot(prefetch).await?;
        // What an apply has made can be seen after a while, or is not as it was.
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
            let past = Past::read(&answers, began);
            report.gaps.clone_from(&past.gaps);
            let both = found.resources.into_iter().zip(&clocks);
            report.resources = both
                .map(|(drifted, clocks)| past.bounded(drifted, clocks.last(&answers)))
                .collect();
        }
        Ok((snapshot, report))
    }
}

/// What happened since everything was right.
struct Past {
    right: Option<Right>,
    events: Vec<Timed>,
    gaps: Vec<String>,
}

impl Past {
    /// `began` is when the last run that ended well did.
    fn read(answers: &Answers, began: Option<u64>) -> Past {
        let text = answers.get(history::QUESTION, "history").and_then(|record| record.text("text"));
        let runs = history::read(&text.unwrap_or_default());
        // Each run that ends well looks at everything once more.
        let right = runs.iter().find_map(right);
        let since = right.as_ref().and_then(|right| seconds_of_utc(&right.time)).or(began);
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
        Past { right, events: all, gaps }
    }

    fn bounded(&self, drifted: Drifted, last: Option<(u64, String)>) -> DriftBounds {
        // What is logged at the end of a second belongs to it.
        let until = last.as_ref().map_or(u64::MAX, |(at, _)| at.saturating_add(1));
        let between: Vec<&Timed> = self.events.iter().filter(|one| one.at <= until).collect();
        let more = between.len().saturating_sub(LISTED);
        DriftBounds {
            drifted,
            right: self.right.clone(),
            changed_at: last.map(|(at, of)| LastChange { time: utc(at), of }),
            between: between.into_iter().skip(more).map(|one| one.event.clone()).collect(),
            more,
        }
    }
}

fn right(run: &Ran) -> Option<Right> {
    let ended = run.ended.as_ref().filter(|ended| ended.status == 0)?;
    seconds_of_utc(&ended.time)?;
    Some(Right { run: run.begun.run.clone(), time: ended.time.clone() })
}

fn never_applied() -> Diagnostic {
    Diagnostic::error(
        "drift/never-applied",
        "the host has no record of a successful apply of this spec",
    )
    .note_line("drift is measured against the last apply")
    .help("`matrixform plan` shows what differs from the spec; drift works after the next `apply`")
}
