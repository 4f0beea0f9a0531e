//! Calls on a rebuild's host outside of steps and questions.

use crate::diagnostic::Diagnostic;
use crate::run::Session;
use crate::run::call::CallCodes;
use std::time::Duration;

const CODES: CallCodes = CallCodes { overdue: "rebuild/overdue", failed: "rebuild/failed" };

impl Session<'_> {
    /// Returns a function's output.
    pub(super) async fn said(
        &mut self,
        limit: Duration,
        function: &'static str,
        words: &[&str],
    ) -> Result<String, Diagnostic> {
        self.call(limit, function, words, &CODES, |_| {}).await
    }
}
