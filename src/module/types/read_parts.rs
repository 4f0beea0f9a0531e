//! Reads lists, maps, tables and free values of a spec part by part: a problem in one part never hides those in others.

use super::param_type::quoted;
use super::read::reserved;
use super::read_secret::{names_a_secret, plain_secret, read_secret};
use super::reference::name_below;
use super::text_type::{Pattern, RefusedText};
use super::{Field, ParamType, PartialTable};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::spec::node::{Node, Table, Value as Toml};
use indexmap::IndexMap;
use minijinja::Value;

pub(super) fn read_list(ty: &ParamType, node: &Node, whole: &ParamType) -> Result<Value, Problems> {
    let Some(items) = node.as_array() else { return Err(vec![whole.wrong(node)]) };
    let mut problems = Problems::new();
    let mut values = Vec::new();
    for item in items {
        match ty.read(item) {
            Ok(value) => values.push(value),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(Value::from(values)) } else { Err(problems) }
}

/// The type of a map's items, and the pattern of its keys.
type MapOf<'a> = (&'a ParamType, Option<&'a Pattern>);

pub(super) fn read_map(ty: MapOf<'_>, node: &Node, whole: &ParamType) -> Result<Value, Problems> {
    let Some(table) = node.as_table() else { return Err(vec![whole.wrong(node)]) };
    let (pairs, problems) = map_pairs(ty, table);
    if problems.is_empty() { Ok(Value::from_pairs(pairs)) } else { Err(problems) }
}

/// Returns the readable entries of a map, and the problems of the others.
pub(super) fn map_pairs((ty, keys): MapOf<'_>, table: &Table) -> (Vec<(String, Value)>, Problems) {
    let mut problems = Problems::new();
    let mut pairs = Vec::new();
    for (key, entry) in table {
        if matches!(ty, ParamType::Any) && entry.node.as_str().is_some() && names_a_secret(key) {
            problems.push(plain_secret(&entry.node));
            continue;
        }
        let refused = reserved(key).and_then(|()| matching(key, keys)).err();
        match ty.read(&entry.node) {
            Ok(value) if refused.is_none() => {
                pairs.push((key.clone(), name_below(key, value)));
            }
            Ok(_) => {}
            Err(found) => problems.extend(found),
        }
        if let Some(refused) = refused {
            let problem = Diagnostic::error("spec/value", "this key is not accepted");
            problems.push(problem.labelled(&entry.key, refused.why));
        }
    }
    (pairs, problems)
}

fn matching(key: &str, keys: Option<&Pattern>) -> Result<(), RefusedText> {
    match keys.filter(|pattern| !pattern.whole.is_match(key)) {
        Some(pattern) => Err(RefusedText::because(format!("does not match `{}`", pattern.text))),
        None => Ok(()),
    }
}

pub(super) fn read_table(
    fields: &IndexMap<String, Field>,
    node: &Node,
    whole: &ParamType,
) -> Result<Value, Problems> {
    let Some(table) = node.as_table() else { return Err(vec![whole.wrong(node)]) };
    let partial = PartialTable::read(fields, table, node);
    if partial.problems.is_empty() {
        Ok(Value::from_pairs(partial.pairs))
    } else {
        Err(partial.problems)
    }
}

pub(super) fn unknown_keys(fields: &IndexMap<String, Field>, table: &Table) -> Problems {
    let unknown = table.iter().filter(|(key, _)| !fields.contains_key(*key));
    unknown
        .map(|(key, entry)| {
            let message = format!("unknown key `{key}`");
            let problem = Diagnostic::error("spec/unknown-key", message).at(&entry.key);
            match nearest(key, fields.keys().map(String::as_str)) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help(format!("known here: {}", quoted(fields.keys()))),
            }
        })
        .collect()
}

/// The keys that unknown ones were meant for: a misspelt key is not reported as missing too.
pub(super) fn misspelt<'a>(fields: &'a IndexMap<String, Field>, table: &Table) -> Vec<&'a str> {
    let unknown = table.keys().filter(|key| !fields.contains_key(*key));
    let meant = unknown.filter_map(|key| nearest(key, fields.keys().map(String::as_str)));
    meant.filter(|name| !table.contains_key(*name)).collect()
}

pub(super) fn missing(name: &str, field: &Field, node: &Node) -> Diagnostic {
    Diagnostic::error("spec/missing-key", format!("`{name}` is missing"))
        .at(&node.place)
        .help(format!("add `{name}`: {}", field.ty.describe()))
}

/// Reads any TOML value. A table that is only `{ secret = "name" }` is a secret here too: otherwise the secret itself
/// would have to be in the spec.
pub(super) fn read_any(node: &Node) -> Result<Value, Problems> {
    let any = ParamType::Any;
    let refused = |why: RefusedText| vec![any.refused(node, why)];
    match &node.value {
        Toml::Boolean(flag) => Ok(Value::from(*flag)),
        Toml::Integer(number) => Ok(Value::from(*number)),
        Toml::Float(number) if number.is_finite() => Ok(Value::from(*number)),
        Toml::Float(_) => Err(refused(RefusedText::because("not a finite number, or too large"))),
        Toml::String(text) | Toml::Datetime(text) => {
            reserved(text).map(|()| Value::from(text.as_str())).map_err(refused)
        }
        Toml::Array(_) => read_list(&any, node, &any),
        Toml::Table(table) => match table.get("secret").filter(|_| table.len() == 1) {
            Some(name) if name.node.as_str().is_some() => read_secret(table, None, node),
            _ => read_map((&any, None), node, &any),
        },
    }
}
