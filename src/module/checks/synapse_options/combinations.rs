//! Options that require or exclude other options: Synapse does not start otherwise.

use crate::diagnostic::{Diagnostic, Problems};
use crate::spec::node::{Entry, Node, Table, Value as Toml};
use crate::synapse::{OptionKind, SynapseOption, options};

/// `{ enabled = false, … }`: Synapse ignores the rest of such a table.
fn is_off(table: &Table) -> bool {
    table.get("enabled").is_some_and(|entry| entry.node.value == Toml::Boolean(false))
}

/// The required options that a table lacks.
pub(super) fn missing(above: &str, node: &Node, table: &Table) -> Problems {
    if is_off(table) {
        return Problems::new();
    }
    let needed = options().below(above).filter_map(|key| {
        let option = options().known.get(&format!("{above}.{key}"))?;
        (option.required && !table.contains_key(key)).then_some((key, option))
    });
    let problem = |(key, option): (&str, &SynapseOption)| {
        let message = format!("`{above}` needs `{key}`: Synapse does not start without it");
        let takes = match option.secret {
            true => "`{ secret = \"name\" }`".to_owned(),
            false => OptionKind::describe_all(&option.kinds),
        };
        let problem = Diagnostic::error("synapse/missing-option", message).at(&node.place);
        problem.help(format!("add `{key}`: {takes}"))
    };
    needed.map(problem).collect()
}

/// Secrets given both as a value and as the path of a file: Synapse takes only one of them.
pub(super) fn set_twice(above: &str, table: &Table) -> Problems {
    let both = table.iter().filter_map(|(key, entry)| {
        let value = key.strip_suffix("_path").filter(|value| table.contains_key(*value))?;
        let secret = options().known.get(&below(above, value)).is_some_and(|option| option.secret);
        secret.then_some((value, key, entry))
    });
    let problem = |(value, key, entry): (&str, &String, &Entry)| {
        let message =
            format!("`{value}` and `{key}` set the same thing: Synapse does not start with both");
        let problem = Diagnostic::error("synapse/set-twice", message).at(&entry.key);
        problem.help(format!(
            "remove `{key}`: with `{value} = {{ secret = \"name\" }}` the secret is not in any of your files"
        ))
    };
    both.map(problem).collect()
}

/// Pairs of options in one table that set the same thing in different ways, or contradict each other.
pub(super) fn excluded(above: &str, table: &Table) -> Problems {
    let both =
        table.iter().filter(|(_, entry)| has_effect(&entry.node)).filter_map(|(key, entry)| {
            let option = options().known.get(&below(above, key))?;
            let other = option.excludes.as_deref()?;
            has_effect(&table.get(other)?.node).then_some((key, option, other, entry))
        });
    let problem = |(key, option, other, entry): (&String, &SynapseOption, &str, &Entry)| {
        let message = format!("Synapse does not start with both `{key}` and `{other}`");
        let problem = Diagnostic::error("synapse/excluded-option", message).at(&entry.key);
        problem.help(match option.instead.as_deref() == Some(other) {
            true => format!("remove `{key}`, and use `{other}`, which replaced it"),
            false => "remove one of them".to_owned(),
        })
    };
    both.map(problem).collect()
}

/// Options missing, in the same table or from the top, although another option needs them.
pub(super) fn needs(above: &str, table: &Table, root: &Table) -> Problems {
    let set = table.iter().filter(|(_, entry)| has_effect(&entry.node));
    let needed = set.flat_map(|(key, entry)| {
        let option = options().known.get(&below(above, key));
        option.into_iter().flat_map(|option| &option.needs).map(move |any| (key, entry, any))
    });
    let is_there = |name: &String| {
        let same = name.rsplit_once('.').map_or(("", name.as_str()), |split| split);
        let entry = if same.0 == above { table.get(same.1) } else { at(root, name) };
        entry.is_some_and(|entry| has_effect(&entry.node))
    };
    let lacking = needed.filter(|(.., any)| !any.iter().any(is_there));
    let problem = |(key, entry, any): (&String, &Entry, &Vec<String>)| {
        let (name, any) = (below(above, key), format!("`{}`", any.join("` or `")));
        let message = format!("`{name}` needs {any}: Synapse does not start without it");
        let problem = Diagnostic::error("synapse/missing-option", message).at(&entry.key);
        problem.help(format!("set {any}, or remove `{name}`"))
    };
    lacking.map(problem).collect()
}

fn at<'a>(root: &'a Table, name: &str) -> Option<&'a Entry> {
    match name.split_once('.') {
        Some((first, rest)) => at(root.get(first)?.node.as_table()?, rest),
        None => root.get(name),
    }
}

/// Whether a value differs from what Synapse assumes when the option is not set.
fn has_effect(node: &Node) -> bool {
    match &node.value {
        Toml::Boolean(yes) => *yes,
        Toml::String(text) => !text.is_empty() && text != "off",
        Toml::Array(items) => !items.is_empty(),
        Toml::Table(table) => !table.is_empty(),
        _ => true,
    }
}

fn below(above: &str, key: &str) -> String {
    if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") }
}
