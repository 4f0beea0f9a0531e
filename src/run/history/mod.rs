//! The host's history of runs, stored there as plain JSON lines: who, when, from which commit, by which plan, and the
//! result. One line before the first change and one at the end; a killed run has only the first.

mod read;

pub use read::{RunRecord, read};

use super::identity::note;
use super::{Session, Snapshot};
use crate::apply::PlannedStep;
use crate::diagnostic::{Diagnostic, Level, Problems, counted, visible};
use crate::resource::Step;
use crate::secret::Content;
use crate::time::utc;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The question for the history.
pub const QUESTION: &str = "history_observe";

/// The limit for writing the end of a run: the host may not answer.
const JOURNAL_TIMEOUT: Duration = Duration::from_secs(10);

/// How many characters of an error are kept.
const MAX_QUOTED_CHARS: usize = 2000;

/// A run begins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunBegun {
    /// The name of the run: its start time, and four hexadecimal digits.
    pub run: String,
    /// Always `begun`.
    pub event: String,
    /// The time by the host's clock, UTC.
    pub time: String,
    /// The operation: `apply`, `secrets rotate`.
    pub operation: String,
    /// The user, as known on their own machine.
    pub who: String,
    /// The commit of the spec's repository.
    pub commit: Option<String>,
    /// Whether it had uncommitted changes.
    pub dirty: bool,
    /// The version of matrixform.
    pub tool: String,
    /// The id of the plan; empty if there is none.
    pub plan: String,
    /// The planned changes.
    pub items: Vec<RecordedItem>,
}

/// One item of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedItem {
    /// The address.
    pub address: String,
    /// `create`, `update`, `remove`.
    pub action: String,
}

/// A run has ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunEnded {
    /// The name of the run.
    pub run: String,
    /// Always `ended`.
    pub event: String,
    /// The time by the host's clock, UTC.
    pub time: String,
    /// How long it took.
    pub seconds: u64,
    /// The exit status.
    pub status: u8,
    /// The reason for a failure, without secrets; empty on success.
    #[serde(rename = "words")]
    pub message: String,
}

/// A run in progress.
pub(super) struct OngoingRun {
    begun: RunBegun,
    since: Instant,
    at: u64,
}

impl Session<'_> {
    /// Returns the record to write before the first change; `None` if there are no changes.
    pub(super) fn record(&self, snapshot: &Snapshot, operation: &str) -> Option<OngoingRun> {
        if snapshot.plan.is_empty() {
            return None;
        }
        let at = snapshot.facts.time.unwrap_or_default();
        let item = |item: &crate::plan::shown::ShownItem| RecordedItem {
            address: visible(&item.address),
            action: item.action.as_str().to_owned(),
        };
        let items = snapshot.shown.items.iter().map(item).collect();
        Some(self.record_of(at, operation, snapshot.shown.id.clone(), items))
    }

    /// Returns a record with these items; `at` is the host's time.
    pub(super) fn record_of(
        &self,
        at: u64,
        operation: &str,
        plan: String,
        items: Vec<RecordedItem>,
    ) -> OngoingRun {
        let revision = self.project.repository.revision();
        let begun = RunBegun {
            run: name(at),
            event: "begun".to_owned(),
            time: utc(at),
            operation: operation.to_owned(),
            who: self.project.who(),
            commit: revision.commit.clone(),
            dirty: revision.dirty,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            plan,
            items,
        };
        OngoingRun { begun, since: Instant::now(), at }
    }

    /// Records the result of the run. The host may be gone, or busy with a rollback: then the line is missing, as after
    /// a kill.
    pub(super) async fn record_end(
        &mut self,
        recorded: &OngoingRun,
        result: &Result<(), Problems>,
    ) {
        let seconds = recorded.since.elapsed().as_secs();
        let problems = result.as_ref().err().map(Vec::as_slice).unwrap_or_default();
        let masker = self.project.secrets.masker();
        let ended = RunEnded {
            run: recorded.begun.run.clone(),
            event: "ended".to_owned(),
            time: utc(recorded.at + seconds),
            seconds,
            status: status(problems),
            message: masker.mask(&messages(problems)).chars().take(MAX_QUOTED_CHARS).collect(),
        };
        let summary = match ended.status {
            0 => format!("run {} succeeded after {seconds} s", ended.run),
            status => format!("run {} ended with status {status} after {seconds} s", ended.run),
        };
        self.shell.resume();
        let written = self.write_down(append(&ended, &summary));
        // Best effort, as described above.
        let _ = tokio::time::timeout(JOURNAL_TIMEOUT, written).await;
    }
}

impl OngoingRun {
    /// Returns the step that writes the first line.
    pub(super) fn begin(&self) -> PlannedStep {
        let begun = &self.begun;
        let commit = begun.commit.as_deref().unwrap_or("no commit");
        let mut summary = format!(
            "run {} of `{}` by {} from {commit}: {}",
            begun.run,
            begun.operation,
            begun.who,
            counted(begun.items.len(), "change"),
        );
        match begun.items.as_slice() {
            _ if !begun.plan.is_empty() => summary.push_str(&format!(", plan {}", begun.plan)),
            // Changes without a plan item are reported separately.
            items => items
                .iter()
                .take(10)
                .for_each(|item| summary.push_str(&format!("; {} {}", item.action, item.address))),
        }
        note(append(begun, &summary))
    }

    /// Returns the end of this run, as the ledger stores it.
    pub(super) fn applied(&self) -> crate::plan::ledger::Applied {
        crate::plan::ledger::Applied {
            run: self.begun.run.clone(),
            time: self.begun.time.clone(),
            who: self.begun.who.clone(),
            commit: self.begun.commit.clone().filter(|_| !self.begun.dirty),
        }
    }
}

/// Appends a line to the history, and logs one in the journal.
fn append(line: &impl Serialize, summary: &str) -> Step {
    let text = serde_json::to_string(line).unwrap_or_default() + "\n";
    Step::new("recording the run in the host's history", "history_append", &[summary])
        .input(Content::plain(text))
}

fn name(at: u64) -> String {
    let mut random = [0; 2];
    // A failure is harmless: since the lock is held, two runs in the same second are on two hosts.
    let _ = getrandom::fill(&mut random);
    let stamp: String = utc(at).chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    format!("{stamp}-{}", crate::secret::hex(&random))
}

/// Returns the exit status for these problems.
fn status(problems: &[Diagnostic]) -> u8 {
    let error = problems.iter().find(|problem| problem.level == Level::Error);
    error.or(problems.first()).map_or(0, |problem| problem.exit as u8)
}

fn messages(problems: &[Diagnostic]) -> String {
    let messages: Vec<String> = problems.iter().map(|problem| visible(&problem.message)).collect();
    messages.join("; ")
}
