//! Trials grouped into specs that `check` accepts: as few as possible, so that a full sweep takes minutes.

use super::option_values::{Trial, errors, spec};
use matrixform::for_tests::module::Modules;
use matrixform::for_tests::synapse::options;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The maximum number of trials per spec.
const BATCH: usize = 100;

/// The trials of one spec.
struct Group {
    /// Whether accounts are delegated to an account service, and whether Python packages are added.
    kind: (bool, bool),
    extra: Map<String, Value>,
    trials: Vec<Trial>,
}

impl Group {
    /// Whether there is room for another one, and `check` still accepts the whole.
    fn fits(&self, kind: (bool, bool), trial: &Trial, modules: &Modules) -> bool {
        let fits = self.kind == kind && self.trials.len() < BATCH;
        if !fits || !agree(&self.extra, &trial.extra) {
            return false;
        }
        let mut extra = self.extra.clone();
        merge(&mut extra, &trial.extra);
        errors(&spec(&extra, trial.delegated), modules).is_empty()
    }
}

/// Groups of trials that fit in one spec. Those that add Python packages are kept together.
pub(super) fn batches(trials: Vec<Trial>, modules: &Modules) -> Vec<Vec<Trial>> {
    let first = |name: &str| name.split(['.', '[']).next().unwrap_or_default().to_owned();
    let of_packages: BTreeSet<String> = options()
        .known
        .iter()
        .filter(|(_, option)| option.extra.is_some())
        .map(|(name, _)| first(name))
        .chain(["modules".to_owned(), "password_providers".to_owned()])
        .collect();
    let mut groups: Vec<Group> = Vec::new();
    for trial in trials {
        let packages = trial.extra.keys().any(|key| of_packages.contains(key));
        let kind = (trial.delegated, packages);
        match groups.iter_mut().find(|group| group.fits(kind, &trial, modules)) {
            Some(group) => {
                merge(&mut group.extra, &trial.extra);
                group.trials.push(trial);
            }
            None => groups.push(Group { kind, extra: trial.extra.clone(), trials: vec![trial] }),
        }
    }
    groups.sort_by_key(|group| group.kind);
    groups.into_iter().map(|group| group.trials).collect()
}

/// Whether no key is set to different values.
fn agree(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    other.iter().all(|(key, value)| one.get(key).is_none_or(|mine| one_value(mine, value)))
}

fn one_value(mine: &Value, theirs: &Value) -> bool {
    match (mine, theirs) {
        (Value::Object(mine), Value::Object(theirs)) => agree(mine, theirs),
        // The single list entry that both add keys to.
        (Value::Array(mine), Value::Array(theirs)) => match (mine.as_slice(), theirs.as_slice()) {
            ([mine @ Value::Object(_)], [theirs @ Value::Object(_)]) => one_value(mine, theirs),
            _ => mine == theirs,
        },
        _ => mine == theirs,
    }
}

/// Merges two tables.
pub(super) fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Object(mine)), Value::Object(theirs)) => merge(mine, theirs),
            (Some(Value::Array(mine)), Value::Array(theirs)) => {
                if let ([Value::Object(mine)], [Value::Object(theirs)]) =
                    (mine.as_mut_slice(), theirs.as_slice())
                {
                    merge(mine, theirs);
                }
            }
            _ => drop(into.insert(key.clone(), value.clone())),
        }
    }
}
