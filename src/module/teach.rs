//! Help for unknown keys that are known elsewhere: names that guides invented, and Synapse options with a different
//! name here. A typo gets the most similar name; these get what to write instead.

use super::checks::WrittenKeys;
use super::manifest::{Manifest, Setting};
use super::{Modules, misplaced};
use crate::diagnostic::{Diagnostic, Place, nearest};
use crate::spec::keys::KNOWN_HERE;
use crate::spec::node::Node;
use crate::spec::{OWN_KEYS, foreign_section, own_header};
use crate::synapse::{GuideName, explain, options, own_name};

/// The module whose section people mistake for homeserver.yaml.
const HOMESERVER: &str = "synapse";

/// Adds to the problem of a key or value in a module's section what to write instead, if known.
pub(super) fn teach(
    manifest: &Manifest,
    entry: &Node,
    modules: &Modules,
    problem: Diagnostic,
) -> Diagnostic {
    let Some((place, name)) = named_text(&problem) else { return problem };
    let is_at_top = entry.as_table().into_iter().flatten().any(|(_, entry)| entry.key == place);
    let hint = manifest.hint(&name);
    let hint = hint.or_else(|| manifest.hint_for_key(&name).filter(|_| is_at_top));
    if problem.code == "spec/value" {
        return match hint {
            Some(hint) => problem.help(hint),
            None => problem,
        };
    }
    if problem.code != "spec/unknown-key" {
        return problem;
    }
    if let Some(hint) = hint {
        return problem.help(hint);
    }
    // An option of an enclosing table has that name, so that one was meant.
    if let Some(help) = misplaced::above(manifest, entry, &place, &name) {
        return problem.help(help);
    }
    let is_typo = problem.help.as_deref().is_some_and(|help| help.starts_with("did you mean"));
    let is_homeserver = manifest.name == HOMESERVER;
    if (is_homeserver || !is_typo)
        && let Some(taught) = of_homeserver(modules, &name, &problem)
    {
        return taught;
    }
    if is_typo {
        return problem;
    }
    let is_extra = is_homeserver && options().known.contains_key(&name);
    let known = misplaced::first(&place, &name)
        .or_else(|| section_of_its_own(modules, &name))
        .or_else(|| misplaced::elsewhere(modules, &name))
        .or_else(|| is_extra.then(|| extra(&name)))
        .or_else(|| hint_elsewhere(modules, &name));
    match known {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// Like `teach`, for the keys of `[host]` and the like.
pub fn teach_own(modules: &Modules, problem: Diagnostic) -> Diagnostic {
    let Some((place, name)) = named_text(&problem).filter(|_| problem.code == "spec/unknown-key")
    else {
        return problem;
    };
    if let Some(help) = misplaced::first(&place, &name) {
        return problem.help(help);
    }
    // A help that says more than the names of all keys is better than what is known elsewhere.
    if problem.help.as_deref().is_some_and(|help| !help.starts_with(KNOWN_HERE)) {
        return problem;
    }
    match misplaced::elsewhere(modules, &name) {
        Some(help) => problem.help(help),
        None => of_homeserver(modules, &name, &problem).unwrap_or(problem),
    }
}

/// The help for a name that is a section, or is mistaken for one.
fn section_of_its_own(modules: &Modules, name: &str) -> Option<String> {
    let header = modules.get(name).map(Manifest::header);
    let own = header.map(|header| {
        format!("`{name}` is a section of its own: write its options under `{header}`")
    });
    own.or_else(|| hint_for_section(modules, name))
}

/// The help for a name that is mistaken for that of a section.
pub(super) fn hint_for_section(modules: &Modules, name: &str) -> Option<String> {
    let own = modules.iter().find_map(|manifest| manifest.hint_for_section(name));
    own.or_else(|| foreign_section(name)).map(str::to_owned)
}

/// The hint that another module has for a word.
fn hint_elsewhere(modules: &Modules, name: &str) -> Option<String> {
    modules.iter().find_map(|one| Some(with_header(one, one.hint(name)?)))
}

/// A hint of a module for someone who is not in its section.
pub(super) fn with_header(manifest: &Manifest, help: &str) -> String {
    match help.contains("`[") {
        true => help.to_owned(),
        false => format!("under `{}`: {help}", manifest.header()),
    }
}

/// The problem with what is known about a name from Synapse or from guides.
fn of_homeserver(modules: &Modules, name: &str, problem: &Diagnostic) -> Option<Diagnostic> {
    let limit = name_of_limit(name);
    if let Some(known) = explain(name).or_else(|| explain(&limit)).or_else(|| own_name(name)) {
        return Some(reported(known, problem.clone()));
    }
    let instead = parameter(modules.get(HOMESERVER)?, name)?;
    let message = format!("unknown key `{name}`: Synapse's option has a different name here");
    Some(Diagnostic { message, ..problem.clone().help(instead) })
}

/// The name of a limit in homeserver.yaml: `[synapse.rate_limits]` omits the prefix `rc_`.
pub(super) fn name_of_limit(name: &str) -> String {
    format!("rc_{name}")
}

/// What to write in a spec instead of a name from Synapse or from guides, in sentences.
pub(super) fn known_elsewhere(modules: &Modules, name: &str) -> Vec<String> {
    let known = explain(name).or_else(|| explain(&name_of_limit(name))).or_else(|| own_name(name));
    if let Some(known) = known {
        return vec![known.why.to_owned(), known.instead.to_owned()];
    }
    let Some(homeserver) = modules.get(HOMESERVER) else { return Vec::new() };
    let instead = parameter(homeserver, name).or_else(|| {
        let written = WrittenKeys::by(homeserver);
        let by = written.written_by(name).map(|by| match by {
            Some(option) => format!("set by `{option}`"),
            None => format!("set by the module `{HOMESERVER}` itself"),
        });
        by.or_else(|| written.parameter_in_file(name).map(|option| format!("set by `{option}`")))
    });
    let extra = || options().known.contains_key(name).then(|| extra(name));
    instead.or_else(extra).into_iter().collect()
}

/// The help for an option of Synapse that no module sets.
fn extra(name: &str) -> String {
    format!(
        "it is an option of homeserver.yaml that matrixform has no option for: write `{name}` under `[{HOMESERVER}.extra]`"
    )
}

/// Like `teach`, for an unknown section; `has_header` is false for a key before the first section.
pub(super) fn teach_section(
    name: &str,
    has_header: bool,
    modules: &Modules,
    problem: Diagnostic,
) -> Diagnostic {
    if let Some(known) = explain(name).or_else(|| own_name(name)) {
        return reported(known, problem);
    }
    let known: Vec<&str> = modules.iter().map(|manifest| manifest.name.as_str()).collect();
    if let Some(near) = nearest(name, known.iter().chain(&OWN_KEYS).copied()) {
        let header = modules.get(near).map(Manifest::header).or_else(|| own_header(near));
        let near = header.filter(|_| has_header).unwrap_or_else(|| near.to_owned());
        return problem.help(format!("did you mean `{near}`?"));
    }
    let homeserver = modules.get(HOMESERVER);
    let own = || {
        let host = crate::spec::host::KEYS.contains(&name);
        host.then(|| format!("`{name}` is an option of `[host]`"))
    };
    let known = own()
        .or_else(|| hint_for_section(modules, name))
        .or_else(|| misplaced::below(modules, name).filter(|_| has_header))
        .or_else(|| misplaced::elsewhere(modules, name))
        .or_else(|| parameter(homeserver?, name))
        .or_else(|| hint_elsewhere(modules, name));
    match known {
        Some(help) => problem.help(help),
        None => {
            let sections = modules.iter().map(|manifest| manifest.header());
            let sections: Vec<String> = sections.map(|header| format!("`{header}`")).collect();
            problem.help(format!("the sections are {}", sections.join(", ")))
        }
    }
}

fn reported(known: &GuideName, problem: Diagnostic) -> Diagnostic {
    let message = format!("{}: {}", problem.message, known.why);
    Diagnostic { message, ..problem.help(known.instead) }
}

/// The text that a problem points to, without quotes, and its place.
fn named_text(problem: &Diagnostic) -> Option<(Place, String)> {
    let (place, _) = problem.place.as_ref()?;
    let text = place.text();
    (text.len() < 100).then(|| (place.clone(), text.trim_matches(['"', '\'']).to_owned()))
}

/// What to write for a Synapse option that a parameter sets unchanged.
fn parameter(manifest: &Manifest, option: &str) -> Option<String> {
    let sets = |setting: &&Setting| setting.key.first().is_some_and(|first| first == option);
    let setting: Vec<&Setting> = manifest.settings.iter().filter(sets).collect();
    if setting.is_empty() {
        // `smtp_host` of `email`.
        let written = WrittenKeys::by(manifest);
        let (section, key) = written.last(option)?.rsplit_once('.')?;
        return Some(format!("write `{key}` under `[{section}]`"));
    }
    let first = setting.first()?;
    let shared = (0..first.from.len())
        .take_while(|at| setting.iter().all(|other| other.from.get(*at) == first.from.get(*at)));
    let shared = first.from.get(..shared.count())?;
    let (section, keys) = match (shared.split_last(), setting.len()) {
        (Some((last, above)), 1) => (above, format!("`{last}`")),
        (Some((last, above)), _) if !above.is_empty() => (above, format!("`{last}`")),
        _ => {
            let keys = setting.iter().filter_map(|one| one.from.get(shared.len()..));
            let keys: Vec<String> = keys.map(|below| format!("`{}`", below.join("."))).collect();
            (shared, keys.join(" or "))
        }
    };
    let section: Vec<&str> =
        std::iter::once(HOMESERVER).chain(section.iter().map(String::as_str)).collect();
    Some(format!("write {keys} under `[{}]`", section.join(".")))
}
