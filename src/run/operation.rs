//! The frame of every operation without a plan: the host's lock, and a line in its history before and after.

use super::history::{OngoingRun, RecordedItem};
use super::{Session, one};
use crate::apply::{Event, take_lock};
use crate::diagnostic::{Diagnostic, Exit, Problems};

/// A recorded operation in progress.
pub struct BegunOperation(OngoingRun);

/// Adjusts the advice about a held lock for a command without `--wait`; other problems stay as they are.
pub fn without_wait(problem: Diagnostic) -> Diagnostic {
    match problem.exit {
        Exit::Locked => problem.help("wait until it has ended, and run this again"),
        _ => problem,
    }
}

impl Session<'_> {
    /// Takes the host's lock and records the planned changes in its history: actions and addresses, no secrets. `at` is
    /// the host's time, in seconds since 1970. With `wait`, waits until another run has ended; `None` if the command
    /// has no such option.
    pub(super) async fn begin_operation(
        &mut self,
        at: u64,
        operation: &str,
        items: impl Iterator<Item = (&'static str, String)>,
        wait: Option<bool>,
    ) -> Result<BegunOperation, Problems> {
        self.connection.round_trips().add("the lock", 1);
        let reporter = self.reporter;
        let mut report = |event: Event| reporter.event(event);
        let held =
            take_lock(&mut self.shell, wait == Some(true), &self.project.who(), &mut report).await;
        held.map_err(|problem| if wait.is_none() { without_wait(problem) } else { problem })
            .map_err(one)?;
        let item =
            |(action, address): (&str, String)| RecordedItem { address, action: action.to_owned() };
        let recorded = self.record_of(at, operation, String::new(), items.map(item).collect());
        self.begin_recorded(recorded).await
    }

    /// The same if the lock is held already.
    pub(super) async fn begin_recorded(
        &mut self,
        recorded: OngoingRun,
    ) -> Result<BegunOperation, Problems> {
        self.write_down(recorded.begin().step).await?;
        Ok(BegunOperation(recorded))
    }

    /// Records the result.
    pub(super) async fn end_operation<T>(
        &mut self,
        begun: BegunOperation,
        result: Result<T, Problems>,
    ) -> Result<T, Problems> {
        let (ended, problems) = match result {
            Ok(done) => (Ok(done), Ok(())),
            Err(problems) => (Err(problems.clone()), Err(problems)),
        };
        self.record_end(&begun.0, &problems).await;
        ended
    }
}
