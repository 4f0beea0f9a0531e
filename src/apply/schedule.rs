//! A plan as steps: which functions are called on the host, in which order, and which resources each one completes.
//! Pure, so that the steps of an apply can be tested without a host.

use super::stage;
use crate::plan::{Plan, Stage, WorkItem};
use crate::remote::request::call;
use crate::resource::{
    Activation, Address, Health, Phase, Step, UNIT_FILES, is_of_unit, reread_units,
};
use crate::secret::Content;

/// The role of a step in its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Updates the host's own records; changes nothing that the spec describes.
    Note,
    /// Changes packages or accounts, which is never undone; facts are read again afterwards.
    Install,
    /// Changes a database or runs a command, which is never undone.
    Act,
    /// Changes files.
    Change,
    /// Checks staged files that only the checker sees.
    Check,
    /// Backs up what a switch will replace.
    BackUp,
    /// Waits for a new login, which the operator's machine makes meanwhile.
    Login,
    /// Starts, reloads or tests; a switch undoes this together with its files.
    Effect,
    /// Asks a third party, such as a certificate authority.
    Outside,
}

impl Role {
    /// Whether a successful step with this role changes the host.
    pub(super) fn changes(self) -> bool {
        !matches!(self, Role::Note | Role::Check | Role::BackUp | Role::Login)
    }

    /// Whether it is never undone.
    pub(super) fn is_one_way(self) -> bool {
        matches!(self, Role::Install | Role::Act | Role::Outside)
    }

    /// Whether a failed step with this role has changed nothing: files are replaced completely or not at all.
    pub(super) fn is_whole_or_nothing(self) -> bool {
        !self.changes() || self == Role::Change
    }
}

/// What a step belongs to, and what is named if it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The run itself.
    Run,
    /// A resource, or several of one kind, in words.
    Resources(String),
    /// These activations.
    Activations(Vec<String>),
}

impl Owner {
    fn activation(name: &str) -> Owner {
        Owner::Activations(vec![name.to_owned()])
    }

    /// Whether it is this activation alone.
    pub(super) fn is_activation(&self, name: &str) -> bool {
        matches!(self, Owner::Activations(names) if *names == [name])
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owner::Run => f.write_str("the run"),
            Owner::Resources(label) => f.write_str(label),
            Owner::Activations(names) => write!(f, "activation {}", names.join(", ")),
        }
    }
}

/// One step and the resources that it completes.
#[derive(Clone, Debug)]
pub struct PlannedStep {
    /// The call.
    pub step: Step,
    /// The resources that are in their wanted state once it has succeeded.
    pub completes: Vec<Address>,
    /// What it belongs to.
    pub owner: Owner,
    /// Its role in the run.
    pub role: Role,
    /// The unit that it starts, stops or reloads.
    pub unit: Option<String>,
}

impl PlannedStep {
    /// Returns a step of the run itself.
    pub fn of_run(step: Step, role: Role) -> PlannedStep {
        PlannedStep { step, completes: Vec::new(), owner: Owner::Run, role, unit: None }
    }
}

/// All steps of a plan, part by part.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// The steps before the switch, which are not undone.
    pub prepare: Vec<PlannedStep>,
    /// The check of what the switch will write.
    pub check: Option<PlannedStep>,
    /// The steps that change as one: if any fails, all of them are undone.
    pub switch: Vec<PlannedStep>,
    /// The steps after the switch.
    pub rest: Vec<PlannedStep>,
    /// The last steps, whose outcome depends on third parties: they must not hold up what this host decides alone.
    pub outside: Vec<PlannedStep>,
}

impl Schedule {
    /// Returns the steps of the host, in the order of the run; those outside follow.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &PlannedStep> {
        let checked = self.prepare.iter().chain(&self.check);
        checked.chain(&self.switch).chain(&self.rest)
    }

    /// Returns the number of steps.
    pub fn len(&self) -> usize {
        self.prepare.len()
            + self.check.iter().len()
            + self.switch.len()
            + self.rest.len()
            + self.outside.len()
    }

    /// Has the switch also wait until the activations that it does not change are healthy: an interrupted run may have
    /// changed what they use, untested. If one is not, the changes of both runs are undone.
    pub fn test_all(&mut self, activations: &[Activation]) {
        let is_tested = |one: &Activation| {
            one.health.iter().all(|health| *health == Health::Login)
                || self.switch.iter().any(|step| step.owner.is_activation(&one.name))
        };
        let test = |one: &Activation| PlannedStep {
            owner: Owner::activation(&one.name),
            ..PlannedStep::of_run(health(one, &[]), Role::Check)
        };
        let tests: Vec<PlannedStep> =
            activations.iter().filter(|one| !is_tested(one)).map(test).collect();
        self.switch.extend(tests);
    }

    /// Whether there are no steps.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Returns the schedule of a plan.
