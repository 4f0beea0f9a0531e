//! The order in which resources converge: stage by stage, needs first, members of an activation together, otherwise as
//! declared. Changes that are better made together (packages) are grouped.

use super::Stage;
use super::edges::edges;
use super::stage::{closure, needed_to_begin, phase, stages};
use crate::diagnostic::{Diagnostic, Problems};
use crate::resource::{BatchConverge, Phase, Wanted, kind};
use std::collections::{BTreeSet, HashMap};

/// Resources that converge as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The stage of the run that it belongs to.
    pub stage: Stage,
    /// Their activation; `None` for a single resource or a batch of one kind.
    pub activation: Option<String>,
    /// Positions in the wanted list, in order.
    pub members: Vec<usize>,
}

/// Checks that the resources can be ordered.
///
/// # Errors
///
/// A need is not declared (`plan/unknown-need`), or the needs form a cycle (`plan/cycle`).
pub fn check_order(wanted: &[Wanted]) -> Result<(), Problems> {
    order(wanted).map(|_| ())
}

/// Orders all resources.
pub(super) fn order(wanted: &[Wanted]) -> Result<Vec<Group>, Problems> {
    let needs = edges(wanted)?;
    let stages = stages(wanted, &needs);
    let first = needed_to_begin(wanted, &needs);
    let mut all = Vec::new();
    for stage in Stage::ALL {
        all.extend(order_of(groups(wanted, &stages, stage), &needs, &first, wanted)?);
    }
    Ok(all)
}

/// Orders the groups of one stage; needs from earlier stages are already met.
fn order_of(
    groups: Vec<Group>,
    needs: &[Vec<usize>],
    first: &[usize],
    wanted: &[Wanted],
) -> Result<Vec<Group>, Problems> {
    const ELSEWHERE: usize = usize::MAX;
    let mut of = vec![ELSEWHERE; wanted.len()];
    for (index, group) in groups.iter().enumerate() {
        group.members.iter().for_each(|member| set(&mut of, *member, index));
    }
    let mut waits: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); groups.len()];
    for (index, group) in groups.iter().enumerate() {
        let first = group.members.iter().flat_map(|member| needs.get(*member)).flatten();
        let before = first.filter_map(|need| of.get(*need).copied());
        let before = before.filter(|of| *of != index && *of != ELSEWHERE);
        if let Some(wait) = waits.get_mut(index) {
            wait.extend(before);
        }
    }
    let sorted = sort(&groups, waits, first, wanted)?;
    sorted.into_iter().map(|group| inside(group, needs, wanted)).collect()
}

fn set(list: &mut [usize], index: usize, value: usize) {
    if let Some(slot) = list.get_mut(index) {
        *slot = value;
    }
}

/// Returns the groups of one stage: one per activation, and one per resource that has none or comes before its switch.
fn groups(wanted: &[Wanted], stages: &[Stage], stage: Stage) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    let of_stage = |(index, _): &(usize, &Wanted)| stages.get(*index) == Some(&stage);
    for (index, item) in wanted.iter().enumerate().filter(of_stage) {
        let activation = item.declared.activation.as_deref().filter(|_| stage == Stage::Switch);
        let known =
            activation.and_then(|name| by_name.get(name)).and_then(|at| groups.get_mut(*at));
        if let Some(group) = known {
            group.members.push(index);
            continue;
        }
        if let Some(name) = activation {
            by_name.insert(name, groups.len());
        }
        groups.push(Group {
            stage,
            activation: activation.map(str::to_owned),
            members: vec![index],
        });
    }
    groups
}

/// Kahn's algorithm. Groups of a kind that is batched wait until nothing else is ready; those that come first are a batch
/// of their own.
fn sort(
    groups: &[Group],
    mut waits: Vec<BTreeSet<usize>>,
    first: &[usize],
    wanted: &[Wanted],
) -> Result<Vec<Group>, Problems> {
    let waiting = waiting(&waits);
    let mut left: BTreeSet<usize> = (0..groups.len()).collect();
    let (mut alone, mut gathered) = (BTreeSet::new(), BTreeSet::new());
    let mut ready: Vec<usize> = left
        .iter()
        .filter(|index| waits.get(**index).is_some_and(BTreeSet::is_empty))
        .copied()
        .collect();
    let mut sorted = Vec::new();
    while !left.is_empty() {
        for index in ready.drain(..) {
            match batch(groups, wanted, index) {
                None => alone.insert(index),
                Some(_) => gathered.insert(index),
            };
        }
        let taken = match (alone.pop_first(), gathered.first()) {
            (Some(index), _) => vec![index],
            (None, Some(next)) => {
                let kind = kind_of(groups, wanted, *next);
                let same = |index: &usize| kind_of(groups, wanted, *index) == kind;
                let same = gathered.iter().copied().filter(same);
                let (early, late): (Vec<usize>, Vec<usize>) =
                    same.partition(|index| has_any(groups, *index, first));
                let taken = if early.is_empty() { late } else { early };
                taken.iter().for_each(|index| {
                    gathered.remove(index);
                });
                taken
            }
            (None, None) => return Err(vec![cycle(groups, &waits, wanted, &left)]),
        };
        for index in &taken {
            left.remove(index);
            for next in waiting.get(index).into_iter().flatten() {
                let Some(wait) = waits.get_mut(*next) else { continue };
                if wait.remove(index) && wait.is_empty() {
                    ready.push(*next);
                }
            }
        }
        sorted.push(gather(groups, &taken));
    }
    Ok(sorted)
}

fn has_any(groups: &[Group], index: usize, of: &[usize]) -> bool {
    groups.get(index).is_some_and(|group| group.members.iter().any(|member| of.contains(member)))
}

