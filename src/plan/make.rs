//! Compares what is wanted with the host's answers, in the order of apply, so that each resource knows what earlier
//! changes will provide: a plan for a blank host is exact.

use super::ahead::begun_ahead;
use super::edges::edges;
use super::identity::{Claim, IdentityCheck, check_identity};
use super::key_fit::unfit_keys;
use super::order::{Group, order};
use super::scope::{Scope, limit_to};
use super::secrets::lost;
use super::stage::{Stage, phase};
use super::unchangeable::changed_permanent_values;
use super::work::work_items;
use super::{Item, Plan};
use crate::diagnostic::{Diagnostic, Problems};
use crate::resource::{
    Activation, Address, Answers, Comparison, Context, Effect, Phase, SimulatedHost, Wanted, kind,
};
use std::collections::HashMap;

/// Makes the plan.
///
/// # Errors
///
/// A secret that the host has is missing here, or no order is possible: nothing may be applied.
pub fn make(
    host: &str,
    wanted: &[Wanted],
    activations: &[Activation],
    answers: &Answers,
) -> Result<Plan, Problems> {
    make_from(host, wanted, activations, HostView::Answers(answers), &Scope::default(), None)
}

/// Makes the plan for a host that is not asked, and that an earlier wanted state describes.
///
/// # Errors
///
/// The resources cannot be ordered: a need is not declared (`plan/unknown-need`), or the needs form a cycle
/// (`plan/cycle`).
pub fn make_simulated(
    host: &str,
    wanted: &[Wanted],
    activations: &[Activation],
    simulated: &SimulatedHost<'_>,
) -> Result<Plan, Problems> {
    make_from(
        host,
        wanted,
        activations,
        HostView::SimulatedHost(simulated),
        &Scope::default(),
        None,
    )
}

/// What is known about the host.
#[derive(Clone, Copy)]
enum HostView<'a> {
    Answers(&'a Answers),
    SimulatedHost(&'a SimulatedHost<'a>),
}

fn make_from(
    host: &str,
    wanted: &[Wanted],
    activations: &[Activation],
    host_view: HostView<'_>,
    scope: &Scope,
    must_exist: Option<&Address>,
) -> Result<Plan, Problems> {
    let groups = order(wanted)?;
    let needs = edges(wanted)?;
    let mut builder = PlanBuilder {
        wanted,
        activations,
        host_view,
        must_exist,
        coming: Vec::new(),
        changed: HashMap::new(),
        compared: HashMap::new(),
        unchanged: Vec::new(),
        problems: Vec::new(),
        notes: Vec::new(),
    };
    for index in groups.iter().flat_map(|group| &group.members) {
        builder.compare_one(*index);
    }
    if !builder.problems.is_empty() {
        return Err(builder.problems);
    }
    let mut compared = Vec::new();
    for index in 0..wanted.len() {
        let done = builder.compared.remove(&index);
        compared.push(done.unwrap_or((Comparison::unchanged(), Context::default())));
    }
    let mut plan = Plan {
        host: host.to_owned(),
        unchanged: builder.unchanged,
        notes: builder.notes,
        ..Plan::default()
    };
    if !scope.is_whole() {
        let changed: Vec<bool> = compared.iter().map(|(change, _)| change.is_change()).collect();
        let limited = limit_to(scope, wanted, &needs, &changed);
        for ((change, _), is_inside) in compared.iter_mut().zip(&limited.inside) {
            if !is_inside {
                *change = Comparison::unchanged();
            }
        }
        plan.scoped = Some(limited.scoped);
    }
    for index in groups.iter().flat_map(|group| &group.members) {
        plan.items.extend(item(*index, wanted, &compared, &needs, activations));
    }
    set_one_way(&mut plan.items, &groups, wanted);
    plan.work_items =
        begun_ahead(work_items(wanted, &groups, &compared, &plan.items), wanted, &needs);
    Ok(plan)
}

/// Marks what is done before a switch ends and is not undone with it. Without a switch, nothing is undone.
fn set_one_way(items: &mut [Item], groups: &[Group], wanted: &[Wanted]) {
    let is_switched = |address: &Address, stage: Stage| {
        let of = |group: &&Group| group.stage == stage;
        let mut members = groups.iter().filter(of).flat_map(|group| &group.members);
        members.any(|index| wanted.get(*index).is_some_and(|one| one.address() == address))
    };
    let mut switched = items.iter().filter(|item| item.activation.is_some());
    if !switched.any(|item| is_switched(&item.address, Stage::Switch)) {
        return;
    }
    for item in items {
        let phase = kind(&item.address.kind).map_or(Phase::Act, |kind| kind.phase);
        item.one_way = matches!(phase, Phase::Prepare | Phase::Act | Phase::Outside)
            && !is_switched(&item.address, Stage::Rest);
    }
}

