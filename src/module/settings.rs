//! The sections of a spec, typed by the modules' parameters. Pure: secrets and files next to the spec are still
//! references here.

use super::Modules;
use super::manifest::{Manifest, ModuleShape};
use super::teach::{teach, teach_section};
use super::types::{DefaultBy, PartialTable, unknown as nobody_knows};
use crate::diagnostic::{Diagnostic, Place, Problems, all, nearest};
use crate::spec::Spec;
use crate::spec::node::{Entry, Node, Table, Value as Toml};
use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::ValueKind;

/// The number of unknown sections for which a suggestion is searched: only the first problems are shown.
const MAX_HINTS: usize = 100;

/// A spec's settings for each module, by name.
pub type Settings = IndexMap<String, Section>;

/// A spec's settings for one module.
#[derive(Clone, Debug)]
pub struct Section {
    /// The entries: one for a `[name]`, any number for a `[[name]]`.
    pub entries: Vec<SectionEntry>,
    /// The beginning of the section.
    pub place: Place,
}

/// One `[name]` or `[[name]]`.
#[derive(Clone, Debug)]
pub struct SectionEntry {
    /// All parameters with their values; an unreadable one has an unknown value.
    pub value: Value,
    /// The tree that it was read from.
    pub node: Node,
}

/// Reads all sections.
///
/// # Errors
///
/// All problems at once: sections that no module has, two modules in the same role (`spec/role`), and values that their
/// parameters do not accept.
pub fn read(spec: &Spec, modules: &Modules) -> Result<Settings, Problems> {
    let (settings, problems) = read_lenient(spec, modules);
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

/// Reads all sections as far as possible, and returns all problems with them.
pub fn read_lenient(spec: &Spec, modules: &Modules) -> (Settings, Problems) {
    let mut settings = Settings::new();
    let mut problems = unknown(spec, modules);
    problems.extend(roles(spec, modules));
    for manifest in modules.used(spec) {
        let Some(entry) = spec.sections.get(&manifest.name) else { continue };
        match section(manifest, entry, modules, &|by| word(spec, modules, by)) {
            Ok((section, found)) => {
                problems.extend(found);
                settings.insert(manifest.name.clone(), section);
            }
            Err(found) => problems.extend(found),
        }
    }
    (settings, problems)
}

/// The word that selects defaults: the one in the spec, else the default of that parameter.
fn word(spec: &Spec, modules: &Modules, by: &DefaultBy) -> Option<String> {
    let section = spec.sections.get(&by.module)?.node.as_table()?;
    let default = || modules.get(&by.module)?.params.get(&by.param)?.field.default.clone();
    match section.get(&by.param) {
        Some(entry) => entry.node.as_str().map(str::to_owned),
        None => default()?.as_str().map(str::to_owned),
    }
}

/// Reads a section as far as possible; fails if nothing can be read.
fn section(
    manifest: &Manifest,
    entry: &Entry,
    modules: &Modules,
    word: &dyn Fn(&DefaultBy) -> Option<String>,
) -> Result<(Section, Problems), Problems> {
    let name = &manifest.name;
    let nodes: Vec<&Node> = match (manifest.shape, entry.node.as_array()) {
        (ModuleShape::Table, None) => vec![&entry.node],
        (ModuleShape::List, Some(nodes)) => nodes.iter().collect(),
        (ModuleShape::Table, Some(_)) => return Err(shaped(entry, &format!("[{name}]"))),
        (ModuleShape::List, None) => return Err(shaped(entry, &format!("[[{name}]]"))),
    };
    let fields =
        manifest.params.iter().map(|(name, param)| (name.clone(), param.field.chosen(word)));
    let fields = fields.collect();
    let mut problems = Problems::new();
    let entries = all(nodes.into_iter().map(|node| {
        let Some(table) = node.as_table() else {
            return Err(shaped(entry, &format!("[{name}]")));
        };
        let partial = PartialTable::read(&fields, table, node);
        let reported = partial.problems.into_iter().enumerate();
        problems.extend(reported.map(|(number, problem)| match number < MAX_HINTS {
            true => teach(manifest, node, modules, problem),
            false => problem,
        }));
        let refused = partial.refused.into_iter().map(|name| (name, nobody_knows()));
        let checked = super::checks::check(manifest, node);
        let pairs = partial.pairs.into_iter().map(|(name, value)| {
            let value = without_refused(table, &name, value, &checked);
            (name, value)
        });
        let value = Value::from_pairs(pairs.chain(refused));
        let checked = checked.into_iter();
        let reported = |one: &Diagnostic| problems.iter().any(|known| known.place == one.place);
        let checked: Problems = checked.filter(|one| !reported(one)).collect();
        problems.extend(checked);
        Ok(SectionEntry { value, node: node.clone() })
    }))?;
    Ok((Section { entries, place: entry.key.clone() }, problems))
}

/// Removes from a free table the entries that a checker refused, so that they cause no further problems.
fn without_refused(section: &Table, name: &str, value: Value, checked: &Problems) -> Value {
    let table = section.get(name).and_then(|entry| entry.node.as_table());
    let (Some(table), false) = (table, checked.is_empty()) else { return value };
    let inside = |place: &Place, entry: &Entry| {
        let (from, to) = (&entry.key, &entry.node.place);
        let within = from.span.start.min(to.span.start)..from.span.end.max(to.span.end);
        place.source == from.source && within.contains(&place.span.start)
    };
    let refused = |key: &str| {
        let entry = table.get(key);
        let places = checked.iter().filter_map(|one| Some(&one.place.as_ref()?.0));
        entry.is_some_and(|entry| places.into_iter().any(|place| inside(place, entry)))
    };
    if value.kind() != ValueKind::Map || !table.keys().any(|key| refused(key)) {
        return value;
    }
    let pairs = value.as_object().and_then(|object| object.try_iter_pairs());
    let pairs = pairs.into_iter().flatten();
    Value::from_pairs(pairs.filter(|(key, _)| !key.as_str().is_some_and(refused)))
}

fn shaped(entry: &Entry, wanted: &str) -> Problems {
    let message = format!("this section is written `{wanted}`");
    let problem = Diagnostic::error("spec/section", message).at(&entry.key);
    vec![problem.help(format!("write `{wanted}`"))]
}

/// Reports sections that no module reads.
fn unknown(spec: &Spec, modules: &Modules) -> Problems {
    let unknown = spec.sections.iter().filter(|(name, _)| modules.get(name).is_none());
    unknown
        .enumerate()
        .map(|(number, (name, entry))| match number < MAX_HINTS {
            true => {
                let problem = no_such_section(name, entry);
                teach_section(name, is_section(entry), modules, problem)
            }
            false => no_such_section(name, entry),
        })
        .collect()
}

/// "there is no section `[ngnix]`", or a message about a key before the first section.
fn no_such_section(name: &str, entry: &Entry) -> Diagnostic {
    let message = match is_section(entry) {
        true => format!("there is no section `[{name}]`"),
        false => format!("unknown key `{name}` before the first section"),
    };
    Diagnostic::error("spec/section", message).at(&entry.key)
}

fn is_section(entry: &Entry) -> bool {
    matches!(entry.node.value, Toml::Table(_) | Toml::Array(_))
}

/// Returns the spec with misspelt section names corrected, and a problem for each: the rest is checked as if they had
/// been spelt correctly.
pub fn as_meant(spec: &Spec, modules: &Modules) -> (Spec, Problems) {
    let mut meant = spec.clone();
    let mut problems = Problems::new();
    let unknown = spec.sections.iter().filter(|(name, _)| modules.get(name).is_none());
    for (name, entry) in unknown.take(MAX_HINTS) {
        let known = || modules.iter().map(|manifest| manifest.name.as_str());
        let free = |near: &&str| !spec.sections.contains_key(*near);
        let near = nearest(name, known()).filter(free);
        let Some(near) = near.filter(|_| entry.node.as_table().is_some()) else { continue };
        let problem = no_such_section(name, entry).help(format!("did you mean `[{near}]`?"));
        problems.push(problem);
        if let Some(entry) = meant.sections.shift_remove(name) {
            meant.sections.insert(near.to_owned(), entry);
        }
    }
    (meant, problems)
}

/// Checks that each role has at most one module on a host.
fn roles(spec: &Spec, modules: &Modules) -> Problems {
    let mut filled: IndexMap<&str, &Manifest> = IndexMap::new();
    let mut problems = Problems::new();
    for manifest in modules.used(spec) {
        let Some(role) = &manifest.role else { continue };
        let Some(first) = filled.insert(role, manifest) else { continue };
        let (one, other) = (&first.name, &manifest.name);
        let message = format!("`{one}` and `{other}` are both the `{role}` of this host");
        let places = (spec.section(other), spec.section(one));
        let (Some(place), Some(also)) = places else { continue };
        let problem = Diagnostic::error("spec/role", message).at(place).see(also, "also here");
        problems.push(problem.help("keep one of the two"));
    }
    problems
}