pub fn schedule(plan: &Plan, activations: &[Activation]) -> Schedule {
    let of_stage = |stage| plan.work_items.iter().filter(move |work| work.stage == stage);
    let switched: Vec<&WorkItem> = of_stage(Stage::Switch).collect();
    let mut schedule = Schedule {
        prepare: of_stage(Stage::Prepare).flat_map(steps).collect(),
        ..Schedule::default()
    };
    if switched.iter().any(|work| work.activation.is_some()) {
        schedule.check = check(&switched, activations);
        schedule.switch = switch(&switched, activations);
    } else {
        schedule.rest.extend(switched.iter().flat_map(|work| steps(work)));
    }
    let (outside, own): (Vec<&WorkItem>, Vec<&WorkItem>) =
        of_stage(Stage::Rest).partition(|work| work.phase == Phase::Outside);
    schedule.rest.extend(own.into_iter().flat_map(steps));
    schedule.outside = outside.into_iter().flat_map(steps).collect();
    schedule
}

/// The steps of one work item; the last one completes its resources.
fn steps(work: &WorkItem) -> Vec<PlannedStep> {
    let last = work.steps.len().saturating_sub(1);
    let steps = work.steps.iter().enumerate();
    let made = steps.map(|(at, step)| PlannedStep {
        step: step.clone().with_salt(),
        completes: if at == last { work.completes.clone() } else { Vec::new() },
        owner: Owner::Resources(work.owner.clone()),
        role: role(step.phase.unwrap_or(work.phase)),
        unit: units(work).next().map(str::to_owned),
    });
    made.collect()
}

fn role(phase: Phase) -> Role {
    match phase {
        Phase::Prepare => Role::Install,
        Phase::Write => Role::Change,
        Phase::Act => Role::Act,
        Phase::Effect => Role::Effect,
        Phase::Outside => Role::Outside,
    }
}

/// A single check of everything the switch will write, before any of it is written; also asks for the current state
/// that a rollback would be compared with.
fn check(work_items: &[&WorkItem], activations: &[Activation]) -> Option<PlannedStep> {
    let is_file = |work: &&&WorkItem| work.phase == Phase::Write;
    let concerned = activations.iter().filter(|one| !one.validate.is_empty());
    let concerned: Vec<&Activation> = concerned
        .filter(|one| work_items.iter().filter(is_file).any(|work| is_of(work, one)))
        .collect();
    let observed =
        activations.iter().filter(|one| one.health.iter().any(|one| *one != Health::Login));
    let observed: Vec<&Activation> =
        observed.filter(|one| work_items.iter().any(|work| is_of(work, one))).collect();
    if concerned.is_empty() && observed.is_empty() {
        return None;
    }
    let steps = work_items.iter().filter(is_file).flat_map(|work| &work.steps);
    let steps: Vec<&Step> =
        steps.filter(|step| step.phase.is_none_or(|phase| phase == Phase::Write)).collect();
    let step = match concerned.is_empty() {
        true => stage::record_health(&observed),
        false => stage::step(&concerned, &observed, &steps),
    };
    let named = if concerned.is_empty() { observed } else { concerned };
    let names = named.iter().map(|one| one.name.clone()).collect();
    Some(PlannedStep { owner: Owner::Activations(names), ..PlannedStep::of_run(step, Role::Check) })
}

fn is_of(work: &WorkItem, activation: &Activation) -> bool {
    work.activation.as_deref() == Some(activation.name.as_str())
}

/// Backs up everything that will be replaced; then, for each activation in turn: the live files, their check in place,
/// the services and their health.
fn switch(work_items: &[&WorkItem], activations: &[Activation]) -> Vec<PlannedStep> {
    let parts: Vec<&[&WorkItem]> = work_items
        .chunk_by(|one, next| one.activation.is_some() && one.activation == next.activation)
        .collect();
    let mut made = vec![PlannedStep::of_run(back_up(&parts), Role::BackUp)];
    for part in parts {
        let name = part.first().and_then(|work| work.activation.as_deref());
        match activations.iter().find(|one| Some(one.name.as_str()) == name) {
            Some(activation) => activate(activation, part, &mut made),
            None => made.extend(part.iter().flat_map(|work| steps(work))),
        }
    }
    made
}

