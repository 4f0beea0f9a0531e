//! Every option of Synapse with a valid value, and fragments of real configurations: `check` accepts each or suggests a
//! replacement. docs/extra.md lists them; tests/lab/options.rs applies the accepted ones to a real host.

#[path = "../support/fragments.rs"]
mod fragments;
#[path = "../support/option_values.rs"]
mod option_values;

use fragments::{Fragment, fragments};
use matrixform::for_tests::diagnostic::Diagnostic;
use matrixform::for_tests::module::Modules;
use option_values::{BODY, errors, modules, trials};
use std::path::Path;

/// Fewer would mean that the test covers nothing.
const LEAST: usize = 450;

const HEAD: &str = "# What `[synapse.extra]` was tried with\n\n\
Made by `UPDATE_DOCS=1 cargo test --test check options::`, not to be edited by hand. Every option that Synapse has is given a \
valid value (tests/support/option_values.toml). `check` takes it, or refuses it offline, with what to write. What it takes is \
judged by the host's own reader (`cargo test --test synapse_options`, one in five; `MATRIXFORM_FULL=1` all), and applied to a \
real host by `tests/full options`, of which `tests/run` draws some.\n";

/// Coverage of the last full sweep on a host: place and time, then one name per line.
const APPLIED: &str = include_str!("../support/options_applied.txt");

/// Whether the last full sweep on a host included it.
fn was_applied(name: &str) -> bool {
    APPLIED.lines().skip(1).any(|line| line == name)
}

#[test]
fn each_is_taken_or_refused_with_what_to_write() {
    let modules = modules();
    let clean = errors(BODY, &modules);
    assert!(clean.is_empty(), "the rest is right: {clean:?}");
    let (mut taken, mut refused, mut silent) = (Vec::new(), Vec::new(), String::new());
    for trial in trials() {
        match trial.refusal(&modules) {
            None => taken.push(trial.name),
            Some(problem) if problem.help.is_none() => silent += &problem.render(false),
            Some(problem) => refused.push((trial.name, problem)),
        }
    }
    assert!(silent.is_empty(), "nothing is said of what to write:\n{silent}");
    assert!(taken.len() >= LEAST, "{}", taken.len());
    current(&taken, &refused, &modules);
}

/// Compares the page with the stored one.
fn current(taken: &[String], refused: &[(String, Diagnostic)], modules: &Modules) {
    let all = fragments();
    let (right, wrong): (Vec<_>, Vec<_>) = all.iter().partition(|fragment| fragment.says.is_none());
    let applied =
        |names: &mut dyn Iterator<Item = &String>| names.filter(|name| was_applied(name)).count();
    let known = |of: &[&Fragment]| applied(&mut of.iter().map(|fragment| &fragment.trial.name));
    let mut page = format!(
        "{HEAD}\n\
         Last whole sweep on a host: {}. After each apply Synapse was healthy, read its configuration as \
         the spec says it, and a second plan was empty.\n\n\
         | | in all | `check` takes | applied to that host | `check` refuses | an apply to that host refused |\n\
         | --- | --- | --- | --- | --- | --- |\n\
         | options | {} | {} | {} | {} | |\n\
         | fragments | {} | {} | {} | {} | {} |\n",
        APPLIED.lines().next().unwrap_or_default(),
        taken.len() + refused.len(),
        taken.len(),
        applied(&mut taken.iter()),
        refused.len(),
        all.len(),
        right.len(),
        known(&right),
        wrong.len(),
        known(&wrong),
    );
    let not_yet: Vec<&String> = taken.iter().filter(|name| !was_applied(name)).collect();
    if !not_yet.is_empty() {
        page += &format!("\nNot applied to a host yet: {not_yet:?}.\n");
    }
    page += "\n## Fragments of real configurations\n\nSubjects from guides, playbooks and issues, in a spec's words \
             (tests/support/fragments.toml). *right*: `check` takes it. On a host: what an apply to one did with it in the last \
             sweep: what is refused is refused offline, before the host is touched.\n\n\
             | What | Found in | Outcome | On a host |\n| --- | --- | --- | --- |\n";
    for fragment in &all {
        let outcome = fragment.trial.refusal(modules).map_or("right".to_owned(), |problem| {
            format!("{}. *{}*", problem.message, problem.help.unwrap_or_default())
        });
        let on_a_host = match (was_applied(&fragment.trial.name), &fragment.says) {
            (true, None) => "applied",
            (true, Some(_)) => "refused",
            (false, _) => "not tried",
        };
        let (name, from) = (&fragment.name, &fragment.from);
        page += &format!("| {name} | {from} | {} | {on_a_host} |\n", cell(&outcome));
    }
    page += "\n## What is refused\n\n| Option | Why | What to write |\n| --- | --- | --- |\n";
    for (name, problem) in refused {
        let help = problem.help.as_deref().unwrap_or_default();
        page += &format!("| `{name}` | {} | {} |\n", cell(&problem.message), cell(help));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/extra.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/extra.md is stale: UPDATE_DOCS=1 cargo test --test check options::"
    );
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[test]
fn fragments_are_right_or_say_what_to_write() {
    let modules = modules();
    let mut wrong = String::new();
    for fragment in fragments() {
        let reported = fragment.trial.refusal(&modules);
        let words = reported
            .as_ref()
            .map(|one| format!("{}\n{}", one.message, one.help.as_deref().unwrap_or_default()));
        match (&fragment.says, words) {
            (None, None) => {}
            (Some(says), Some(words))
                if words.contains(says) && reported.unwrap().help.is_some() => {}
            (says, words) => {
                wrong += &format!("{}: {says:?}, and found {words:?}\n", fragment.name)
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(fragments().len() >= 40);
}
