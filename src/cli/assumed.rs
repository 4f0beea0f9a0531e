//! The facts that an offline command assumes about a host: those remembered from the last plan, or those recorded for
//! a release.

use super::known_facts::{RELEASE, recorded};
use super::parsed_spec::ParsedSpec;
use super::process_env::ProcessEnv;
use super::releases;
use crate::diagnostic::Problems;
use crate::facts::Facts;
use crate::run::HostCache;

/// Returns the facts to assume, and a phrase saying where they come from.
pub(super) fn assumed(
    on: Option<&str>,
    parsed: &ParsedSpec,
    process_env: &ProcessEnv,
) -> Result<(Facts, String), Problems> {
    let host_cache = HostCache::of_spec(process_env.cache().as_deref(), &parsed.spec);
    let remembered = host_cache.load().filter(|_| on.is_none());
    if let Some(remembered) = remembered {
        let host = &parsed.spec.host.address;
        return Ok((remembered.facts, format!("as of the last plan of {host}")));
    }
    let release = on.unwrap_or(RELEASE);
    let why = if on.is_some() { "" } else { ": no earlier plan of this host is known" };
    // Expiry is judged by today's date.
    let facts = Facts { time: releases::now(), ..recorded(release)? };
    Ok((facts, format!("as recorded for {release}{why}")))
}
