//! Calls on a rebuild's host outside of steps and questions.

use crate::diagnostic::Diagnostic;
use crate::run::Session;
use crate::run::call::CallCodes;
use std::time::Duration;

const CODES: CallCodes = CallCodes { overdue: "rebuild/overdue", failed: "rebuild/failed" };

impl Session<'_> {
    /// Returns a function's output.
    pub(super) async fn output_of(
        &mut self,
        limit: Duration,
        function: &'static str,
        args: &[&str],
    ) -> Result<String, Diagnostic> {
        self.call(limit, function, args, &CODES, |_| {}).await
    }
}
