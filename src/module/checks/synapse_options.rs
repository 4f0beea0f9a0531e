//! `check = "synapse_options"`: a table of options of homeserver.yaml. Synapse silently ignores unknown names, so every
//! name, at any depth, must be in the table of known options, every value must have a kind that its option takes, and
//! keys that the module itself writes are refused.

mod combinations;

use super::WrittenKeys;
use super::synapse_value::fits;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::types::{ReadAs, RefusedText, unfilled};
use crate::spec::node::{Entry, Node, Table, Value as Toml};
use crate::synapse::{
    OptionKind, RemovedOption, SynapseOption, explain, nearest_options, options, own_name,
};

/// The number of unknown names for which similar ones are searched, each among all options: a spec with more of them
/// has no typo, and only the first problems are shown.
const COMPARED: usize = 100;

/// The problems of a table of options.
pub(super) fn check(node: &Node, written: &WrittenKeys) -> Problems {
    let Some(root) = node.as_table() else { return Problems::new() };
    let mut walk = OptionWalk { written, root, problems: Problems::new() };
    walk.table("", node, root);
    walk.problems
}

struct OptionWalk<'a> {
    written: &'a WrittenKeys,
    root: &'a Table,
    problems: Problems,
}

impl OptionWalk<'_> {
    fn table(&mut self, above: &str, node: &Node, table: &Table) {
        self.problems.extend(combinations::missing(above, node, table));
        self.problems.extend(combinations::set_twice(above, table));
        self.problems.extend(combinations::excluded(above, table));
        self.problems.extend(combinations::needs(above, table, self.root));
        for (key, entry) in table {
            let name = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
            match options().known.get(&name) {
                None => {
                    let near = self.problems.len() < COMPARED;
                    self.problems.push(unknown(self.written, &name, entry, near));
                }
                Some(option) if option.secret && entry.node.as_str().is_some() => {
                    let refused = taken(self.written, (&name, option), entry);
                    let problem = refused.or_else(|| of_no_use(&name, entry));
                    let plain = || crate::module::types::plain_secret(&entry.node);
                    self.problems.push(problem.unwrap_or_else(plain));
                }
                Some(option) => match taken(self.written, (&name, option), entry) {
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

    /// Checks a value and the values in it: descends into tables and lists, and compares everything else.
    fn one_of(&mut self, name: &str, kinds: &[OptionKind], node: &Node) {
        let of = kinds.iter().find(|kind| match kind {
            OptionKind::Table | OptionKind::Map(_) => {
                matches!(node.value, Toml::Table(_)) && !is_secret(node)
            }
            OptionKind::List(_) => matches!(node.value, Toml::Array(_)),
            _ => false,
        });
        match (of, &node.value) {
            (Some(OptionKind::Table), Toml::Table(table)) => self.table(name, node, table),
            (Some(OptionKind::Map(of)), Toml::Table(table)) => {
                for (key, entry) in table {
                    // The module may write some keys of a table whose keys the user chooses.
                    let own = format!("{name}.{key}");
                    match taken(self.written, (&own, &SynapseOption::default()), entry) {
                        Some(problem) => self.problems.push(problem),
                        None => self.item(&format!("{name}.*"), of, &entry.node),
                    }
                }
            }
            (Some(OptionKind::List(of)), Toml::Array(items)) => {
                items.iter().for_each(|item| self.item(&format!("{name}[]"), of, item));
            }
            _ => {
                // What belongs to another program, such as a module, may have templates of its own.
                let own = !kinds.contains(&OptionKind::Any);
                let text = node.as_str().filter(|_| own);
                let text = text.and_then(|text| unfilled(text, read_as(name)));
                self.problems.extend(match text {
                    Some(refused) => vec![placeholder(name, node, refused)],
                    None => fits(name, kinds, node, is_secret(node)),
                });
            }
        }
    }

    fn item(&mut self, name: &str, of: &OptionKind, node: &Node) {
        self.one_of(name, std::slice::from_ref(of), node);
    }
}

/// How Synapse reads the text of an option: how a provider's users are mapped is a template, whatever the key.
fn read_as(name: &str) -> ReadAs {
    let is_template = name.contains("template") || name.contains("user_mapping_provider");
    if is_template { ReadAs::Template } else { ReadAs::Plain }
}

/// The problem of a text that nobody filled in.
fn placeholder(name: &str, node: &Node, refused: RefusedText) -> Diagnostic {
    let message = format!("the value of `{name}` contains a placeholder");
    let problem = Diagnostic::error("spec/value", message).labelled(&node.place, refused.why);
    problem.help(refused.help.unwrap_or_default())
}

/// The problem of a secret for an option that nothing on this host reads: no store needs it.
fn of_no_use(name: &str, entry: &Entry) -> Option<Diagnostic> {
    let part = part_of(name)?;
    let message =
        format!("`{name}` is for a deployment with {part}, but only one process runs here");
    let problem = Diagnostic::error("synapse/part-option", message).at(&entry.key);
    Some(problem.help("remove it: one process does everything, and serves hundreds of users"))
}

/// The part of a larger deployment that an option, or a table above it, is for: nothing on this host reads it.
fn part_of(name: &str) -> Option<&'static str> {
    let above = name.match_indices('.').map(|(at, _)| name.get(..at).unwrap_or_default());
    let mut names = above.chain([name]);
    names.find_map(|name| options().known.get(name)?.part.as_deref())
}

/// `{ secret = "name" }`.
fn is_secret(node: &Node) -> bool {
    let name =
        node.as_table().filter(|table| table.len() == 1).and_then(|table| table.get("secret"));
    name.is_some_and(|name| name.node.as_str().is_some())
}

/// The problem of an unknown name; `near`: whether to search for similar options.
fn unknown(written: &WrittenKeys, name: &str, entry: &Entry, near: bool) -> Diagnostic {
    let version = &options().version;
    if let Some(gone) = options().gone.get(name) {
        return taken_away(written, (name, gone), entry);
    }
    let message = format!("Synapse {version} has no option `{name}`");
    if let Some(known) = explain(name) {
        let message = format!("{message}: {}", known.why);
        let problem = Diagnostic::error("synapse/guide-option", message).at(&entry.key);
        return problem.help(known.instead);
    }
    let problem = Diagnostic::error("synapse/unknown-option", message)
        .labelled(&entry.key, "Synapse would silently ignore it");
    let mut near = if near { nearest_options(options(), name) } else { Vec::new() };
    // Inside a table that Synapse knows, a different key of that table is meant.
    let inside = name.rsplit_once('.').map(|(table, _)| (table, sibling_keys(table)));
    if let Some((table, sibling_keys)) = inside.filter(|(_, sibling_keys)| !sibling_keys.is_empty())
    {
        near.retain(|one| one.strip_prefix(table).is_some_and(|rest| rest.starts_with('.')));
        if near.is_empty() {
            return problem.help(format!("`{table}` takes `{}`", sibling_keys.join("`, `")));
        }
    }
    if near.is_empty() {
        return problem.help("Synapse's configuration manual lists all of them");
    }
    let meant = format!("did you mean `{}`?", near.join("`, `"));
    let mut instructions: Vec<String> =
        near.iter().filter_map(|name| instead(written, name)).collect();
    instructions.dedup();
    match instructions.is_empty() {
        true => problem.help(meant),
        false => problem.help(format!("{meant} Here: {}", instructions.join("; or "))),
    }
}

/// The keys that a table of an option takes.
fn sibling_keys(table: &str) -> Vec<&'static str> {
    let keys =
        options().known.keys().filter_map(|name| name.strip_prefix(table)?.strip_prefix('.'));
    keys.filter(|key| !key.contains('.') && !key.contains("[]")).collect()
}

/// What to do instead of setting an option that is not free to be set.
fn instead(written: &WrittenKeys, name: &str) -> Option<String> {
    if let Some(known) = own_name(name) {
        return Some(known.instead.to_owned());
    }
    let by = written.written_by(name).flatten().map(str::to_owned);
    let by = by.or_else(|| written.parameter_in_file(name).map(str::to_owned))?;
    Some(write_help(&by))
}

/// Like `instead`, for the replacement of an option, which may be a whole table.
fn successor(written: &WrittenKeys, name: &str) -> Option<String> {
    instead(written, name).or_else(|| Some(write_help(&written.below(name)?)))
}

/// The help for `synapse.email.password`, in the form of the spec.
fn write_help(parameter: &str) -> String {
    let (section, key) = parameter.rsplit_once('.').unwrap_or(("synapse", parameter));
    format!("write `{key}` under `[{section}]`")
}

fn taken_away(
    written: &WrittenKeys,
    (name, gone): (&str, &RemovedOption),
    entry: &Entry,
) -> Diagnostic {
    let since =
        gone.version.as_ref().map(|version| format!(" since {version}")).unwrap_or_default();
    let problem =
        Diagnostic::error("synapse/gone-option", format!("Synapse has no `{name}`{since}"));
    let problem = problem.at(&entry.key);
    match &gone.instead {
        Some(name) => match successor(written, name) {
            Some(instead) => problem.help(instead),
            None => problem.help(format!("use `{name}`")),
        },
        None => problem.help("remove it: nothing replaced it"),
    }
}

/// The problem of a key that the module writes, by its name or by a newer one.
fn taken(
    written: &WrittenKeys,
    (name, option): (&str, &SynapseOption),
    entry: &Entry,
) -> Option<Diagnostic> {
    // Synapse reads only one of the two names, and not always the newer one.
    let newer = option.instead.as_deref().and_then(|newer| newer.split(" and ").next());
    let replacement = |newer| {
        let instead = successor(written, newer)?;
        Some((newer, own_name(name).map_or(instead, |known| known.instead.to_owned())))
    };
    if let Some((newer, instead)) = newer.and_then(replacement) {
        let message = format!("`{name}` is an old name of `{newer}`, which the module sets");
        let problem = Diagnostic::error("synapse/own-option", message);
        return Some(problem.at(&entry.key).help(instead));
    }
    let own = written.written_by(name);
    // Synapse refuses a secret given both as a value and as a file.
    let file = || written.written_by(&format!("{name}_path"));
    let (by, what) = match own {
        Some(by) => (by, "is set by the module itself"),
        None => (file()?, "is written to its own file by the module"),
    };
    let what = if by.is_some() { "has its own option here" } else { what };
    let problem = Diagnostic::error("synapse/own-option", format!("`{name}` {what}"));
    let help = match (own_name(name), by) {
        (Some(known), _) => known.instead.to_owned(),
        (None, Some(by)) => format!("set `{by}` instead"),
        (None, None) => "remove it".to_owned(),
    };
    Some(problem.at(&entry.key).help(help))
}

#[cfg(test)]
mod tests;
