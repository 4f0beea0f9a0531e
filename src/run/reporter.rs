//! The receiver of a run's messages.

use super::Detail;
use crate::apply::Event;
use crate::diagnostic::Diagnostic;
use std::path::Path;

/// Receives the messages of a run in progress. Results are returned to the caller instead.
pub trait Reporter {
    /// Something was read or asked.
    fn detail(&self, detail: &Detail);

    /// The host is being changed.
    fn event(&self, event: Event);

    /// Information that does not end the run.
    fn problems(&self, problems: &[Diagnostic]);

    /// Whether details are wanted: some take time to find out.
    fn follows(&self) -> bool;

    /// A file or directory of this machine was read.
    fn read(&self, what: &'static str, path: &Path) {
        self.detail(&Detail::Read { what, path: path.display().to_string() });
    }
}
