//! The calls that carry a plan out on the host, and the items that they complete.

use super::stage::{Stage, phase};
use super::{Group, Item};
use crate::resource::{Address, Comparison, Context, Phase, Resource, Step, Wanted, kind};

/// Steps that carry out one item, or several together (one installation).
#[derive(Clone, Debug, PartialEq)]
pub struct WorkItem {
    /// The stage of the run.
    pub stage: Stage,
    /// The activation that it takes effect with.
    pub activation: Option<String>,
    /// The phase in which its resource changes.
    pub phase: Phase,
    /// The items that are as wanted once the steps have succeeded; empty if more steps for the same item follow.
    pub completes: Vec<Address>,
    /// What it is for, reported if it fails.
    pub owner: String,
    /// The steps.
    pub steps: Vec<Step>,
    /// The paths that the steps replace.
    pub replaces: Vec<String>,
}

/// Returns the works that carry out the items.
pub(super) fn work_items(
    wanted: &[Wanted],
    groups: &[Group],
    compared: &[(Comparison, Context)],
    items: &[Item],
) -> Vec<WorkItem> {
    let builder = WorkBuilder { wanted, compared };
    let is_item = |index: &usize| {
        wanted
            .get(*index)
            .is_some_and(|one| items.iter().any(|item| item.address == *one.address()))
    };
    let mut work_items = Vec::new();
    for group in groups {
        let changed: Vec<usize> = group.members.iter().copied().filter(is_item).collect();
        match builder.batch(group, &changed) {
            Some(steps) => work_items.extend(builder.work(group, &changed, steps)),
            None => work_items.extend(changed.iter().flat_map(|index| builder.one(group, *index))),
        }
    }
    // What is built beside what is in use comes before the switch.
    work_items.sort_by_key(|work| work.stage);
    work_items
}

struct WorkBuilder<'a> {
    wanted: &'a [Wanted],
    compared: &'a [(Comparison, Context)],
}

impl WorkBuilder<'_> {
    /// Returns one set of steps for all of them, if their kind batches changes.
    fn batch(&self, group: &Group, changed: &[usize]) -> Option<Vec<Step>> {
        let first = self.wanted.get(*changed.first()?).filter(|_| group.activation.is_none())?;
        let batch = kind(&first.address().kind)?.batch?;
        let pair = |index: &usize| -> Option<(&dyn Resource, &Comparison)> {
            Some((self.wanted.get(*index)?.resource.as_ref(), &self.compared.get(*index)?.0))
        };
        Some(batch(&changed.iter().filter_map(pair).collect::<Vec<_>>()))
    }

    fn one(&self, group: &Group, index: usize) -> Vec<WorkItem> {
        let Some(item) = self.wanted.get(index) else { return Vec::new() };
        let Some((change, context)) = self.compared.get(index) else { return Vec::new() };
        let is_early = |step: &Step| step.phase == Some(Phase::Prepare);
        let (early, steps): (Vec<Step>, Vec<Step>) =
            item.resource.converge(context, change).into_iter().partition(is_early);
        let work = self.work(group, &[index], steps);
        let before = work.clone().map(|work| WorkItem {
            stage: Stage::Prepare,
            activation: None,
            phase: Phase::Prepare,
            completes: Vec::new(),
            steps: early,
            replaces: Vec::new(),
            ..work
        });
        before.into_iter().chain(work).filter(|work| !work.steps.is_empty()).collect()
    }

    fn work(&self, group: &Group, of: &[usize], steps: Vec<Step>) -> Option<WorkItem> {
        let items: Vec<&Wanted> = of.iter().filter_map(|index| self.wanted.get(*index)).collect();
        let first = items.first()?;
        Some(WorkItem {
            stage: group.stage,
            activation: group.activation.clone(),
            phase: phase(first),
            completes: items.iter().map(|item| item.address().clone()).collect(),
            owner: first.address().to_string(),
            steps,
            replaces: items.iter().flat_map(|item| item.resource.replaces()).collect(),
        })
    }
}
