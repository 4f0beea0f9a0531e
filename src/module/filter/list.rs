//! Filters over lists. They compare with `same`, so that a spelt value equals its text.

use super::argument::FilterArguments;
use super::failure::refuse;
use super::print::{named, text};
use super::registry::{Filter, Takes};
use super::secret_text::SecretText;
use crate::host_path;
use crate::module::value::Literal;
use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};
use std::collections::HashSet;

pub(super) const ALL: &[Filter] = &[
    Filter { name: "first", takes: Takes::Plain, run: |_, value, _| end("first", &value) },
    Filter { name: "last", takes: Takes::Plain, run: |_, value, _| end("last", &value) },
    Filter { name: "length", takes: Takes::Plain, run: length },
    Filter { name: "sum", takes: Takes::Plain, run: sum },
    Filter { name: "sort", takes: Takes::Plain, run: sort },
    Filter { name: "uniq", takes: Takes::Plain, run: uniq },
    Filter { name: "twice", takes: Takes::Plain, run: twice },
    Filter { name: "join", takes: Takes::Plain, run: join },
    Filter { name: "split", takes: Takes::Plain, run: split },
    Filter { name: "prefixed", takes: Takes::Plain, run: prefixed },
    Filter { name: "map", takes: Takes::Plain, run: map },
    Filter { name: "paths", takes: Takes::Plain, run: |_, value, _| paths(&value) },
];

/// The items of a list.
pub(super) fn items(filter: &str, value: &Value) -> Result<Vec<Value>, Error> {
    let list = SecretText::of(value).is_none()
        && matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable);
    match list {
        true => Ok(value.try_iter()?.collect()),
        false => Err(refuse(format!("`{filter}` takes a list, not {}", named(value)))),
    }
}

/// Whether two values are the same; comparing a secret is an error.
pub(super) fn same(filter: &str, a: &Value, b: &Value) -> Result<bool, Error> {
    if SecretText::of(a).or(SecretText::of(b)).is_some() {
        return Err(refuse(format!("`{filter}` does not compare secrets")));
    }
    Ok(match (Literal::of(a), Literal::of(b)) {
        (Some(a), None) => b.as_str() == Some(a.text()),
        (None, Some(b)) => a.as_str() == Some(b.text()),
        _ => a == b,
    })
}

fn end(filter: &str, value: &Value) -> Result<Value, Error> {
    let mut items = items(filter, value)?.into_iter();
    let item = if filter == "first" { items.next() } else { items.next_back() };
    item.ok_or_else(|| refuse(format!("`{filter}` of an empty list")))
}

/// All texts, at any depth, that are absolute and normalised paths of files: neither `/` nor a directory directly below
/// it, which would cover too much.
fn paths(value: &Value) -> Result<Value, Error> {
    let mut open = vec![value.clone()];
    let mut found: Vec<String> = Vec::new();
    while let Some(value) = open.pop() {
        // Not even the kind of a secret may be queried.
        if SecretText::of(&value).is_some() {
            continue;
        }
        match value.kind() {
            ValueKind::Map => {
                let pairs = value.as_object().and_then(|object| object.try_iter_pairs());
                open.extend(pairs.into_iter().flatten().map(|(_, value)| value));
            }
            ValueKind::Seq | ValueKind::Iterable => open.extend(value.try_iter()?),
            _ => found.extend(text(&value).ok().filter(|text| is_path(text))),
        }
    }
    found.sort();
    found.dedup();
    Ok(Value::from(found))
}

/// Whether this is a path below a top-level directory; the path of a directory may end with a slash.
fn is_path(text: &str) -> bool {
    let path = text.trim_end_matches('/');
    host_path::is_normal(path) && path.matches('/').count() > 1
}

/// The number of entries of a list or table, or of characters of a text.
fn length(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let length = match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => Some(items("length", &value)?.len()),
        ValueKind::Map => value.len(),
        _ => text(&value).ok().filter(|_| !value.is_number()).map(|text| text.chars().count()),
    };
    length
        .map(Value::from)
        .ok_or_else(|| refuse(format!("`length` does not take {}", named(&value))))
}

fn sum(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let items = items("sum", &value)?;
    if items.iter().all(Value::is_integer) {
        let sum = items.iter().try_fold(0_i64, |sum, item| sum.checked_add(item.as_i64()?));
        return sum.map(Value::from).ok_or_else(|| refuse("`sum`: the sum is too large"));
    }
    let numbers: Result<Vec<f64>, Error> = items.into_iter().map(f64::try_from).collect();
    let numbers = numbers.map_err(|_| refuse("`sum` takes a list of numbers"))?;
    Ok(Value::from(numbers.iter().sum::<f64>()))
}

