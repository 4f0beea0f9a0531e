//! Facts for commands that do not connect to a host.

use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::facts::Facts;
use crate::module::golden;

/// The release that a host is assumed to run when nothing is known about it.
pub(super) const RELEASE: &str = "ubuntu-24.04";

/// Returns the facts recorded for a new host of a release.
pub(super) fn recorded(release: &str) -> Result<Facts, Problems> {
    golden::facts(release).ok_or_else(|| {
        let known: Vec<&str> = golden::facts_names().collect();
        let message = format!("no facts are recorded for `{}`", release.escape_debug());
        let help = format!("choose one of `{}`", known.join("`, `"));
        vec![Diagnostic::error("cli/release", message).help(help).exit(Exit::Usage)]
    })
}

/// Returns the release that the facts describe, if it is a recorded one.
pub(super) fn release(facts: &Facts) -> Option<String> {
    let name = format!("{}-{}", facts.os.id.as_deref()?, facts.os.version.as_deref()?);
    golden::facts_names().find(|known| *known == name).map(str::to_owned)
}
