//! Everything that can be said about a spec without a host and without secrets. A problem affects only the part that it
//! is in: the rest is checked with what is known.

use super::expand::{KnownFacts, Round, RoundOutcome, name_secrets, used_secrets};
use super::expansion::Expansion;
use super::own::SpecDeclarations;
use super::types::ParamType;
use super::{Modules, settings};
use crate::diagnostic::{Diagnostic, Level, Place, Problems, redact};
use crate::facts::Facts;
use crate::resource::{Declared, SECRET, kind};
use crate::side_by_side::side_by_side;
use crate::spec::{Spec, merge_plain, plain_secrets};
use std::collections::BTreeMap;

/// The result of a review.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// Errors, warnings, notes and advice.
    pub problems: Problems,
    /// The wanted state as far as it is known: resources that need a fact, or depend on an erroneous part, are left
    /// out.
    pub expansion: Expansion,
    /// Whether nothing was left out.
    pub whole: bool,
    /// The places of secrets in the spec: code that adds problems must conceal them.
    pub secrets: Vec<Place>,
    /// All secrets that the spec names or leaves to be generated, by name.
    pub named: Vec<NamedSecret>,
}

/// A secret that a spec names or leaves to be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSecret {
    /// Its name.
    pub name: String,
    /// How to generate it if no store has it; `None` if the user must provide it.
    pub generate: Option<String>,
    /// The line of the spec that names it, or else the section that needs it.
    pub place: Place,
    /// Whether a resource holds it; a resource that needs a fact of the host may hold it as well.
    pub used: bool,
}

impl Review {
    /// Whether there is an error.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.level == Level::Error)
    }

    /// Takes the resources that kinds can check: all of them, or only the spec's own if another error may be the cause
    /// of a problem with a module's.
    pub fn take_resources(&mut self) -> Vec<Declared> {
        let all = std::mem::take(&mut self.expansion.resources);
        checkable(all, self.is_refused(), self.whole)
    }
}

/// A forecast for a host that was not asked.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    /// Errors, warnings, notes and advice, without problems of the spec's `[[accept]]` entries.
    pub problems: Problems,
    /// The wanted state as far as it is known.
    pub resources: Vec<Declared>,
    /// Whether nothing was left out.
    pub whole: bool,
}

impl Forecast {
    /// Takes the resources that kinds can check; `refused`: whether the spec has other errors.
    pub fn take_resources(&mut self, refused: bool) -> Vec<Declared> {
        checkable(std::mem::take(&mut self.resources), refused, self.whole)
    }
}

/// While resources are missing, an unmet need may be met by one of those.
fn checkable(all: Vec<Declared>, refused: bool, whole: bool) -> Vec<Declared> {
    let is_checkable = |declared: &Declared| !refused || declared.origin.is_spec();
    let mut resources: Vec<Declared> = all.into_iter().filter(is_checkable).collect();
    let needs = resources.iter_mut().flat_map(|declared| &mut declared.needs);
    needs.for_each(|need| need.optional |= !whole);
    resources
}

/// Reviews a spec; reports all problems at once.
pub fn check(spec: &Spec, modules: &Modules) -> Review {
    check_at(spec, modules, None)
}

/// Like [`check`], at a given time (seconds since 1970), which decides what has expired.
pub fn check_at(spec: &Spec, modules: &Modules, time: Option<u64>) -> Review {
    check_on(spec, modules, time, &[]).0
}

