//! Environment variables, only where a spec names them: `{ env = "NAME" }` instead of a string.
//! Commands that work offline never read one: its value is then known to be there, and not known.

use super::node::{Node, Table, Value};
use crate::diagnostic::{Diagnostic, Place};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Variables of this prefix hold secrets, which are named as secrets.
const SECRETS: &str = "MATRIXFORM_SECRET_";

/// The environment as far as a spec may see it.
#[derive(Clone, Default)]
pub enum Variables {
    /// Not read: an offline command.
    #[default]
    Unread,
    /// All variables.
    Read(Arc<HashMap<String, String>>),
}

impl Variables {
    /// These variables.
    pub fn read(variables: HashMap<String, String>) -> Variables {
        Variables::Read(Arc::new(variables))
    }

    /// The value of a variable, or none while nothing is read; `place` names it in the spec.
    ///
    /// # Errors
    ///
    /// The variable holds a secret, or is not set.
    pub fn value(&self, name: &str, place: &Place) -> Result<Option<String>, Diagnostic> {
        let refuse = |message: String| Diagnostic::error("spec/env", message).at(place);
        if name.starts_with(SECRETS) {
            return Err(refuse(format!("`{name}` is a secret, and `env` is not for secrets"))
                .help("write `{ secret = \"name\" }` where a secret is expected"));
        }
        if !is_name(name) {
            return Err(refuse("this is not the name of an environment variable".to_owned())
                .help("names are letters, digits and `_`: `{ env = \"MATRIX_HOST\" }`"));
        }
        let Variables::Read(variables) = self else { return Ok(None) };
        match variables.get(name) {
            Some(value) => Ok(Some(value.clone())),
            None => Err(refuse(format!("the environment variable `{name}` is not set"))
                .help(format!("set it, as in `{name}=… matrixform plan`"))),
        }
    }
}

impl std::fmt::Debug for Variables {
    /// Never the values: the environment holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Variables::Unread => "Unread",
            Variables::Read(_) => "Read(…)",
        })
    }
}

/// The variable that `{ env = "NAME" }` names.
pub fn variable(node: &Node) -> Option<&str> {
    let table = node.as_table().filter(|table| table.len() == 1)?;
    table.get("env")?.node.as_str()
}

/// The variables that a spec's table names, each with the first place that does.
pub fn named_variables(table: &Table) -> BTreeMap<String, Place> {
    fn look(node: &Node, found: &mut BTreeMap<String, Place>) {
        if let Some(name) = variable(node) {
            found.entry(name.to_owned()).or_insert_with(|| node.place.clone());
        }
        match &node.value {
            Value::Table(table) => table.values().for_each(|one| look(&one.node, found)),
            Value::Array(items) => items.iter().for_each(|item| look(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeMap::new();
    table.values().for_each(|one| look(&one.node, &mut found));
    found
}

fn is_name(name: &str) -> bool {
    let clean = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(clean)
}
