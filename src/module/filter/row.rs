//! Filters over rows: lists of tables, such as what other modules gave.

use super::argument::Arguments;
use super::failure::refuse;
use super::list::{items, same};
use super::print::{named, text};
use super::registry::{Filter, Takes};
use super::secret_text::SecretText;
use super::table::pairs;
use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};
use std::collections::HashMap;

pub(super) const ALL: &[Filter] = &[
    Filter { name: "pluck", takes: Takes::Plain, run: pluck },
    Filter { name: "having", takes: Takes::Plain, run: having },
    Filter { name: "loops", takes: Takes::Plain, run: loops },
    Filter { name: "repeat", takes: Takes::Plain, run: repeat },
];

/// Rows that `repeat` may make in all: more is a slip of the pen.
const MOST_ROWS: i64 = 10_000;

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
fn pluck(_: &mut State, value: Value, arguments: &mut Arguments) -> Result<Value, Error> {
    let name = arguments.next("field")?;
    let rows = items("pluck", &value)?;
    let fields: Result<Vec<Value>, Error> =
        rows.iter().map(|row| field("pluck", row, &name)).collect();
    fields.map(Value::from)
}

/// The rows in which a field has a value, or has any that counts as true.
fn having(_: &mut State, value: Value, arguments: &mut Arguments) -> Result<Value, Error> {
    let name = arguments.next("field")?;
    let wanted = arguments.optional("value");
    let mut rows = Vec::new();
    for row in items("having", &value)? {
        let found = field("having", &row, &name)?;
        let keep = match &wanted {
            Some(wanted) => same("having", &found, wanted)?,
            None => found.is_true(),
        };
        if keep {
            rows.push(row);
        }
    }
    Ok(Value::from(rows))
}

/// The rows from which one comes round: each leads to those whose `from` is its `to`, and on from there.
fn loops(_: &mut State, value: Value, _: &mut Arguments) -> Result<Value, Error> {
    let rows = items("loops", &value)?;
    let end = |row: &Value, name| text(&field("loops", row, &Value::from(name))?);
    let ends: Vec<(String, String)> = rows
        .iter()
        .map(|row| Ok((end(row, "from")?, end(row, "to")?)))
        .collect::<Result<_, Error>>()?;
    let next: HashMap<&str, &str> =
        ends.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    // What is not at an end after as many steps as there are rows goes round.
    let goes_round = |to: &str| {
        let way = std::iter::successors(Some(to), |at| next.get(at).copied());
        way.take(rows.len() + 1).count() > rows.len()
    };
    let round = rows.iter().zip(&ends).filter(|(_, (_, to))| goes_round(to));
    Ok(round.map(|(row, _)| row.clone()).collect())
}

/// Every row as often as a field says; each with `n` (from 1, within its row) and `index` (from 0,
/// over all).
fn repeat(_: &mut State, value: Value, arguments: &mut Arguments) -> Result<Value, Error> {
    let name = arguments.next("field")?;
    let mut rows = Vec::new();
    for row in items("repeat", &value)? {
        let count = field("repeat", &row, &name)?.as_i64();
        let count = count
            .filter(|count| (0..=MOST_ROWS - rows.len() as i64).contains(count))
            .ok_or_else(|| refuse("`repeat` takes a field with a small whole number"))?;
        for n in 1..=count {
            let mut pairs = pairs("repeat", &row)?;
            pairs.retain(|(key, _)| !matches!(key.as_str(), Some("n" | "index")));
            pairs.push((Value::from("n"), Value::from(n)));
            pairs.push((Value::from("index"), Value::from(rows.len())));
            rows.push(Value::from_pairs(pairs));
        }
    }
    Ok(Value::from(rows))
}
