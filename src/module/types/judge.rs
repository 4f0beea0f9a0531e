//! A table of the spec, read as far as it can be: what is wrong takes away the key that it stands in and
//! nothing else, so that the rest can be judged as well.

use super::read_parts::{missing, unknown_keys};
use super::read_secret::hide_secrets;
use super::{Field, ParamType, SecretRef};
use crate::diagnostic::Problems;
use crate::spec::node::{Node, Table};
use indexmap::IndexMap;
use minijinja::Value;

/// What could be read of a table.
#[derive(Clone, Debug, Default)]
pub struct JudgedTable {
    /// The keys that could be read, those that the spec leaves out among them.
    pub pairs: Vec<(String, Value)>,
    /// The keys whose values are not known.
    pub refused: Vec<String>,
    /// Everything that is wrong with it.
    pub problems: Problems,
}

impl JudgedTable {
    /// Reads the keys of a table; unknown ones are problems and take nothing away.
    pub fn judge(fields: &IndexMap<String, Field>, table: &Table, node: &Node) -> JudgedTable {
        let mut judged =
            JudgedTable { problems: unknown_keys(fields, table), ..JudgedTable::default() };
        for (name, field) in fields {
            let (value, problems) = match table.get(name) {
                Some(entry) => {
                    let (value, problems) = field.of.judge(&entry.node);
                    (value.map(|value| SecretRef::under(name, value)), problems)
                }
                None if field.must_be_given() => (None, vec![missing(name, field, node)]),
                None => (Some(field.absent(name)), Problems::new()),
            };
            judged.problems.extend(problems);
            match value {
                Some(value) => judged.pairs.push((name.clone(), value)),
                None => judged.refused.push(name.clone()),
            }
        }
        judged.problems = hide_secrets(judged.problems);
        judged
    }
}

impl ParamType {
    /// A value of the spec, unless a part of it is not known, and all that is wrong with it.
    fn judge(&self, node: &Node) -> (Option<Value>, Problems) {
        if let (ParamType::Table(fields), Some(table)) = (self, node.as_table()) {
            let judged = JudgedTable::judge(fields, table, node);
            let whole = judged.refused.is_empty();
            return (whole.then(|| Value::from_pairs(judged.pairs)), judged.problems);
        }
        match self.read(node) {
            Ok(value) => (Some(value), Problems::new()),
            Err(problems) => (None, problems),
        }
    }
}
