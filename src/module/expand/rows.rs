//! Rows that modules contribute to each other, typed by the list that receives them. A row of the wrong type is a mistake in the
//! giving manifest, and is reported there.

use super::run::Runner;
use super::scope::EvalFrame;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::filter::SecretText;
use crate::module::form::{Form, FormShape};
use crate::module::manifest::{Collect, Contribution, Manifest};
use crate::module::types::{Field, ParamType};
use crate::module::value::Literal;
use crate::spec::keys::suggest;
use crate::spec::node::{Entry, Node, Table, Value as Toml};
use minijinja::Value;
use minijinja::value::ValueKind;
use std::collections::HashMap;

/// One row and its origin.
#[derive(Clone, Debug)]
pub struct Row {
    /// The module that contributes the row.
    pub from: String,
    /// The list: `tls.names`.
    pub to: String,
    /// The row, typed.
    pub value: Value,
    /// The `[[contribute]]`.
    pub place: Place,
}

/// All rows of one `[[contribute]]`.
pub(super) fn rows(
    runner: &Runner,
    frame: &EvalFrame,
    (from, contribution): (&Manifest, &Contribution),
    (to, collect): (&str, &Collect),
) -> Result<Vec<Row>, Problems> {
    let frames =
        runner.frames(contribution.for_each.as_ref(), contribution.when.as_ref(), frame)?;
    let rows = frames.iter().map(|(_, frame)| {
        let value = row(collect, &contribution.value, &runner.form(&contribution.value, frame)?)?;
        Ok(Row {
            from: from.name.clone(),
            to: to.to_owned(),
            value,
            place: contribution.place.clone(),
        })
    });
    super::run::all_or_reported(rows)
}

/// Rows that share a value in the unique field.
pub(super) fn duplicates(name: &str, unique: &str, rows: &[Row]) -> Problems {
    let mut firsts: HashMap<String, &Row> = HashMap::new();
    let mut problems = Problems::new();
    for row in rows {
        let Ok(value) = row.value.get_attr(unique).map(|value| value.to_string()) else { continue };
        let Some(first) = firsts.get(&value) else {
            firsts.insert(value, row);
            continue;
        };
        let message = format!("two rows of `{name}` have the {unique} `{value}`");
        let problem = Diagnostic::error("module/unique", message).at(&row.place);
        problems.push(problem.see(&first.place, format!("also contributed by `{}`", first.from)));
    }
    problems
}

fn row(collect: &Collect, form: &Form, value: &Value) -> Result<Value, Problems> {
    let place = |key: &str| match &form.shape {
        FormShape::Table(table) => table.get(key).map_or(&form.place, |form| &form.place).clone(),
        _ => form.place.clone(),
    };
    let given = pairs(value);
    let mut problems = Problems::new();
    for (key, _) in given.iter().filter(|(key, _)| !collect.fields.contains_key(key)) {
        let known: Vec<&str> = collect.fields.keys().map(String::as_str).collect();
        let problem = Diagnostic::error("module/row", format!("this row has no `{key}`"));
        problems.push(suggest(problem.at(&place(key)), key, &known, "known here:"));
    }
    let mut row = Vec::new();
    for (name, field) in &collect.fields {
        let value = given.iter().find(|(key, value)| key == name && !value.is_none());
        match typed(name, field, value.map(|(_, value)| value), &place(name)) {
            Ok(value) => row.push((name.clone(), value)),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(Value::from_pairs(row)) } else { Err(problems) }
}

fn typed(name: &str, field: &Field, value: Option<&Value>, at: &Place) -> Result<Value, Problems> {
    let Some(value) = value else {
        if !field.must_be_given() {
            return Ok(field.absent(name));
        }
        let message = format!("this row needs `{name}`");
        let help = format!("add `{name}`: {}", field.ty.describe());
        return Err(vec![Diagnostic::error("module/row", message).at(at).help(help)]);
    };
    let secret = SecretText::of(value).is_some();
    match &field.ty {
        ParamType::Any => Ok(value.clone()),
        ParamType::Secret(_) if secret => Ok(value.clone()),
        ty => ty.read(&node(value, at).map_err(|problem| vec![problem])?),
    }
}

/// A value as a tree, so that a type can read it as if it were in a spec.
fn node(value: &Value, place: &Place) -> Result<Node, Diagnostic> {
    let refuse = |what: &str| Diagnostic::error("module/row", what.to_owned()).at(place);
    if SecretText::of(value).is_some() {
        return Err(refuse("this field does not take a secret"));
    }
    let shape = match value.kind() {
        ValueKind::Bool => Toml::Boolean(value.is_true()),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(number) if value.is_integer() => Toml::Integer(number),
            _ => Toml::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN)),
        },
        ValueKind::String => Toml::String(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Map => Toml::Table(table(value, place)?),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
            Toml::Array(items.iter().map(|item| node(item, place)).collect::<Result<_, _>>()?)
        }
        _ => match Literal::of(value) {
            Some(spelt) => Toml::String(spelt.text().to_owned()),
            None => return Err(refuse("this value cannot be passed on")),
        },
    };
    Ok(Node { value: shape, place: place.clone() })
}

fn table(value: &Value, place: &Place) -> Result<Table, Diagnostic> {
    let given = pairs(value).into_iter().filter(|(_, value)| !value.is_none());
    given
        .map(|(key, value)| Ok((key, Entry { key: place.clone(), node: node(&value, place)? })))
        .collect()
}

/// The pairs of a table.
pub(super) fn pairs(value: &Value) -> Vec<(String, Value)> {
    if value.kind() != ValueKind::Map {
        return Vec::new();
    }
    let pairs = value.as_object().and_then(|object| object.try_iter_pairs());
    pairs.into_iter().flatten().map(|(key, value)| (key.to_string(), value)).collect()
}
