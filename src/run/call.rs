//! Calls a long-running shell function that returns text, outside of steps and questions.

use super::Session;
use crate::diagnostic::{Diagnostic, visible};
use std::time::Duration;

/// The error codes for a failed call.
pub(super) struct CallCodes {
    /// It did not finish in time.
    pub(super) overdue: &'static str,
    /// It ended with a non-zero status.
    pub(super) failed: &'static str,
}

impl Session<'_> {
    /// Returns the output of a function; lines are reported as they arrive.
    ///
    /// # Errors
    ///
    /// The connection is lost, or the function failed.
    pub(super) async fn call(
        &mut self,
        limit: Duration,
        function: &'static str,
        args: &[&str],
        codes: &CallCodes,
        heard: impl FnMut(&[u8]),
    ) -> Result<String, Diagnostic> {
        self.connection.round_trips().add("steps", 1);
        let id = self.shell.step(limit, function, args, None);
        self.shell.flush().await;
        let (body, status) = self.shell.body(id, limit, heard).await?;
        let output = String::from_utf8_lossy(&body).into_owned();
        match status {
            0 => Ok(output),
            124 => Err(Diagnostic::error(codes.overdue, "the host took too long")),
            _ => {
                let message = format!("`{function}` failed on the host (exit status {status})");
                let end: Vec<&str> = output.lines().rev().take(5).collect();
                let problem = Diagnostic::error(codes.failed, message);
                Err(end.iter().rev().fold(problem, |all, line| all.note_line(visible(line))))
            }
        }
    }
}
