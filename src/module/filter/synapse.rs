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
    below(&value, "", &[], &mut |path, name, option| {
        if let Some(says) = says(option, &of) {
            found.push(Value::from_pairs([
                ("path", Value::from(path.to_vec())),
                ("name", Value::from(name)),
                ("says", Value::from(says.as_str())),
            ]));
        }
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

/// Calls `see` with all options in a table. One that is off has no consequence.
fn below(
    table: &Value,
    above: &str,
    path: &[String],
    see: &mut dyn FnMut(&[String], &str, &SynapseOption),
) -> Result<(), Error> {
    for (key, value) in pairs("option_remarks", table)? {
        let name = if above.is_empty() { key.to_string() } else { format!("{above}.{key}") };
        let path = [path, &[key.to_string()]].concat();
        let secret = SecretText::of(&value).is_some();
        let off = !secret && value.kind() == ValueKind::Bool && !value.is_true();
        if let Some(option) = options().known.get(&name).filter(|_| !off) {
            see(&path, &name, option);
        }
        if !secret && value.kind() == ValueKind::Map {
            below(&value, &name, &path, see)?;
        }
    }
    Ok(())
}