/// Like [`check_at`], with forecasts for new hosts of some releases: none if the spec holds a secret in plain text,
/// which the forecasts might quote.
pub fn check_on(
    spec: &Spec,
    modules: &Modules,
    time: Option<u64>,
    releases: &[Facts],
) -> (Review, Vec<Forecast>) {
    let (meant, mut problems) = settings::as_meant(spec, modules);
    let spec = &meant;
    let (settings, found) = settings::read_lenient(spec, modules);
    problems.extend(found);
    let settings_complete = problems.is_empty();
    let own = SpecDeclarations::read_lenient(spec, modules, &mut problems);
    let (settings, own) = (&settings, &own);
    let whole = problems.is_empty();
    let known = releases.iter().map(KnownFacts::Release);
    let known: Vec<KnownFacts<'_>> = [KnownFacts::Time(time)].into_iter().chain(known).collect();
    let outcomes = side_by_side(known, |facts| {
        let round = Round { settings_complete, ..own.round(spec, modules, settings, facts) };
        round.run(&BTreeMap::new())
    });
    let mut outcomes = outcomes.into_iter();
    let none = || Err(vec![Diagnostic::bug("a review without a round")]);
    let outcome = outcomes.next().unwrap_or_else(none);
    let forecasts =
        outcomes.filter_map(|outcome| Some(forecast_of(outcome.ok()?, whole))).collect();
    let review = reviewed((spec, modules), outcome, (problems, whole));
    let forecasts = if review.secrets.is_empty() { forecasts } else { Vec::new() };
    (review, forecasts)
}

fn forecast_of(mut outcome: RoundOutcome, whole: bool) -> Forecast {
    let expansion = std::mem::take(&mut outcome.expanded.expansion);
    let mut problems = outcome.problems;
    problems.extend(expansion.notes);
    problems.retain(|one| !one.code.starts_with("accept/"));
    Forecast { problems, resources: expansion.resources, whole: whole && !outcome.failed }
}

fn reviewed(
    (spec, modules): (&Spec, &Modules),
    outcome: Result<RoundOutcome, Problems>,
    (mut problems, whole): (Problems, bool),
) -> Review {
    let mut outcome = match outcome {
        Ok(outcome) => outcome,
        Err(found) => {
            problems.extend(found);
            let secrets = redact_all(&mut problems, spec, modules);
            return Review { problems, secrets, ..Review::default() };
        }
    };
    let whole = whole && !outcome.failed;
    let mut expansion = std::mem::take(&mut outcome.expanded.expansion);
    problems.append(&mut outcome.problems);
    problems.append(&mut expansion.notes);
    let secrets = redact_all(&mut problems, spec, modules);
    let used = used_secrets(&expansion.resources);
    let named = outcome.wanted.into_iter().map(|(name, wanted)| {
        let used = used.contains(&name);
        NamedSecret { name, generate: wanted.generate, place: wanted.place, used }
    });
    let named = named.collect();
    Review { problems, expansion, whole, secrets, named }
}

/// Adds the secrets in the spec that are not reported yet, and hides all of them; returns their places.
fn redact_all(problems: &mut Problems, spec: &Spec, modules: &Modules) -> Vec<Place> {
    let plain = plain_secrets(spec, &|path| is_option(modules, path).unwrap_or(false));
    let secrets = merge_plain(problems, plain);
    name_secrets(problems, spec, modules);
    redact(problems, &secrets);
    secrets
}

/// Whether this path is an option of a module, or an attribute of a kind, that is not a secret, whatever its name.
fn is_option(modules: &Modules, path: &[&str]) -> Option<bool> {
    if let ["resource", name, attribute] = path {
        let doc = kind(name)?.attributes.iter().find(|doc| doc.name == *attribute);
        return doc.map(|doc| doc.takes != SECRET);
    }
    let (module, rest) = path.split_first()?;
    let (name, below) = rest.split_first()?;
    let mut ty = &modules.get(module)?.params.get(*name)?.field.ty;
    for (at, key) in below.iter().enumerate() {
        ty = match item_type(ty) {
            ParamType::Table(fields) => &fields.get(*key)?.ty,
            // The user chooses this key, so its name tells what the value is: `DB_PASS` in an environment.
            ParamType::Map(..) if at + 1 == below.len() => return None,
            ParamType::Map(ty, _) => ty,
            _ => return None,
        };
    }
    // Text in place of `true` is treated as the secret that the option is named after.
    let open = matches!(
        item_type(ty),
        ParamType::Any | ParamType::Map(..) | ParamType::Table(_) | ParamType::Bool
    );
    Some(!open && !matches!(item_type(ty), ParamType::Secret(_)))
}

/// The type of a list's items, or else the type itself.
fn item_type(ty: &ParamType) -> &ParamType {
    match ty {
        ParamType::List(ty) => item_type(ty),
        ty => ty,
    }
}
