//! Suggested names for secrets that a spec holds in plain text: each derived from its place, and all distinct, also
//! from the names that the spec already uses. Otherwise storing the second would overwrite the first.

use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::Modules;
use crate::module::types::{ParamType, SLOT, is_secret_name};
use crate::spec::node::{Node, Table, Value};
use crate::spec::{PLAIN_SECRET, Spec, is_reference};
use std::collections::BTreeSet;

/// The number of problems for which a name is suggested: each search walks the whole spec.
const NAMED: usize = 100;

/// The text before and after a secret's name in a help.
const BEFORE: &str = "{ secret = \"";
const AFTER: &str = "\" }";

/// Puts a secret's name into every help with a placeholder for one, and the spec's name into the command that stores
/// it.
pub(in crate::module) fn name_secrets(problems: &mut Problems, spec: &Spec, modules: &Modules) {
    let mut taken = BTreeSet::new();
    spec.table.values().for_each(|entry| references(&entry.node, &mut taken));
    // Only the first problems are shown.
    for problem in problems.iter_mut().take(NAMED) {
        let by_place = || base(problem, spec);
        if problem.code == PLAIN_SECRET
            && let Some(help) = by_place().and_then(|path| of_no_slot(modules, &path))
        {
            problem.help = Some(help.replace(" SPEC ", &format!(" {} ", spec.source.name)));
            continue;
        }
        let Some(help) = &problem.help else { continue };
        let shown = help.split_once(BEFORE).and_then(|(_, rest)| rest.split_once(AFTER));
        let Some((shown, _)) = shown else { continue };
        let base = match help.contains(SLOT) {
            true => by_place(),
            false if problem.code == PLAIN_SECRET => Some(shown.to_owned()),
            false => continue,
        };
        let Some(name) = base.filter(|name| is_secret_name(name)) else { continue };
        let name = free(&name, &taken);
        let help =
            help.replace(&format!("{BEFORE}{shown}{AFTER}"), &format!("{BEFORE}{name}{AFTER}"));
        let command = format!(" {} {name}", spec.source.name);
        problem.help = Some(help.replace(&format!(" SPEC {shown}"), &command));
        taken.insert(name);
    }
}

/// The help for a secret where no reference to one is possible: in a map of texts, or in place of `true` or `false` (a
/// switch for a secret in the module's own table).
fn of_no_slot(modules: &Modules, path: &str) -> Option<String> {
    let (module, rest) = path.split_once('/')?;
    let params = &modules.get(module)?.params;
    let mut parts = rest.split('/');
    let mut ty = &params.get(parts.next()?)?.field.ty;
    for part in parts {
        ty = match ty {
            ParamType::List(ty) => ty,
            ty => ty,
        };
        ty = match ty {
            ParamType::Table(fields) => &fields.get(part)?.ty,
            ParamType::Map(ty, _) if matches!(**ty, ParamType::Text(_)) => {
                let name = format!("{module}/{}", part.to_ascii_lowercase());
                return is_secret_name(&name).then(|| format!(
                    "store it with `matrixform secrets set SPEC {name}`; a `[[resource]]` of kind `file` with `content = {{ secret = \"{name}\" }}` writes it to a file that only the program can read"
                ));
            }
            _ => return None,
        };
    }
    let ParamType::Bool = ty else { return None };
    let key = rest.rsplit('/').next()?;
    let ParamType::Table(kept) = &params.get("secrets")?.field.ty else { return None };
    let Some(slot) = rest.split('/').find(|part| kept.contains_key(*part)) else {
        return Some(format!("write `{key} = true` or `{key} = false`"));
    };
    let name = format!("{module}/{slot}");
    Some(format!(
        "write `{key} = true`, which generates and stores a secret; to use this one, store it with `matrixform secrets set SPEC {name}`, and write `{slot} = {{ secret = \"{name}\" }}` under `[{module}.secrets]`"
    ))
}

/// The name itself, or with the first number that makes it unused.
fn free(name: &str, taken: &BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

fn references(node: &Node, names: &mut BTreeSet<String>) {
    match &node.value {
        Value::Table(table) if is_reference(node) => {
            names
                .extend(table.get("secret").and_then(|name| name.node.as_str()).map(str::to_owned));
        }
        Value::Table(table) => table.values().for_each(|entry| references(&entry.node, names)),
        Value::Array(items) => items.iter().for_each(|item| references(item, names)),
        _ => {}
    }
}

/// A name derived from the keys above a place; in a resource, from its `name` and the last key.
fn base(problem: &Diagnostic, spec: &Spec) -> Option<String> {
    let (place, _) = problem.place.as_ref()?;
    if let Some(path) = path_to(&spec.sections, place) {
        return Some(path);
    }
    spec.resources.iter().find_map(|node| {
        let table = node.as_table()?;
        let path = path_to(table, place)?;
        let name = table.get("name").and_then(|name| name.node.as_str()).unwrap_or("own");
        let file = name
            .trim_end_matches('/')
            .rsplit('/')
            .next()?
            .split('.')
            .find(|part| !part.is_empty())?;
        Some(format!("{file}/{}", path.rsplit('/').next()?).to_ascii_lowercase())
    })
}

/// The keys above a place, separated by `/`.
fn path_to(table: &Table, place: &Place) -> Option<String> {
    table.iter().find_map(|(key, entry)| {
        let items = entry.node.as_array().unwrap_or_default();
        items.iter().chain([&entry.node]).find_map(|node| match &node.place {
            known if is_same(known, place) => Some(key.clone()),
            _ => Some(format!("{key}/{}", path_to(node.as_table()?, place)?)),
        })
    })
}

fn is_same(one: &Place, other: &Place) -> bool {
    one.span == other.span && one.source.name == other.source.name
}