/// Returns, for each group, those that wait for it.
fn waiting(waits: &[BTreeSet<usize>]) -> HashMap<usize, Vec<usize>> {
    let mut waiting: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, wait) in waits.iter().enumerate() {
        wait.iter().for_each(|needed| waiting.entry(*needed).or_default().push(index));
    }
    waiting
}

fn gather(groups: &[Group], taken: &[usize]) -> Group {
    let picked = || taken.iter().filter_map(|index| groups.get(*index));
    Group {
        stage: picked().next().map_or(Stage::Rest, |group| group.stage),
        activation: picked().next().and_then(|group| group.activation.clone()),
        members: picked().flat_map(|group| group.members.iter().copied()).collect(),
    }
}

/// Returns the kind of a group's first member.
fn kind_of<'a>(groups: &[Group], wanted: &'a [Wanted], index: usize) -> Option<&'a str> {
    let first = groups.get(index)?.members.first()?;
    Some(wanted.get(*first)?.address().kind.as_str())
}

fn batch(groups: &[Group], wanted: &[Wanted], index: usize) -> Option<BatchConverge> {
    let group = groups.get(index).filter(|group| group.activation.is_none())?;
    let item = wanted.get(*group.members.first()?)?;
    kind(&item.address().kind)?.batch
}

/// Orders the members of a group: needs first, services last.
fn inside(group: Group, needs: &[Vec<usize>], wanted: &[Wanted]) -> Result<Group, Problems> {
    let mut order = group.members.clone();
    order.sort_by_key(|index| is_service(wanted, *index));
    let place: HashMap<usize, usize> =
        order.iter().enumerate().map(|(at, index)| (*index, at)).collect();
    let waits = order.iter().map(|index| {
        let needed = needs.get(*index).into_iter().flatten();
        let needed = needed.filter(|need| *need != index);
        needed.filter_map(|need| place.get(need).copied()).collect()
    });
    let mut waits: Vec<BTreeSet<usize>> = waits.collect();
    let waiting = waiting(&waits);
    let empty = waits.iter().enumerate().filter(|(_, wait)| wait.is_empty());
    let mut ready: BTreeSet<usize> = empty.map(|(at, _)| at).collect();
    let mut done = BTreeSet::new();
    let mut members = Vec::new();
    while let Some(at) = ready.pop_first() {
        done.insert(at);
        members.extend(order.get(at));
        for next in waiting.get(&at).into_iter().flatten() {
            let Some(wait) = waits.get_mut(*next) else { continue };
            if wait.remove(&at) && wait.is_empty() {
                ready.insert(*next);
            }
        }
    }
    if members.len() < order.len() {
        let left = order.iter().enumerate().filter(|(at, _)| !done.contains(at));
        let left: Vec<usize> = left.map(|(_, index)| *index).collect();
        return Err(vec![cycle_of(wanted, &left)]);
    }
    match late(&members, needs, wanted) {
        Some(problem) => Err(vec![problem]),
        None => Ok(Group { members, ..group }),
    }
}

/// Reports a member that would have to change after a service of its own activation, which has all its files in place
/// before the first service starts.
fn late(members: &[usize], needs: &[Vec<usize>], wanted: &[Wanted]) -> Option<Diagnostic> {
    let first = members.iter().position(|index| is_service(wanted, *index))?;
    let is_file = |index: &usize| !is_service(wanted, *index);
    let index = members.iter().skip(first).copied().find(is_file)?;
    let is_started = |index: &usize| members.contains(index) && is_service(wanted, *index);
    let service = closure(needs, [index]).into_iter().find(is_started)?;
    let (item, service) = (wanted.get(index)?, wanted.get(service)?);
    let activation = item.declared.activation.as_deref().unwrap_or_default();
    let message = format!(
        "{} needs {}, but the activation {activation} puts all its files in place before it starts a service",
        item.address(),
        service.address()
    );
    let help = "remove the need, or keep the file out of the activation: `activation = \"none\"`";
    Some(Diagnostic::error("plan/late", message).at(item.declared.origin.place()).help(help))
}

fn is_service(wanted: &[Wanted], index: usize) -> bool {
    wanted.get(index).map(phase) == Some(Phase::Effect)
}

/// Follows the dependencies until a group repeats.
fn cycle(
    groups: &[Group],
    waits: &[BTreeSet<usize>],
    wanted: &[Wanted],
    left: &BTreeSet<usize>,
) -> Diagnostic {
    let mut path: Vec<usize> = Vec::new();
    let mut at = left.first().copied();
    while let Some(index) = at.filter(|index| !path.contains(index)) {
        path.push(index);
        at = waits.get(index).and_then(|wait| wait.first().copied());
    }
    let start = path.iter().position(|index| Some(*index) == at).unwrap_or(0);
    let circle: Vec<usize> = path.into_iter().skip(start).chain(at).collect();
    let members: Vec<usize> =
        circle.iter().filter_map(|index| groups.get(*index)?.members.first().copied()).collect();
    cycle_of(wanted, &members)
}

fn cycle_of(wanted: &[Wanted], members: &[usize]) -> Diagnostic {
    let name = |item: &Wanted| match &item.declared.activation {
        Some(activation) => format!("{} (activation {activation})", item.address()),
        None => item.address().to_string(),
    };
    let items: Vec<&Wanted> = members.iter().filter_map(|index| wanted.get(*index)).collect();
    let path: Vec<String> = items.iter().map(|item| name(item)).collect();
    let problem =
        Diagnostic::error("plan/cycle", format!("circular dependency: {}", path.join(" → ")));
    match items.first() {
        Some(item) => problem.at(item.declared.origin.place()),
        None => problem,
    }
}
