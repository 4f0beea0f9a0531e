//! What an offline command takes a host to be: as it was remembered from the last plan, or as recorded of a release.

use super::draft::Draft;
use super::known_facts::{RELEASE, recorded};
use super::releases;
use super::surroundings::Surroundings;
use crate::diagnostic::Problems;
use crate::facts::Facts;
use crate::run::Memory;

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
    // What ends, ends by today's date.
    let facts = Facts { time: releases::now(), ..recorded(release)? };
    Ok((facts, format!("as recorded of {release}{why}")))
}
