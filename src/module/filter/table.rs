//! Filters over tables. Keys keep their order: output follows the order of the manifest.

use super::argument::FilterArguments;
use super::failure::refuse;
use super::list;
use super::print::named;
use super::registry::{Filter, Takes};
use super::secret_text::SecretText;
use indexmap::IndexMap;
use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};

pub(super) const ALL: &[Filter] = &[
    Filter { name: "keys", takes: Takes::Plain, run: keys },
    Filter { name: "get", takes: Takes::Plain, run: get },
    Filter { name: "items", takes: Takes::Plain, run: items },
    Filter { name: "merged", takes: Takes::Plain, run: merged },
    Filter { name: "without_none", takes: Takes::Plain, run: |_, value, _| without_none(&value) },
    Filter { name: "secret_names", takes: Takes::Secret, run: |_, value, _| secret_names(&value) },
    Filter { name: "only", takes: Takes::Plain, run: |_, value, of| chosen("only", &value, of) },
    Filter {
        name: "without",
        takes: Takes::Plain,
        run: |_, value, of| chosen("without", &value, of),
    },
];

/// The pairs of a table.
pub(super) fn pairs(filter: &str, value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    if !is_table(value) {
        return Err(refuse(format!("`{filter}` takes a table, not {}", named(value))));
    }
    Ok(value.as_object().and_then(|object| object.try_iter_pairs()).into_iter().flatten().collect())
}

fn is_table(value: &Value) -> bool {
    SecretText::of(value).is_none() && value.kind() == ValueKind::Map
}

fn keys(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    Ok(pairs("keys", &value)?.into_iter().map(|(key, _)| key).collect())
}

/// The value below these keys: `extra | get('retention', 'enabled')`; `none` if there is none.
fn get(_: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let mut found = value;
    for key in arguments.rest() {
        let below = if is_table(&found) { found.get_item(&key)? } else { Value::UNDEFINED };
        if below.is_undefined() {
            return Ok(Value::from(()));
        }
        found = below;
    }
    Ok(found)
}

/// The pairs whose keys are (`only`), or are not, in a list.
fn chosen(filter: &str, value: &Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let keys = list::items(filter, &arguments.next("keys")?)?;
    let pairs = pairs(filter, value)?.into_iter();
    let pairs = pairs.filter(|(key, _)| keys.contains(key) == (filter == "only"));
    Ok(Value::from_pairs(pairs))
}

/// The pairs as two-item lists: `for key, value in table | items`.
fn items(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let pairs = pairs("items", &value)?.into_iter();
    Ok(pairs.map(|(key, value)| Value::from(vec![key, value])).collect())
}

/// Merges tables into one, later ones winning; nested tables are merged too, lists are replaced. The piped value is a
/// list of tables, or a table that the arguments are merged into.
fn merged(_: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let mut tables = if is_table(&value) { vec![value] } else { list::items("merged", &value)? };
    tables.extend(arguments.rest());
    let mut whole = Value::from_pairs(Vec::<(Value, Value)>::new());
    for table in &tables {
        whole = merge(&whole, table)?;
    }
    Ok(whole)
}

fn merge(into: &Value, from: &Value) -> Result<Value, Error> {
    let mut whole: IndexMap<Value, Value> = pairs("merged", into)?.into_iter().collect();
    for (key, value) in pairs("merged", from)? {
        let value = match whole.get(&key) {
            Some(known) if is_table(known) && is_table(&value) => merge(known, &value)?,
            _ => value,
        };
        whole.insert(key, value);
    }
    Ok(Value::from_pairs(whole))
}

/// The value without `none`, at every depth. Empty lists and tables stay: they may be intended.
fn without_none(value: &Value) -> Result<Value, Error> {
    if SecretText::of(value).is_some() {
        return Ok(value.clone());
    }
    match value.kind() {
        ValueKind::Map => {
            let pairs =
                pairs("without_none", value)?.into_iter().filter(|(_, value)| !value.is_none());
            let pairs: Result<Vec<_>, Error> =
                pairs.map(|(key, value)| Ok((key, without_none(&value)?))).collect();
            pairs.map(Value::from_pairs)
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter()?.filter(|item| !item.is_none());
            items
                .map(|item| without_none(&item))
                .collect::<Result<Vec<_>, Error>>()
                .map(Value::from)
        }
        _ => Ok(value.clone()),
    }
}

/// The value with each secret replaced by its name, at every depth: for readers that may know which secret it is, but
/// not its value.
fn secret_names(value: &Value) -> Result<Value, Error> {
    if let Some(text) = SecretText::of(value) {
        return Ok(Value::from(text.secret().name()));
    }
    match value.kind() {
        ValueKind::Map => {
            let pairs = pairs("secret_names", value)?.into_iter();
            let pairs: Result<Vec<_>, Error> =
                pairs.map(|(key, value)| Ok((key, secret_names(&value)?))).collect();
            pairs.map(Value::from_pairs)
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter()?.map(|item| secret_names(&item));
            items.collect::<Result<Vec<_>, Error>>().map(Value::from)
        }
        _ => Ok(value.clone()),
    }
}
