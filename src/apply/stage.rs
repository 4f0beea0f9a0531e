//! The staged check of a switch: the same functions write the same files, but into overlays that only the checkers see,
//! each in the sandbox of its service's unit, so that a value that would break a service never reaches it.

use crate::remote::request::{call, with_input};
use crate::resource::{Activation, Health, Step};
use crate::secret::{Content, Secret};
use std::collections::BTreeSet;

/// The step that records the health of these activations before a switch with nothing to check.
pub(super) fn record_health(observed: &[&Activation]) -> Step {
    let names: Vec<&str> = observed.iter().map(|one| one.name.as_str()).collect();
    let args: Vec<&str> =
        [need(observed).unwrap_or("-")].into_iter().chain(names.iter().copied()).collect();
    let label = format!("checking the state of {} before the switch", names.join(", "));
    Step::new(label, "switch_look_at", &args)
}

/// The program that the health checks need. Without it, health could not be checked after the switch either.
fn need(observed: &[&Activation]) -> Option<&'static str> {
    let mut asked = observed.iter().flat_map(|one| &one.health);
    asked.any(|health| matches!(health, Health::Http { .. })).then_some("curl")
}

/// The step that stages `script` and runs the activations' checkers on it, and meanwhile records the health of
/// `observed`.
pub(super) fn step(
    activations: &[&Activation],
    observed: &[&Activation],
    script: &[&Step],
) -> Step {
    let mut text = String::from("stage_write() {\n");
    for step in script {
        if let Some(path) = uncovered(step) {
            let why = format!(
                "{path} cannot be tested before the switch, because it is directly in /: use a path in a directory"
            );
            text.push_str(&format!("{} || exit\n", call("fail", &[&why])));
        }
        let args: Vec<&str> = step.call.args.iter().map(String::as_str).collect();
        let call = format!("{} >&2", call(step.call.function, &args));
        text.push_str(&with_input(&call, step.call.input.as_ref().map(Content::expose)));
        text.push_str(" || exit\n");
    }
    text.push_str(":\n}\nstage_checks() {\n");
    if let Some(program) = need(observed) {
        text.push_str(&format!("{} || exit\n", call("stage_needs", &[program])));
    }
    for activation in observed {
        text.push_str(&format!("{} </dev/null >&2 &\n", call("switch_look", &[&activation.name])));
    }
    for activation in activations {
        let user = activation.as_user.as_deref().unwrap_or("root");
        let sandbox = activation.sandbox.as_ref();
        let unit = sandbox.map_or("-", |sandbox| &sandbox.unit);
        let network = if sandbox.is_none_or(|sandbox| sandbox.network) { "yes" } else { "no" };
        let mut args = vec![activation.name.as_str(), user, unit, network];
        args.extend(activation.validate.iter().map(String::as_str));
        text.push_str(&format!("{} </dev/null || exit\n", call("stage_check", &args)));
    }
    text.push_str("wait\n}\n");
    let directories = directories_of(script);
    let args: Vec<&str> = directories.iter().map(String::as_str).collect();
    let names: Vec<&str> = activations.iter().map(|one| one.name.as_str()).collect();
    let label = format!("testing the new configuration of {}", names.join(", "));
    // The script may contain secrets from its files, so it is treated as one secret.
    let secret = Secret::new("staged", text);
    Step::new(label, "activation_stage", &args).input(Content::secret(&secret))
}

/// The directory that a step writes to; empty for `/`.
fn directory_of(step: &Step) -> Option<&str> {
    let path = step.call.args.first().filter(|arg| arg.starts_with('/'))?;
    if step.on_directory { Some(path) } else { path.rsplit_once('/').map(|(parent, _)| parent) }
}

/// The directories that the script writes to.
fn directories_of(script: &[&Step]) -> BTreeSet<String> {
    let all = script.iter().filter_map(|step| directory_of(step));
    all.filter(|directory| !directory.is_empty()).map(str::to_owned).collect()
}

/// The path that a step writes, if no overlay can cover it: directly in `/`.
fn uncovered<'s>(step: &&'s Step) -> Option<&'s str> {
    let is_in_root = directory_of(step).is_some_and(str::is_empty);
    step.call.args.first().filter(|_| is_in_root).map(String::as_str)
}
