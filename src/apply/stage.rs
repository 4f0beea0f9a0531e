//! The staged check of an activation: the same functions write the same files, but into an overlay
//! that only the checkers see, so that a value that would end the service never reaches it.

use super::steps::line;
use crate::module::Activation;
use crate::remote::request::{call, with_input};
use crate::resource::Step;
use crate::secret::{Content, Secret};
use std::collections::BTreeSet;

/// The step that stages `script` and runs the activation's checkers on it.
pub(super) fn step(activation: &Activation, script: &[Step]) -> Step {
    let mut text = String::new();
    for step in script {
        let (call, input) = line(&step.call);
        text.push_str(&with_input(&format!("{call} >&2"), input));
        text.push_str(" || exit\n");
    }
    let user = activation.as_user.as_deref().unwrap_or("root");
    for command in &activation.validate {
        text.push_str(&format!("{} </dev/null || exit\n", call("stage_check", &[user, command])));
    }
    let folders = folders(script);
    let words: Vec<&str> = folders.iter().map(String::as_str).collect();
    let says = format!("checking {} before it is switched", activation.name);
    // The script may hold secrets of its files: it travels as one.
    let secret = Secret::new(format!("{}/staged", activation.name), text);
    Step::new(says, "activation_stage", &words).input(Content::secret(&secret))
}

/// The top folders that the script writes to.
fn folders(script: &[Step]) -> BTreeSet<String> {
    let top = |word: &String| {
        let rest = word.strip_prefix('/')?;
        let name = rest.split('/').next().filter(|name| !name.is_empty() && *name != rest)?;
        Some(format!("/{name}"))
    };
    script.iter().filter_map(|step| step.call.words.first()).filter_map(top).collect()
}
