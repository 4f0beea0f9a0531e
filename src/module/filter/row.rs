//! Filters over rows: lists of tables, such as those that other modules gave.

use super::argument::FilterArguments;
use super::failure::refuse;
use super::list::{items, same};
use super::print::{named, text};
use super::registry::{Filter, Takes};
use super::secret_text::SecretText;
use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};
use std::collections::HashMap;

pub(super) const ALL: &[Filter] = &[
    Filter { name: "pluck", takes: Takes::Plain, run: pluck },
    Filter { name: "having", takes: Takes::Plain, run: having },
    Filter { name: "loops", takes: Takes::Plain, run: loops },
];

/// A field of a row; a row without it is an error.
pub(super) fn field(filter: &str, row: &Value, name: &Value) -> Result<Value, Error> {
    if SecretText::of(row).is_some() || row.kind() != ValueKind::Map {
        return Err(refuse(format!("`{filter}` takes a list of tables, not of {}", named(row))));
    }
    let name =
        name.as_str().ok_or_else(|| refuse(format!("`{filter}` takes the name of a field")))?;
    match row.get_attr(name)? {
        value if value.is_undefined() => {
            Err(refuse(format!("`{filter}`: a row has no field `{name}`")))
        }
        value => Ok(value),
    }
}

/// One field of every row.
fn pluck(_: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let name = arguments.next("field")?;
    let rows = items("pluck", &value)?;
    let fields: Result<Vec<Value>, Error> =
        rows.iter().map(|row| field("pluck", row, &name)).collect();
    fields.map(Value::from)
}

/// The rows whose field has the given value or, without one, is truthy.
fn having(_: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let name = arguments.next("field")?;
    let wanted = arguments.optional("value");
    let mut rows = Vec::new();
    for row in items("having", &value)? {
        let found = field("having", &row, &name)?;
        let is_selected = match &wanted {
            Some(wanted) => same("having", &found, wanted)?,
            None => found.is_true(),
        };
        if is_selected {
            rows.push(row);
        }
    }
    Ok(Value::from(rows))
}

/// The rows that lead into a cycle: the `to` of each row leads to the rows with that `from`, and so on.
fn loops(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let rows = items("loops", &value)?;
    let end = |row: &Value, name| text(&field("loops", row, &Value::from(name))?);
    let ends: Vec<(String, String)> = rows
        .iter()
        .map(|row| Ok((end(row, "from")?, end(row, "to")?)))
        .collect::<Result<_, Error>>()?;
    let next: HashMap<&str, &str> =
        ends.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    // A path that has not ended after as many steps as there are rows is in a cycle.
    let goes_round = |to: &str| {
        let way = std::iter::successors(Some(to), |at| next.get(at).copied());
        way.take(rows.len() + 1).count() > rows.len()
    };
    let round = rows.iter().zip(&ends).filter(|(_, (_, to))| goes_round(to));
    Ok(round.map(|(row, _)| row.clone()).collect())
}