/// Makes the plan once it is certain which server this is; the identity's risks become the plan's. Only what is within
/// `scope` changes.
///
/// # Errors
///
/// The host may not become this server, a pattern of `scope` matches no resource, a private key does not fit its
/// certificate, a value that can never change would change, or no plan is possible, as for `make`.
pub fn make_checked(
    claim: &Claim<'_>,
    host: &str,
    wanted: &[Wanted],
    activations: &[Activation],
    answers: &Answers,
    scope: &Scope,
) -> Result<(Plan, IdentityCheck), Problems> {
    let identity_check = check_identity(claim, wanted, answers)?;
    let mut refused = scope.check(wanted);
    refused.extend(unfit_keys(wanted));
    refused.extend(changed_permanent_values(wanted, answers));
    if !refused.is_empty() {
        return Err(refused);
    }
    let host_view = HostView::Answers(answers);
    let must_exist = identity_check.must_exist.as_ref();
    let mut plan = make_from(host, wanted, activations, host_view, scope, must_exist)?;
    plan.risks.clone_from(&identity_check.risks);
    Ok((plan, identity_check))
}

struct PlanBuilder<'a> {
    wanted: &'a [Wanted],
    activations: &'a [Activation],
    host_view: HostView<'a>,
    must_exist: Option<&'a Address>,
    coming: Vec<(String, Address)>,
    changed: HashMap<String, Vec<(Address, Effect)>>,
    compared: HashMap<usize, (Comparison, Context)>,
    unchanged: Vec<Address>,
    problems: Problems,
    notes: Problems,
}

impl PlanBuilder<'_> {
    fn compare_one(&mut self, index: usize) {
        let Some(item) = self.wanted.get(index) else { return };
        let mut context = item.context.clone();
        context.coming = self.coming.clone();
        context.must_exist = self.must_exist == Some(item.address());
        let activation = item.declared.activation.as_deref();
        if let Some(changed) = activation.and_then(|name| self.changed.get(name)) {
            context.changed = changed.clone();
        }
        let is_own = |one: &&Activation| Some(one.name.as_str()) == activation;
        let activation = self.activations.iter().find(is_own);
        context.restart_if = activation.and_then(|one| one.restart.clone());
        let observed = match self.host_view {
            HostView::Answers(answers) => {
                let observed = item.resource.observe(&context, answers);
                self.problems.extend(lost(item, &observed, answers));
                observed
            }
            HostView::SimulatedHost(simulated) => {
                item.resource.simulate(&context, simulated, simulated.get(item.address()))
            }
        };
        let comparison = item.resource.compare(&context, &observed);
        if comparison.is_change() {
            self.remember(item, &comparison);
        } else {
            self.unchanged.push(item.address().clone());
            let notes = comparison.notes.iter();
            self.notes.extend(notes.map(|note| Diagnostic::note("plan/host", note.as_str())));
        }
        self.compared.insert(index, (comparison, context));
    }

    /// Remembers what the change provides, and what it affects.
    fn remember(&mut self, item: &Wanted, comparison: &Comparison) {
        if item.resource.is_missing(comparison) {
            let provisions = item.resource.provides().into_iter();
            self.coming.extend(provisions.map(|provision| (provision, item.address().clone())));
        }
        let Some(name) = &item.declared.activation else { return };
        if phase(item) != Phase::Effect {
            let effect = effect_of(item, self.activations);
            let changed = self.changed.entry(name.clone()).or_default();
            changed.push((item.address().clone(), effect));
        }
    }
}

/// Returns what a change of this member requires of the services of its activation.
fn effect_of(item: &Wanted, activations: &[Activation]) -> Effect {
    let name = item.declared.activation.as_deref();
    let activation = activations.iter().find(|activation| Some(activation.name.as_str()) == name);
    let own = activation.map_or(Effect::Restart, |activation| activation.effect);
    item.declared.effect.unwrap_or(own)
}

fn item(
    index: usize,
    wanted: &[Wanted],
    compared: &[(Comparison, Context)],
    needs: &[Vec<usize>],
    activations: &[Activation],
) -> Option<Item> {
    let (change, context) = compared.get(index)?;
    if !change.is_change() {
        return None;
    }
    let item = wanted.get(index)?;
    let pending = |need: &&usize| {
        let (need, compared) = (wanted.get(**need), compared.get(**need));
        need.zip(compared).is_some_and(|(need, (change, _))| need.resource.is_missing(change))
    };
    let after = needs.get(index)?.iter().filter(pending);
    let is_service = phase(item) == Phase::Effect;
    Some(Item {
        address: item.address().clone(),
        change: change.clone(),
        destroys: None,
        because: context
            .changed
            .iter()
            .map(|(address, _)| address.clone())
            .filter(|_| is_service)
            .collect(),
        after: after
            .filter_map(|need| wanted.get(*need))
            .map(|need| need.address().clone())
            .collect(),
        activation: item.declared.activation.clone(),
        effect: item
            .declared
            .activation
            .as_ref()
            .filter(|_| !is_service)
            .map(|_| effect_of(item, activations)),
        one_way: false,
        why: item.declared.why.clone(),
        origin: item.declared.origin.clone(),
    })
}
