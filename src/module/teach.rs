//! Unknown keys that are known elsewhere: names that guides invented, options of Synapse that are other
//! words here. A typo gets the nearest word; these get what to write instead.

use super::Modules;
use super::manifest::{Manifest, Setting};
use crate::diagnostic::{Diagnostic, nearest};
use crate::spec::OWN_KEYS;
use crate::synapse::{GuideName, explain, options, own_name};

/// The module whose section people take for homeserver.yaml.
const HOMESERVER: &str = "synapse";

/// The problem of an unknown key with what to write in its place, where that is known.
pub(super) fn teach(manifest: &Manifest, problem: Diagnostic) -> Diagnostic {
    if problem.code != "spec/unknown-key" || manifest.name != HOMESERVER {
        return problem;
    }
    let Some(name) = key(&problem) else { return problem };
    // `[synapse.rate_limits]` names limits without their `rc_`.
    let limit = format!("rc_{name}");
    if let Some(known) = explain(&name).or_else(|| explain(&limit)).or_else(|| own_name(&name)) {
        return told(known, problem);
    }
    if let Some(instead) = parameter(manifest, &name) {
        return Diagnostic {
            message: format!("unknown key `{name}`: Synapse's option has another word here"),
            ..problem.help(instead)
        };
    }
    let is_option = options().known.contains_key(&name);
    let is_typo = problem.help.as_deref().is_some_and(|help| help.starts_with("did you mean"));
    match is_option && !is_typo {
        true => problem.help(format!(
            "it is an option of homeserver.yaml without a word of its own here: write `{name}` under `[synapse.extra]`"
        )),
        false => problem,
    }
}

/// The problem of an unknown section, likewise.
pub(super) fn teach_section(name: &str, modules: &Modules, problem: Diagnostic) -> Diagnostic {
    if let Some(known) = explain(name).or_else(|| own_name(name)) {
        return told(known, problem);
    }
    let known: Vec<&str> = modules.iter().map(|manifest| manifest.name.as_str()).collect();
    if let Some(near) = nearest(name, known.iter().chain(&OWN_KEYS).copied()) {
        return problem.help(format!("did you mean `{near}`?"));
    }
    let homeserver = modules.get(HOMESERVER);
    match homeserver.and_then(|manifest| parameter(manifest, name)) {
        Some(instead) => problem.help(instead),
        None => problem.help(format!("the modules are `{}`", known.join("`, `"))),
    }
}

fn told(known: &GuideName, problem: Diagnostic) -> Diagnostic {
    let message = format!("{}: {}", problem.message, known.why);
    Diagnostic { message, ..problem.help(known.instead) }
}

/// The key that a problem points to.
fn key(problem: &Diagnostic) -> Option<String> {
    let (place, _) = problem.place.as_ref()?;
    let text = place.text();
    Some(text.trim_matches(['"', '\'']).to_owned())
}

/// What to write for an option that parameters set as it is.
fn parameter(manifest: &Manifest, option: &str) -> Option<String> {
    let sets = |setting: &&Setting| setting.key.first().is_some_and(|first| first == option);
    let setting: Vec<&Setting> = manifest.settings.iter().filter(sets).collect();
    let first = setting.first()?;
    let shared = (0..first.from.len())
        .take_while(|at| setting.iter().all(|other| other.from.get(*at) == first.from.get(*at)));
    let shared = first.from.get(..shared.count())?;
    let (section, words) = match (shared.split_last(), setting.len()) {
        (Some((last, above)), 1) => (above, format!("`{last}`")),
        (Some((last, above)), _) if !above.is_empty() => (above, format!("`{last}`")),
        _ => {
            let words = setting.iter().filter_map(|one| one.from.get(shared.len()..));
            let words: Vec<String> = words.map(|below| format!("`{}`", below.join("."))).collect();
            (shared, words.join(" or "))
        }
    };
    let section: Vec<&str> =
        std::iter::once(HOMESERVER).chain(section.iter().map(String::as_str)).collect();
    Some(format!("write {words} under `[{}]`", section.join(".")))
}
