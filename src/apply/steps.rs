//! A plan as steps: what is called on the host, in order, and which resource each step completes.
//! Pure, so that what apply will do can be tested without a host.

use super::stage;
use crate::module::{Activation, Health};
use crate::plan::{Group, Planned};
use crate::remote::request::call;
use crate::resource::{Address, Call, Comparison, Resource, Step, Wanted, kind};
use crate::secret::Content;

/// One step and what it completes.
#[derive(Debug)]
pub struct Move {
    /// The call, in words.
    pub step: Step,
    /// The resources that are as wanted when it has succeeded.
    pub completes: Vec<Address>,
    /// What it is for, when it fails: a resource or an activation.
    pub of: String,
    /// Whether packages change, so that facts must be read again.
    pub installs: bool,
}

/// All steps of a plan.
pub fn steps(wanted: &[Wanted], planned: &Planned, activations: &[Activation]) -> Vec<Move> {
    let mut moves = Vec::new();
    for group in &planned.groups {
        let maker = Maker { wanted, planned, group };
        match activations.iter().find(|one| Some(&one.name) == group.activation.as_ref()) {
            Some(activation) => maker.activation(activation, &mut moves),
            None => maker.plain(&maker.changed(), &mut moves),
        }
    }
    moves
}

struct Maker<'a> {
    wanted: &'a [Wanted],
    planned: &'a Planned,
    group: &'a Group,
}

impl<'a> Maker<'a> {
    /// The members that change.
    fn changed(&self) -> Vec<usize> {
        let is_change = |index: &&usize| {
            self.planned.compared.get(**index).is_some_and(|(change, _)| change.is_change())
        };
        self.group.members.iter().filter(is_change).copied().collect()
    }

    fn at(&self, index: usize) -> Option<(&'a Wanted, &'a Comparison)> {
        Some((self.wanted.get(index)?, &self.planned.compared.get(index)?.0))
    }

    fn converge(&self, index: usize) -> Vec<Step> {
        let Some((item, change)) = self.at(index) else { return Vec::new() };
        let Some((_, context)) = self.planned.compared.get(index) else { return Vec::new() };
        item.resource.converge(context, change)
    }

    /// Members without an activation: together where the kind asks for it, else one by one.
    fn plain(&self, changed: &[usize], moves: &mut Vec<Move>) {
        let first = changed.first().and_then(|index| self.at(*index));
        let kind = first.and_then(|(item, _)| kind(&item.address().kind));
        if let Some(together) = kind.and_then(|kind| kind.together) {
            let items: Vec<(&dyn Resource, &Comparison)> = changed
                .iter()
                .filter_map(|index| self.at(*index))
                .map(|(item, change)| (item.resource.as_ref(), change))
                .collect();
            self.push(changed, together(&items), true, moves);
            return;
        }
        for index in changed {
            self.push(&[*index], self.converge(*index), false, moves);
        }
    }

    /// Packages first, then the staged set is checked, then it is switched, then the services.
    fn activation(&self, activation: &Activation, moves: &mut Vec<Move>) {
        let changed = self.changed();
        if changed.is_empty() {
            return;
        }
        let of_kind = |kinds: &[&str]| -> Vec<usize> {
            let fits = |index: &&usize| {
                self.at(**index)
                    .is_some_and(|(item, _)| kinds.contains(&item.address().kind.as_str()))
            };
            changed.iter().filter(fits).copied().collect()
        };
        let (packages, services) = (of_kind(&["apt"]), of_kind(&["service"]));
        let venvs = of_kind(&["venv"]);
        let is_live = |index: &&usize| {
            !packages.contains(index) && !services.contains(index) && !venvs.contains(index)
        };
        let staged: Vec<usize> = changed.iter().filter(is_live).copied().collect();
        if !packages.is_empty() {
            self.plain(&packages, moves);
        }
        self.plain(&venvs, moves);
        let script: Vec<Step> = staged.iter().flat_map(|index| self.converge(*index)).collect();
        if !staged.is_empty() && !activation.validate.is_empty() {
            moves.push(self.alone(activation, stage::step(activation, &script)));
        }
        self.switch(activation, &staged, !services.is_empty(), moves);
        self.plain(&services, moves);
        for index in &services {
            moves.extend(self.restart(activation, *index));
        }
        let units = services.iter().filter_map(|index| Some(self.at(*index)?.0.address()));
        let units: Vec<&str> = units.map(|address| address.name.as_str()).collect();
        if !activation.health.is_empty() {
            moves.push(self.alone(activation, health(activation, &units)));
        } else if !units.is_empty() {
            let says = format!("remembering what {} runs", activation.name);
            moves.push(self.alone(activation, Step::new(says, "service_accept", &units)));
        }
    }

