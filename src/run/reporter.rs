//! Who hears what a run says on its way.

use super::Detail;
use crate::apply::Event;
use crate::diagnostic::Diagnostic;
use std::path::Path;

/// Hears what a run says on its way. What it came to is given back to the caller instead.
pub trait Reporter {
    /// Something was read or asked.
    fn detail(&self, detail: &Detail);

    /// The host is being changed.
    fn event(&self, event: Event);

    /// Something to know, which does not end the run.
    fn problems(&self, problems: &[Diagnostic]);

    /// Whether details are wanted: some cost time to find out.
    fn follows(&self) -> bool;

    /// A file or folder of this machine was read.
    fn read(&self, what: &'static str, path: &Path) {
        self.detail(&Detail::Read { what, path: path.display().to_string() });
    }
}
