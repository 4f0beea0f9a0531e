//! `check = "synapse_options"`: a table of options of homeserver.yaml. Synapse ignores a name that it
//! does not know without a word, so here every name must be one of the table's, at any depth, every
//! value of a kind that it takes, and nothing that the module writes itself.

use super::Written;
use super::synapse_value::fits;
use crate::diagnostic::{Diagnostic, Problems};
use crate::spec::node::{Entry, Node, Table, Value as Toml};
use crate::synapse::{Gone, Kind, SynapseOption, explain, nearest_options, options, own_name};

/// What is wrong with a table of options.
pub(super) fn check(node: &Node, written: &Written) -> Problems {
    let mut walk = Walk { written, problems: Problems::new() };
    if let Some(table) = node.as_table() {
        walk.table("", table);
    }
    walk.problems
}

struct Walk<'a> {
    written: &'a Written,
    problems: Problems,
}

impl Walk<'_> {
    fn table(&mut self, above: &str, table: &Table) {
        for (key, entry) in table {
            let name = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
            match options().known.get(&name) {
                None => self.problems.push(unknown(&name, entry)),
                Some(option) => match taken(self.written, &name, entry) {
                    Some(problem) => self.problems.push(problem),
                    None => self.value(&name, option, &entry.node),
                },
            }
        }
    }

    fn value(&mut self, name: &str, option: &SynapseOption, node: &Node) {
        if option.secret && matches!(node.value, Toml::String(_)) {
            return self.problems.push(crate::module::types::plain_secret(node));
        }
        self.one_of(name, &option.kinds, node);
    }

    /// A value and those in it; tables and lists go down, everything else is compared.
    fn one_of(&mut self, name: &str, kinds: &[Kind], node: &Node) {
        let of = kinds.iter().find(|kind| match kind {
            Kind::Table | Kind::Map(_) => matches!(node.value, Toml::Table(_)) && !is_secret(node),
            Kind::List(_) => matches!(node.value, Toml::Array(_)),
            _ => false,
        });
        match (of, &node.value) {
            (Some(Kind::Table), Toml::Table(table)) => self.table(name, table),
            (Some(Kind::Map(of)), Toml::Table(table)) => {
                for entry in table.values() {
                    self.item(&format!("{name}.*"), of, &entry.node);
                }
            }
            (Some(Kind::List(of)), Toml::Array(items)) => {
                items.iter().for_each(|item| self.item(&format!("{name}[]"), of, item));
            }
            _ => self.problems.extend(fits(name, kinds, node, is_secret(node))),
        }
    }

    fn item(&mut self, name: &str, of: &Kind, node: &Node) {
        self.one_of(name, std::slice::from_ref(of), node);
    }
}

/// `{ secret = "name" }`.
fn is_secret(node: &Node) -> bool {
    let name =
        node.as_table().filter(|table| table.len() == 1).and_then(|table| table.get("secret"));
    name.is_some_and(|name| name.node.as_str().is_some())
}

/// The problem of a name that is no option.
fn unknown(name: &str, entry: &Entry) -> Diagnostic {
    let version = &options().version;
    if let Some(gone) = options().gone.get(name) {
        return taken_away(name, gone, entry);
    }
    let message = format!("Synapse {version} has no option `{name}`");
    if let Some(known) = explain(name) {
        let message = format!("{message}: {}", known.why);
        let problem = Diagnostic::error("synapse/guide-option", message).at(&entry.key);
        return problem.help(known.instead);
    }
    let problem = Diagnostic::error("synapse/unknown-option", message)
        .labelled(&entry.key, "Synapse would ignore it without a word");
    let near = nearest_options(options(), name);
    match near.as_slice() {
        [] => problem.help("docs/synapse-options.md lists all of them"),
        names => problem.help(format!("did you mean `{}`?", names.join("`, `"))),
    }
}

fn taken_away(name: &str, gone: &Gone, entry: &Entry) -> Diagnostic {
    let since =
        gone.version.as_ref().map(|version| format!(" since {version}")).unwrap_or_default();
    let problem =
        Diagnostic::error("synapse/gone-option", format!("Synapse has no `{name}`{since}"));
    let problem = problem.at(&entry.key);
    match &gone.instead {
        Some(instead) => problem.help(format!("use `{instead}`")),
        None => problem.help("take it away: nothing came in its place"),
    }
}

/// The problem of a key that the module writes.
fn taken(written: &Written, name: &str, entry: &Entry) -> Option<Diagnostic> {
    let own = written.by_whom(name);
    // Synapse refuses a secret that is given twice, as a value and as a file.
    let file = || written.by_whom(&format!("{name}_path"));
    let (by, what) = match own {
        Some(by) => (by, "is written by the module itself"),
        None => (file()?, "is kept in a file of its own by the module"),
    };
    let what = if by.is_some() { "has an option of its own here" } else { what };
    let problem = Diagnostic::error("synapse/own-option", format!("`{name}` {what}"));
    let help = match (own_name(name), by) {
        (Some(known), _) => known.instead.to_owned(),
        (None, Some(by)) => format!("set `{by}` instead"),
        (None, None) => "take it away".to_owned(),
    };
    Some(problem.at(&entry.key).help(help))
}

#[cfg(test)]
mod tests;