/// Sorts by value, or rows by a field.
fn sort(_: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let field = arguments.optional("field");
    let mut keyed = Vec::new();
    for item in items("sort", &value)? {
        let key = match &field {
            Some(field) => super::row::field("sort", &item, field)?,
            None => item.clone(),
        };
        keyed.push((sort_key(&key)?, item));
    }
    let kinds = |(key, _): &(Value, Value)| key.kind();
    if keyed.iter().map(kinds).any(|kind| Some(kind) != keyed.first().map(kinds)) {
        return Err(refuse("`sort` does not compare values of different kinds"));
    }
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

fn sort_key(value: &Value) -> Result<Value, Error> {
    if let Some(spelt) = Literal::of(value) {
        return Ok(spelt.rank().map_or_else(|| Value::from(spelt.text()), Value::from));
    }
    let plain = SecretText::of(value).is_none()
        && matches!(value.kind(), ValueKind::Number | ValueKind::String | ValueKind::Bool);
    if plain {
        Ok(value.clone())
    } else {
        Err(refuse(format!("`sort` does not order {}", named(value))))
    }
}

/// Every value once, in order of first appearance.
fn uniq(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let (mut seen, mut once) = (ValueSet::default(), Vec::new());
    for item in items("uniq", &value)? {
        if seen.add("uniq", &item)? {
            once.push(item);
        }
    }
    Ok(Value::from(once))
}

/// Every value that appears more than once, listed once.
fn twice(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let (mut seen, mut reported, mut found) =
        (ValueSet::default(), ValueSet::default(), Vec::new());
    for item in items("twice", &value)? {
        if !seen.add("twice", &item)? && reported.add("twice", &item)? {
            found.push(item);
        }
    }
    Ok(Value::from(found))
}

/// A set of values compared with `same`: texts are hashed, so that long lists take linear time.
#[derive(Default)]
struct ValueSet {
    texts: HashSet<String>,
    others: Vec<Value>,
}

impl ValueSet {
    fn has(&self, filter: &str, item: &Value) -> Result<bool, Error> {
        // A secret is refused regardless of what it would be compared with.
        same(filter, item, item)?;
        if let Some(text) = spelling(item) {
            return Ok(self.texts.contains(text));
        }
        for known in &self.others {
            if same(filter, known, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds a value; returns whether it is new.
    fn add(&mut self, filter: &str, item: &Value) -> Result<bool, Error> {
        if self.has(filter, item)? {
            return Ok(false);
        }
        match spelling(item) {
            Some(text) => drop(self.texts.insert(text.to_owned())),
            None => self.others.push(item.clone()),
        }
        Ok(true)
    }
}

/// The text of a text, or of a spelt value.
fn spelling(value: &Value) -> Option<&str> {
    Literal::of(value).map(Literal::text).or_else(|| value.as_str())
}

fn join(_: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let separator = arguments.text("separator")?;
    let texts: Result<Vec<String>, Error> = items("join", &value)?.iter().map(text).collect();
    Ok(Value::from(texts?.join(&separator)))
}

/// The parts between separators; none for an empty text.
fn split(_: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let separator = arguments.text("separator")?;
    let text = text(&value)?;
    if separator.is_empty() {
        return Err(refuse("`split` needs a separator"));
    }
    let parts = text.split(&separator).filter(|_| !text.is_empty());
    Ok(Value::from(parts.map(Value::from).collect::<Vec<_>>()))
}

/// Every text of a list, with a prefix.
fn prefixed(_: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let prefix = text(&arguments.next("prefix")?)?;
    let with = |item: &Value| Ok(Value::from(format!("{prefix}{}", text(item)?)));
    items("prefixed", &value)?.iter().map(with).collect::<Result<Vec<_>, Error>>().map(Value::from)
}

/// Applies another filter to every item: `names | map('regex')`.
fn map(state: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let filter = arguments.text("filter")?;
    if !super::FILTERS.contains(&filter.as_str()) {
        return Err(refuse(format!("`map`: there is no filter `{filter}`")));
    }
    let rest = arguments.rest();
    let mut mapped = Vec::new();
    for item in items("map", &value)? {
        let call: Vec<Value> = std::iter::once(item).chain(rest.iter().cloned()).collect();
        mapped.push(state.apply_filter(&filter, &call)?);
    }
    Ok(Value::from(mapped))
}
