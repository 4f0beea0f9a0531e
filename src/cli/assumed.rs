//! What an offline command takes a host to be: as it was remembered from the last plan, or as recorded of a release.

use super::draft::Draft;
use super::releases;
use super::surroundings::Surroundings;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::facts::Facts;
use crate::module::golden;
use crate::run::Memory;

/// What a host is taken to run when nothing is known of it.
const RELEASE: &str = "ubuntu-24.04";

/// The facts to go by, and where they come from.
pub(super) fn assumed(
    on: Option<&str>,
    draft: &Draft,
    surroundings: &Surroundings,
) -> Result<(Facts, String), Problems> {
    let memory = Memory::of_spec(surroundings.cache().as_deref(), &draft.spec);
    let remembered = memory.recall().filter(|_| on.is_none());
    if let Some(remembered) = remembered {
        let host = &draft.spec.host.address;
        return Ok((remembered.facts, format!("as remembered of {host} from the last plan")));
    }
    let release = on.unwrap_or(RELEASE);
    let why = if on.is_some() { "" } else { ": nothing is remembered of this host" };
    let facts = releases::facts(release).ok_or_else(|| {
        let known: Vec<&str> = golden::facts_names().collect();
        let message = format!("no facts are recorded of `{release}`");
        let help = format!("recorded are `{}`", known.join("`, `"));
        vec![Diagnostic::error("cli/release", message).help(help).exit(Exit::Usage)]
    })?;
    Ok((facts, format!("as recorded of {release}{why}")))
}
