//! The wanted state of a host: reads and lints the spec's own parts, then expands everything. Secrets are fetched only
//! when a resource holds them: a first round with placeholders finds out which, and a second one has their values.

use super::expand::{Expanded, KnownFacts, Round, RoundOutcome, WantedSecret, used_secrets};
use super::expansion::Expansion;
use super::own::SpecDeclarations;
use super::{Modules, settings};
use crate::diagnostic::{Diagnostic, Problems, all};
use crate::facts::Facts;
use crate::resource::{Members, join};
use crate::secret::{Secret, SecretSource};
use crate::spec::Spec;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the wanted state of a host.
///
/// # Errors
///
/// Every problem of the spec, and every secret that no store has.
pub fn expand(
    spec: &Spec,
    modules: &Modules,
    facts: &Facts,
    secrets: &dyn SecretSource,
) -> Result<Expansion, Problems> {
    expand_with_rows(spec, modules, facts, secrets).map(|expanded| expanded.expansion)
}

/// Like [`expand`], with the rows.
///
/// # Errors
///
/// Fails as `expand` does.
pub fn expand_with_rows(
    spec: &Spec,
    modules: &Modules,
    facts: &Facts,
    secrets: &dyn SecretSource,
) -> Result<Expanded, Problems> {
    expand_knowing(spec, modules, facts, secrets, &BTreeMap::new())
}

/// Like [`expand_with_rows`]; `known` holds secrets of an earlier expansion, with which one round is usually enough.
///
/// # Errors
///
/// Fails as `expand` does.
pub fn expand_knowing(
    spec: &Spec,
    modules: &Modules,
    facts: &Facts,
    secrets: &dyn SecretSource,
    known: &BTreeMap<String, Secret>,
) -> Result<Expanded, Problems> {
    let (outcome, secrets) = outcome(spec, modules, facts, secrets, known)?;
    outcome.whole().map(|expanded| Expanded { secrets, ..expanded })
}

/// Like [`expand`], without reading the environment: omits everything that depends on a variable, and also returns
/// whether anything was omitted.
///
/// # Errors
///
/// Fails as `expand` does, but not because of what is omitted.
pub fn expand_unread(
    spec: &Spec,
    modules: &Modules,
    facts: &Facts,
    secrets: &dyn SecretSource,
) -> Result<(Expansion, bool), Problems> {
    let (outcome, _) = outcome(spec, modules, facts, secrets, &BTreeMap::new())?;
    if !outcome.problems.is_empty() {
        return Err(outcome.problems);
    }
    let mut expansion = outcome.expanded.expansion;
    if outcome.failed {
        // Resources may join an omitted activation: the resulting problems are ignored.
        let members = Members::of(&expansion.resources, &expansion.activations);
        join(&mut expansion.resources, &members, &expansion.activations);
    }
    Ok((expansion, outcome.failed))
}

/// The last round, and the secrets that its resources hold.
fn outcome(
    spec: &Spec,
    modules: &Modules,
    facts: &Facts,
    secrets: &dyn SecretSource,
    known: &BTreeMap<String, Secret>,
) -> Result<(RoundOutcome, BTreeMap<String, Secret>), Problems> {
    let settings = settings::read(spec, modules)?;
    let own = SpecDeclarations::read(spec, modules)?;
    let facts = KnownFacts::Host(facts);
    let round = Round { advised: false, ..own.round(spec, modules, &settings, facts) };
    let first = round.run(known)?;
    let mut used = used_secrets(&first.expanded.expansion.resources);
    let mut secrets_of = known.clone();
    secrets_of.retain(|name, _| used.remove(name));
    if used.is_empty() || !first.problems.is_empty() {
        return Ok((first, secrets_of));
    }
    secrets_of.extend(fetch(&used, &first.wanted, secrets)?);
    Ok((round.run(&secrets_of)?, secrets_of))
}

/// Returns the wanted state of a host with these facts, with placeholders for secrets and with all advice.
///
/// # Errors
///
/// Every problem of the spec; secrets that no store has are not among them.
pub fn forecast(spec: &Spec, modules: &Modules, facts: &Facts) -> Result<Expansion, Problems> {
    let settings = settings::read(spec, modules)?;
    let own = SpecDeclarations::read(spec, modules)?;
    let round = own.round(spec, modules, &settings, KnownFacts::Host(facts));
    let outcome = round.run(&BTreeMap::new())?;
    match outcome.problems.is_empty() {
        true => Ok(outcome.expanded.expansion),
        false => Err(outcome.problems),
    }
}

fn fetch(
    used: &BTreeSet<String>,
    wanted: &BTreeMap<String, WantedSecret>,
    secrets: &dyn SecretSource,
) -> Result<BTreeMap<String, Secret>, Problems> {
    let found = used.iter().filter_map(|name| Some((name, wanted.get(name)?)));
    all(found.map(|(name, wanted)| {
        let secret = secrets.secret(name, wanted.generate.as_deref());
        let at = |problem: Diagnostic| match problem.place {
            None => vec![problem.at(&wanted.place)],
            Some(_) => vec![problem],
        };
        Ok((name.clone(), secret.map_err(at)?))
    }))
}
