//! Defaults that follow another parameter: that parameter must exist, be an enum of a table module and follow nothing
//! itself, and every word must be one of its own.

use crate::diagnostic::{Diagnostic, Problems};
use crate::module::Modules;
use crate::module::manifest::{Manifest, ModuleShape};
use crate::module::types::{DefaultBy, Field, ParamType};
use crate::spec::keys::suggest;

/// The problems of all modules.
pub(super) fn defaults(modules: &Modules) -> Problems {
    let mut problems = Problems::new();
    for manifest in modules.iter() {
        for param in manifest.params.values() {
            followers(&param.field, &mut |by| problems.extend(follower(modules, by)));
        }
        let rows = manifest.collects.values().flat_map(|collect| collect.fields.values());
        rows.for_each(|field| followers(field, &mut |by| problems.push(chained(by))));
    }
    problems
}

/// Calls `see` with what a field and the fields below it follow.
fn followers(field: &Field, see: &mut dyn FnMut(&DefaultBy)) {
    field.by.iter().for_each(&mut *see);
    let mut ty = &field.ty;
    while let ParamType::List(inner) | ParamType::Map(inner, _) = ty {
        ty = inner;
    }
    if let ParamType::Table(fields) = ty {
        fields.values().for_each(|field| followers(field, see));
    }
}

fn follower(modules: &Modules, by: &DefaultBy) -> Problems {
    let refuse = |message: String| {
        let problem = Diagnostic::error("lint/default-by", message).at(&by.place);
        vec![problem.help("`of` names an enum parameter of a module that a spec has once")]
    };
    let name = format!("{}.{}", by.module, by.param);
    let table = |manifest: &&Manifest| manifest.shape == ModuleShape::Table;
    let manifest = modules.get(&by.module).filter(table);
    let Some(param) = manifest.and_then(|manifest| manifest.params.get(&by.param)) else {
        return refuse(format!("there is no parameter `{name}`"));
    };
    let ParamType::Enum(words) = &param.field.ty else {
        return refuse(format!("`{name}` is not an enum"));
    };
    if param.field.by.is_some() {
        return refuse(format!("`{name}` itself follows another parameter"));
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let unknown = by.defaults.iter().filter(|(word, _)| !words.contains(&word.as_str()));
    let unknown = unknown.map(|(word, default)| {
        let message = format!("`{name}` is never `{word}`");
        let problem = Diagnostic::error("lint/default-by", message).at(&default.key);
        suggest(problem, word, &words, "it is one of")
    });
    unknown.collect()
}

fn chained(by: &DefaultBy) -> Diagnostic {
    let message = "a row of another module cannot have a default that follows a parameter";
    let problem = Diagnostic::error("lint/default-by", message).at(&by.place);
    problem.help("set it in the row itself")
}
