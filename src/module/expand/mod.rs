//! Expansion: a spec, modules, facts and secrets become resources. Pure: the same input gives the
//! same output, and nothing is touched. Secrets are fetched only when a resource holds them: a first
//! round with placeholders shows which, a second one has their values.

mod about;
mod accepts;
mod accounts;
mod activations;
mod advised_names;
mod attribute;
mod check;
mod contents;
mod findings;
mod missing_row;
mod order;
mod outside;
mod references;
mod resources;
mod round;
mod rows;
mod run;
mod scope;
mod sshd;
mod universe;
mod watched;

#[cfg(test)]
mod tests;

pub use activations::join;
pub use check::{Foreseen, NamedSecret, Review, check, check_at, check_on};
pub(super) use contents::beside_text;
pub use rows::Row;

use super::expansion::Expansion;
use super::manifest::ResourceForm;
use super::{Modules, lint, settings};
use crate::diagnostic::{Diagnostic, Problems};
use crate::facts::Facts;
use crate::resource::{Declared, Value};
use crate::secret::{Secret, SecretSource};
use crate::spec::Spec;
use references::Wanted;
use round::{Outcome, Round};
use scope::Known;
use std::collections::{BTreeMap, BTreeSet};

/// An expansion with the rows that the modules gave each other.
#[derive(Clone, Debug, Default)]
pub struct Expanded {
    /// The wanted state.
    pub expansion: Expansion,
    /// All rows, in the order in which they were computed.
    pub rows: Vec<Row>,
    /// The secrets that the resources hold, by name.
    pub secrets: BTreeMap<String, Secret>,
}

/// The wanted state of a host.
pub fn expand(
    spec: &Spec,
    modules: &Modules,
    facts: &Facts,
    secrets: &dyn SecretSource,
) -> Result<Expansion, Problems> {
    expand_with_rows(spec, modules, facts, secrets).map(|expanded| expanded.expansion)
}

/// The same, with the rows.
pub fn expand_with_rows(
    spec: &Spec,
    modules: &Modules,
    facts: &Facts,
    secrets: &dyn SecretSource,
) -> Result<Expanded, Problems> {
    expand_knowing(spec, modules, facts, secrets, &BTreeMap::new())
}

/// The same; `known` are secrets of an earlier expansion: mostly one round is enough then.
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

/// The same without the environment: what reads a variable is left out, and the second value says whether anything was.
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
        // What is left out may be what others join: that is nothing to complain of.
        join(&mut expansion.resources, &expansion.activations);
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
) -> Result<(Outcome, BTreeMap<String, Secret>), Problems> {
    let settings = settings::read(spec, modules)?;
    let own = own_resources(spec, modules)?;
    let (settings, own) = (&settings, own.as_slice());
    let (facts, advised) = (Known::Host(facts), false);
    let round = Round { spec, modules, facts, settings, own, advised, settled: true };
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

/// The wanted state on a host of these facts, with placeholders for secrets and with all advice.
pub fn foresee(spec: &Spec, modules: &Modules, facts: &Facts) -> Result<Expansion, Problems> {
    let settings = settings::read(spec, modules)?;
    let own = own_resources(spec, modules)?;
    let (settings, own) = (&settings, own.as_slice());
    let (facts, advised) = (Known::Host(facts), true);
    let round = Round { spec, modules, facts, settings, own, advised, settled: true };
    let outcome = round.run(&BTreeMap::new())?;
    match outcome.problems.is_empty() {
        true => Ok(outcome.expanded.expansion),
        false => Err(outcome.problems),
    }
}

/// The user's own `[[resource]]`, read and linted.
fn own_resources(spec: &Spec, modules: &Modules) -> Result<Vec<ResourceForm>, Problems> {
    let own: Vec<ResourceForm> =
        super::form::all(spec.resources.iter().map(ResourceForm::of_spec))?;
    let problems = lint::lint_spec(spec, &own, modules, crate::resource::kinds());
    if problems.is_empty() { Ok(own) } else { Err(problems) }
}

fn used_secrets(resources: &[Declared]) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for attribute in resources.iter().flat_map(|declared| declared.attributes.values()) {
        secrets_of(&attribute.value, &mut used);
    }
    used
}

fn secrets_of(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Text(content) => {
            used.extend(content.secrets().iter().map(|secret| secret.name.clone()));
        }
        Value::List(items) => items.iter().for_each(|item| secrets_of(item, used)),
        Value::Table(table) => table.values().for_each(|item| secrets_of(item, used)),
        _ => {}
    }
}

fn fetch(
    used: &BTreeSet<String>,
    wanted: &BTreeMap<String, Wanted>,
    secrets: &dyn SecretSource,
) -> Result<BTreeMap<String, Secret>, Problems> {
    let found = used.iter().filter_map(|name| Some((name, wanted.get(name)?)));
    super::form::all(found.map(|(name, wanted)| {
        let secret = secrets.secret(name, wanted.generate.as_deref());
        let at = |problem: Diagnostic| match problem.place {
            None => vec![problem.at(&wanted.place)],
            Some(_) => vec![problem],
        };
        Ok((name.clone(), secret.map_err(at)?))
    }))
}
