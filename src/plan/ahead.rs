//! Work that the host can do in the background: begun as soon as its needs are there, while other things are installed.

use super::stage::{Stage, closure};
use super::work::WorkItem;
use crate::resource::{Address, Step, Wanted};

/// Inserts the steps that begin such work; those that wait for it stay where they are. Where nothing else would run
/// meanwhile, there is no reason to begin it ahead.
pub(super) fn begun_ahead(
    mut work_items: Vec<WorkItem>,
    wanted: &[Wanted],
    needs: &[Vec<usize>],
) -> Vec<WorkItem> {
    let awaiting: Vec<WorkItem> =
        work_items.iter().filter(|work| is_begun(work)).cloned().collect();
    for work in awaiting {
        let place = work_items.iter().position(|one| *one == work).unwrap_or(work_items.len());
        let of_it = wanted.iter().position(|item| item.address().to_string() == work.owner);
        let needed = of_it.and_then(|index| needs.get(index)).into_iter().flatten().copied();
        let needed: Vec<&Address> = closure(needs, needed)
            .into_iter()
            .filter_map(|index| Some(wanted.get(index)?.address()))
            .collect();
        let before = work_items.get(..place).unwrap_or_default();
        let last =
            before.iter().rposition(|one| one.completes.iter().any(|of| needed.contains(&of)));
        let begin = last.map_or(0, |at| at + 1);
        let meanwhile = before.get(begin..).unwrap_or_default();
        if meanwhile.iter().any(|one| one.stage == Stage::Prepare && !is_begun(one)) {
            work_items.insert(begin, WorkItem { steps: begins(&work).collect(), ..work });
        }
    }
    work_items
}

fn is_begun(work: &WorkItem) -> bool {
    begins(work).next().is_some()
}

fn begins(work: &WorkItem) -> impl Iterator<Item = Step> {
    work.steps.iter().filter_map(Step::begins)
}
