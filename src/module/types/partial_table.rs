//! Reads a table of the spec as far as possible: a problem affects only the key that it is in, so that the rest can be
//! read as well.

use super::read_parts::{map_pairs, missing, misspelt, unknown_keys};
use super::read_secret::hide_secrets;
use super::reference::name_below;
use super::text_type::Pattern;
use super::{Field, ParamType};
use crate::diagnostic::Problems;
use crate::spec::node::{Node, Table};
use indexmap::IndexMap;
use minijinja::{Error, ErrorKind, Value};

/// The readable part of a table.
#[derive(Clone, Debug, Default)]
pub struct PartialTable {
    /// The keys that could be read, including those that the spec leaves out.
    pub pairs: Vec<(String, Value)>,
    /// The keys whose values are unknown.
    pub refused: Vec<String>,
    /// All problems of the table.
    pub problems: Problems,
}

impl PartialTable {
    /// Reads the keys of a table; unknown ones are problems, but affect no other key.
    pub fn read(fields: &IndexMap<String, Field>, table: &Table, node: &Node) -> PartialTable {
        let mut partial =
            PartialTable { problems: unknown_keys(fields, table), ..PartialTable::default() };
        let misspelt = misspelt(fields, table);
        for (name, field) in fields {
            let (value, problems) = match table.get(name) {
                Some(entry) => {
                    let (value, problems) = field.ty.read_lenient(&entry.node);
                    (value.map(|value| name_below(name, value)), problems)
                }
                None if misspelt.contains(&name.as_str()) => (None, Problems::new()),
                None if field.must_be_given() => (None, vec![missing(name, field, node)]),
                None => (Some(field.absent(name)), Problems::new()),
            };
            partial.problems.extend(problems);
            match value {
                Some(value) => partial.pairs.push((name.clone(), value)),
                None => partial.refused.push(name.clone()),
            }
        }
        partial.problems = hide_secrets(partial.problems);
        partial
    }
}

impl ParamType {
    /// The value of the spec as far as it is known, and all its problems. Inside a table, an invalid key has an unknown
    /// value; in a free table, it is left out.
    fn read_lenient(&self, node: &Node) -> (Option<Value>, Problems) {
        match (self, node.as_table()) {
            (ParamType::Table(fields), Some(table)) => {
                let partial = PartialTable::read(fields, table, node);
                let refused = partial.refused.into_iter().map(|name| (name, unknown()));
                let pairs = partial.pairs.into_iter().chain(refused);
                (Some(Value::from_pairs(pairs)), partial.problems)
            }
            (ParamType::Map(ty, keys), Some(table)) => read_pairs((ty, keys.as_ref()), table),
            _ => match self.read(node) {
                Ok(value) => (Some(value), Problems::new()),
                Err(problems) => (None, problems),
            },
        }
    }
}

fn read_pairs(ty: (&ParamType, Option<&Pattern>), table: &Table) -> (Option<Value>, Problems) {
    let (pairs, problems) = map_pairs(ty, table);
    (Some(Value::from_pairs(pairs)), hide_secrets(problems))
}

/// The message of an error whose cause was already reported.
pub(in crate::module) const ALREADY_REPORTED: &str = "\u{0}reported";

/// An unknown value: reading it fails silently.
pub(in crate::module) fn unknown() -> Value {
    Value::from(Error::new(ErrorKind::InvalidOperation, ALREADY_REPORTED))
}
