//! What the table of Synapse's options says about those in a value, for findings.

use super::argument::Arguments;
use super::registry::{Filter, Takes};
use super::secret_text::SecretText;
use super::table::pairs;
use crate::synapse::{SynapseOption, options};
use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};

pub(super) const ALL: &[Filter] =
    &[Filter { name: "option_remarks", takes: Takes::Plain, run: option_remarks }];

/// The options in a table of which there is something to say, each with its `path`, its `name` and
/// what is said: `extra | option_remarks('deletes')`. Other words are `forever`, `instead`, `since`.
fn option_remarks(_: &mut State, value: Value, arguments: &mut Arguments) -> Result<Value, Error> {
    let of = arguments.text("of")?;
    let mut found = Vec::new();
    below(&value, "", &[], &mut |path, name, option, value| {
        // A name that is old or not there yet is so with any value.
        let counts = of != "deletes" || deletes(option, value);
        if let Some(says) = says(option, &of).filter(|_| counts) {
            found.push(Value::from_pairs([
                ("path", Value::from(path.to_vec())),
                ("name", Value::from(name)),
                ("says", Value::from(says.as_str())),
            ]));
        }
        // What is switched off as a whole deletes nothing by what else it says.
        of != "deletes" || !is_off(value)
    })?;
    Ok(Value::from(found))
}

fn says<'a>(option: &'a SynapseOption, of: &str) -> Option<&'a String> {
    match of {
        "deletes" => option.deletes.as_ref(),
        "forever" => option.forever.as_ref(),
        "instead" => option.instead.as_ref(),
        "since" => option.since.as_ref(),
        _ => None,
    }
}

/// Whether this value is the one by which something is lost.
fn deletes(option: &SynapseOption, value: &Value) -> bool {
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

/// What is called with an option: its path, its name, what is known of it, its value. It says whether
/// what lies below is looked at.
type See<'a> = dyn FnMut(&[String], &str, &SynapseOption, &Value) -> bool + 'a;

/// Calls `see` with all options in a table.
fn below(table: &Value, above: &str, path: &[String], see: &mut See<'_>) -> Result<(), Error> {
    for (key, value) in pairs("option_remarks", table)? {
        let name = if above.is_empty() { key.to_string() } else { format!("{above}.{key}") };
        let path = [path, &[key.to_string()]].concat();
        let secret = SecretText::of(&value).is_some();
        let option = options().known.get(&name);
        let further = option.is_none_or(|option| see(&path, &name, option, &value));
        if further && !secret && value.kind() == ValueKind::Map {
            below(&value, &name, &path, see)?;
        }
    }
    Ok(())
}
