//! Remarks from the table of Synapse's options on the options in a value, for findings.

use super::argument::FilterArguments;
use super::list::items;
use super::registry::{Filter, Takes};
use super::secret_text::SecretText;
use super::table::pairs;
use crate::synapse::{SynapseOption, options};
use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};

pub(super) const ALL: &[Filter] = &[
    Filter { name: "option_remarks", takes: Takes::Plain, run: option_remarks },
    Filter { name: "option_classes", takes: Takes::Plain, run: option_classes },
];

/// The options in a table that have a remark of one sort, each with its `path`, its `name` and the remark (`remark`):
/// `extra | option_remarks('deletes')`. Other sorts are `extra`, `forever`, `instead`, `part`, `since`.
fn option_remarks(
    _: &mut State,
    value: Value,
    arguments: &mut FilterArguments,
) -> Result<Value, Error> {
    let of = arguments.text("of")?;
    let by_value = ["deletes", "part", "extra"].contains(&of.as_str());
    // A table that is switched off has no effect, whatever else it contains; packages are needed all the same.
    let switched_off = |value: &Value| ["deletes", "part"].contains(&of.as_str()) && is_off(value);
    let mut found = Vec::new();
    below(&value, "", &[], &mut |path, name, option, value| {
        // An outdated or not yet known name is remarked on with any value.
        let counts = !by_value || counts(option, value) && !switched_off(value);
        if let Some(remark) = remark(option, &of).filter(|_| counts) {
            found.push(Value::from_pairs([
                ("path", Value::from(path.to_vec())),
                ("name", Value::from(name)),
                ("remark", Value::from(remark.as_str())),
            ]));
        }
        !switched_off(value)
    })?;
    Ok(Value::from(found))
}

/// The Python classes that options name, each with its `path`, the `class` and the `package` that the class name begins
/// with. The configuration of a module is its own: it is not searched.
fn option_classes(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let mut found = Vec::new();
    classes(&value, &mut Vec::new(), &mut found)?;
    Ok(Value::from(found))
}

fn classes(value: &Value, path: &mut Vec<String>, found: &mut Vec<Value>) -> Result<(), Error> {
    if SecretText::of(value).is_some() {
        return Ok(());
    }
    match value.kind() {
        ValueKind::Seq => items("option_classes", value)?
            .iter()
            .filter(|item| SecretText::of(item).is_none() && item.kind() == ValueKind::Map)
            .try_for_each(|item| classes(item, path, found)),
        ValueKind::Map if !is_off(value) => {
            for (key, value) in pairs("option_classes", value)? {
                let key = key.to_string();
                if key == "module"
                    && let Some(class) = value.as_str()
                {
                    found.push(Value::from_pairs([
                        ("path", Value::from(path.join("."))),
                        ("class", Value::from(class)),
                        ("package", Value::from(class.split('.').next().unwrap_or(class))),
                    ]));
                } else if key != "config" && key != "args" {
                    path.push(key);
                    classes(&value, path, found)?;
                    path.pop();
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn remark<'a>(option: &'a SynapseOption, of: &str) -> Option<&'a String> {
    match of {
        "deletes" => option.deletes.as_ref(),
        "forever" => option.forever.as_ref(),
        "instead" => option.instead.as_ref(),
        "part" => option.part.as_ref(),
        "extra" => option.extra.as_ref(),
        "since" => option.since.as_ref(),
        _ => None,
    }
}

/// Whether the remark applies to this value.
fn counts(option: &SynapseOption, value: &Value) -> bool {
    SecretText::of(value).is_some()
        || value.kind() != ValueKind::Bool
        || value.is_true() != option.off
}

/// `{ enabled = false, … }`.
fn is_off(table: &Value) -> bool {
    let enabled = match SecretText::of(table) {
        None if table.kind() == ValueKind::Map => table.get_attr("enabled").unwrap_or_default(),
        _ => return false,
    };
    SecretText::of(&enabled).is_none() && enabled.kind() == ValueKind::Bool && !enabled.is_true()
}

/// The callback for an option: takes its path, its name, what is known about it, and its value; returns whether to
/// descend into the value.
type See<'a> = dyn FnMut(&[String], &str, &SynapseOption, &Value) -> bool + 'a;

/// Calls `see` for all options in a table, including those of tables in lists.
fn below(table: &Value, above: &str, path: &[String], see: &mut See<'_>) -> Result<(), Error> {
    for (key, value) in pairs("option_remarks", table)? {
        let name = if above.is_empty() { key.to_string() } else { format!("{above}.{key}") };
        let path = [path, &[key.to_string()]].concat();
        let option = options().known.get(&name);
        let further = option.is_none_or(|option| see(&path, &name, option, &value));
        if !further || SecretText::of(&value).is_some() {
            continue;
        }
        match value.kind() {
            ValueKind::Map => below(&value, &name, &path, see)?,
            ValueKind::Seq => {
                let name = format!("{name}[]");
                let is_table =
                    |item: &&Value| SecretText::of(item).is_none() && item.kind() == ValueKind::Map;
                let items = items("option_remarks", &value)?;
                items
                    .iter()
                    .filter(is_table)
                    .try_for_each(|item| below(item, &name, &path, see))?;
            }
            _ => {}
        }
    }
    Ok(())
}
