//! What a rebuild asks of its host outside of steps and questions: calls that take long and answer with text.

use crate::diagnostic::{Diagnostic, visible};
use crate::run::Session;
use std::time::Duration;

impl Session<'_> {
    /// What a function says.
    pub(super) async fn said(
        &mut self,
        limit: Duration,
        function: &'static str,
        words: &[&str],
    ) -> Result<String, Diagnostic> {
        self.connection.round_trips().add("steps", 1);
        let id = self.shell.step(limit, function, words, None);
        self.shell.flush().await;
        let (body, status) = self.shell.body(id, limit, |_| {}).await?;
        let said = String::from_utf8_lossy(&body).into_owned();
        match status {
            0 => Ok(said),
            124 => Err(Diagnostic::error("rebuild/overdue", "the host took too long")),
            _ => {
                let message = format!("the host failed in {function} ({status})");
                let end: Vec<&str> = said.lines().rev().take(5).collect();
                let problem = Diagnostic::error("rebuild/failed", message);
                Err(end.iter().rev().fold(problem, |all, line| all.note_line(visible(line))))
            }
        }
    }
}