    /// The live files, between keeping the old ones and the check that may put them back. A run that was
    /// cut after the files leaves that check to the next one, which has only the service to converge.
    fn switch(
        &self,
        activation: &Activation,
        staged: &[usize],
        takes_effect: bool,
        moves: &mut Vec<Move>,
    ) {
        let name = activation.name.as_str();
        if activation.validate_switched.is_empty() || (staged.is_empty() && !takes_effect) {
            return self.plain(staged, moves);
        }
        if !staged.is_empty() {
            let paths = self.paths(staged);
            let mut words = vec![name];
            words.extend(paths.iter().map(String::as_str));
            let keep = Step::new(format!("keeping what {name} replaces"), "switch_keep", &words);
            moves.push(self.alone(activation, keep));
            self.plain(staged, moves);
        }
        for command in &activation.validate_switched {
            let says = format!("checking {name} before it takes effect");
            moves.push(self.alone(activation, Step::new(says, "switch_check", &[name, command])));
        }
        let done = Step::new(format!("accepting {name}"), "switch_done", &[name]);
        moves.push(self.alone(activation, done));
    }

    /// After a reload: a restart too, when the activation's own question says so.
    fn restart(&self, activation: &Activation, index: usize) -> Option<Move> {
        let command = activation.restart.as_deref()?;
        let steps = self.converge(index);
        let step = steps.iter().find(|step| step.call.function == "service_converge")?;
        let [unit, verb, rest @ ..] = step.call.words.as_slice() else { return None };
        if verb != "reload" {
            return None;
        }
        let mut words = vec![command, unit, "restart"];
        words.extend(rest.iter().map(String::as_str));
        let says = format!("restarting {unit}, if a reload was not enough");
        let restart = Step::new(says, "restart_if_asked", &words).within(step.limit);
        Some(self.alone(activation, restart))
    }

    fn paths(&self, of: &[usize]) -> Vec<String> {
        let items = of.iter().filter_map(|index| self.wanted.get(*index));
        let words = items.flat_map(|item| item.resource.provides());
        words.filter_map(|word| word.strip_prefix("path:").map(str::to_owned)).collect()
    }

    fn alone(&self, activation: &Activation, step: Step) -> Move {
        let of = format!("activation {}", activation.name);
        Move { step, completes: Vec::new(), of, installs: false }
    }

    fn push(&self, of: &[usize], steps: Vec<Step>, installs: bool, moves: &mut Vec<Move>) {
        let addresses: Vec<Address> = of
            .iter()
            .filter_map(|index| Some(self.wanted.get(*index)?.address().clone()))
            .collect();
        let name = addresses.first().map(ToString::to_string).unwrap_or_default();
        let last = steps.len().saturating_sub(1);
        for (number, step) in steps.into_iter().enumerate() {
            let completes = if number == last { addresses.clone() } else { Vec::new() };
            moves.push(Move {
                step,
                completes,
                of: name.clone(),
                installs: installs && number == last,
            });
        }
    }
}

/// Waits until the activation is healthy. Units that do not become so have not taken up their files:
/// the next plan says so, whatever this one thought of a reload that returned.
fn health(activation: &Activation, units: &[&str]) -> Step {
    let conditions: Vec<String> = activation.health.iter().map(condition).collect();
    let limit = activation.timeout.as_secs().max(1);
    let seconds = limit.to_string();
    let words: Vec<&str> = [seconds.as_str()].into_iter().chain(units.iter().copied()).collect();
    Step::new(format!("waiting until {} is healthy", activation.name), "health_await", &words)
        .input(Content::plain(conditions.join(" && ")))
        .ending_after(limit)
}

fn condition(health: &Health) -> String {
    match health {
        Health::Run(command) => call("/bin/sh", &["-c", command]),
        Health::Http { url, status, body } => {
            let status = status.to_string();
            call("health_http", &[url, &status, body.as_deref().unwrap_or("")])
        }
    }
}

/// A step as one line of shell for a staged script.
pub(super) fn line(call_of: &Call) -> (String, Option<&[u8]>) {
    let words: Vec<&str> = call_of.words.iter().map(String::as_str).collect();
    (call(call_of.function, &words), call_of.input.as_ref().map(Content::expose))
}
