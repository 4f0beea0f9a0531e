//! The three stages of a run. Installations come first and are never undone; what takes effect in services, with
//! everything it needs, is one switch, which ends applied or as it was before; the rest follows.

use crate::resource::{Phase, Wanted, kind};
use serde::Serialize;

/// A stage of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Packages, accounts, and what they need.
    Prepare,
    /// Activations, and what they need.
    Switch,
    /// Everything that no activation needs.
    Rest,
}

impl Stage {
    /// All stages, in the order of a run.
    pub const ALL: [Stage; 3] = [Stage::Prepare, Stage::Switch, Stage::Rest];
}

/// Returns the phase in which this resource changes.
pub(super) fn phase(item: &Wanted) -> Phase {
    let of_kind = || kind(&item.address().kind).map_or(Phase::Act, |kind| kind.phase);
    item.resource.phase().unwrap_or_else(of_kind)
}

/// Returns the stage of each resource; `needs` are the positions of those that must come before it.
pub(super) fn stages(wanted: &[Wanted], needs: &[Vec<usize>]) -> Vec<Stage> {
    let mut stages = vec![Stage::Rest; wanted.len()];
    let in_activation =
        |at: &usize| wanted.get(*at).is_some_and(|item| item.declared.activation.is_some());
    let all = 0..wanted.len();
    set(&mut stages, Stage::Switch, &closure(needs, all.clone().filter(in_activation)));
    for (at, item) in wanted.iter().enumerate() {
        let first = match (phase(item), item.resource.prepares()) {
            (Phase::Prepare, _) => closure(needs, [at]),
            // It is built beside the one in use, so only what it needs comes first.
            (_, true) => closure(needs, needs.get(at).into_iter().flatten().copied()),
            _ => continue,
        };
        // What needs a running service is installed in its turn.
        let is_service = |at: &usize| wanted.get(*at).map(phase) == Some(Phase::Effect);
        if !first.iter().any(is_service) {
            set(&mut stages, Stage::Prepare, &first);
        }
    }
    stages
}

/// Returns everything that is needed to begin building what is built beside what is in use: it comes first, since the
/// rest can be installed meanwhile.
pub(super) fn needed_to_begin(wanted: &[Wanted], needs: &[Vec<usize>]) -> Vec<usize> {
    let built = wanted.iter().enumerate().filter(|(_, item)| item.resource.prepares());
    closure(needs, built.flat_map(|(at, _)| needs.get(at).into_iter().flatten().copied()))
}

fn set(stages: &mut [Stage], to: Stage, these: &[usize]) {
    for at in these {
        if let Some(stage) = stages.get_mut(*at) {
            *stage = to;
        }
    }
}

/// Returns these, and everything that must come before them.
pub(super) fn closure(needs: &[Vec<usize>], from: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let mut open: Vec<usize> = from.into_iter().collect();
    let mut seen = vec![false; needs.len()];
    while let Some(at) = open.pop() {
        if seen.get(at).copied().unwrap_or(true) {
            continue;
        }
        if let Some(seen) = seen.get_mut(at) {
            *seen = true;
        }
        found.push(at);
        open.extend(needs.get(at).into_iter().flatten());
    }
    found
}