/// Backs up everything that the parts replace, and records the units that use it.
fn back_up(parts: &[&[&WorkItem]]) -> Step {
    let mut args: Vec<&str> = Vec::new();
    for part in parts {
        let Some(first) = part.first() else { continue };
        args.extend(["part", first.activation.as_deref().unwrap_or(&first.owner)]);
        for work in *part {
            args.extend(work.replaces.iter().flat_map(|path| ["path", path.as_str()]));
            args.extend(units(work).flat_map(|unit| ["unit", unit]));
        }
    }
    Step::new("backing up what will be replaced", "switch_keep", &args)
}

/// The units that a work item starts, stops or reloads.
fn units(work: &WorkItem) -> impl Iterator<Item = &str> {
    let services = work.completes.iter().filter(|_| work.phase == Phase::Effect);
    services.map(|address| address.name.as_str())
}

fn activate(activation: &Activation, work_items: &[&WorkItem], made: &mut Vec<PlannedStep>) {
    let alone = |step: Step| PlannedStep {
        owner: Owner::activation(&activation.name),
        ..PlannedStep::of_run(step, Role::Effect)
    };
    let (services, files): (Vec<&WorkItem>, Vec<&WorkItem>) =
        work_items.iter().partition(|work| work.phase == Phase::Effect);
    made.extend(files.iter().flat_map(|work| steps(work)));
    for command in &activation.validate_switched {
        let label = format!("testing the new configuration of {}", activation.name);
        made.push(alone(Step::new(label, "switch_check", &[command])));
    }
    let early = early(activation);
    if !services.is_empty() && !early.is_empty() {
        let label = format!("testing {} while it starts", activation.name);
        made.push(alone(Step::new(label, "health_begin", &early)));
    }
    // A service sees to its own unit before it takes effect.
    let units: Vec<&str> = services.iter().flat_map(|work| units(work)).collect();
    let mut replaced = files.iter().flat_map(|work| &work.replaces);
    let is_own = |path: &str| units.iter().any(|unit| is_of_unit(path, unit));
    if replaced.any(|path| path.starts_with(UNIT_FILES) && !is_own(path)) {
        made.push(alone(reread_units()));
    }
    made.extend(services.iter().flat_map(|work| steps(work)));
    if activation.health.contains(&Health::Login) {
        let owner = Owner::activation(&activation.name);
        made.push(PlannedStep { owner, ..PlannedStep::of_run(login(activation), Role::Login) });
    }
    if activation.health.iter().any(|one| *one != Health::Login) {
        made.push(alone(health(activation, &units)));
    } else if !units.is_empty() {
        let label = format!("recording what {} runs", activation.name);
        made.push(alone(Step::new(label, "service_accept", &units)));
    }
    if let Some(command) = &activation.watches {
        let label = format!("recording what else {} reads", activation.name);
        let args = [activation.name.as_str(), &activation.owns.join("\n"), command];
        made.push(alone(Step::new(label, "switch_watch", &args)));
    }
}

/// Waits until the activation is healthy. Units that do not become healthy are treated as not having read their files:
/// the next plan says so, even if a reload succeeded in this run.
fn health(activation: &Activation, units: &[&str]) -> Step {
    let conditions: Vec<String> = activation.health.iter().filter_map(condition).collect();
    let seconds = activation.timeout.as_secs().max(1).to_string();
    let args = [activation.name.as_str(), &seconds].into_iter().chain(units.iter().copied());
    let label = format!("waiting for {} to become healthy", activation.name);
    Step::new(label, "health_await", &args.collect::<Vec<_>>())
        .input(Content::plain(conditions.join(" && ")))
        .ending_after(activation.timeout.as_secs().max(1))
}

/// The conditions that need none of its services.
fn early(activation: &Activation) -> Vec<&str> {
    let commands = activation.health.iter().filter_map(|health| match health {
        Health::Run { command, early: true } => Some(command.as_str()),
        _ => None,
    });
    commands.collect()
}

/// Waits for a new login.
fn login(activation: &Activation) -> Step {
    let seconds = activation.timeout.as_secs().max(1);
    Step::new("waiting for a new login", "switch_login", &[&seconds.to_string()])
        .ending_after(seconds)
}

fn condition(health: &Health) -> Option<String> {
    Some(match health {
        Health::Run { command, early: true } => call("health_early", &[command]),
        Health::Run { command, early: false } => call("/bin/sh", &["-c", command]),
        Health::Login => return None,
        Health::Http { url, status, body } => {
            let status = status.to_string();
            call("health_http", &[url, &status, body.as_deref().unwrap_or("")])
        }
    })
}
