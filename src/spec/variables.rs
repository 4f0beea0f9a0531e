//! Environment variables, only where a spec names them: `{ env = "NAME" }` in place of a string. Commands that work
//! offline never read them: a value then exists, but is unknown.

use super::node::{Node, Table, Value};
use crate::diagnostic::{Diagnostic, Place};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Variables with this prefix contain secrets, which have their own syntax.
const SECRETS: &str = "MATRIXFORM_SECRET_";

/// The part of the environment that a spec may use.
#[derive(Clone, Default)]
pub enum Variables {
    /// Not read: an offline command.
    #[default]
    Unread,
    /// All variables.
    Read(Arc<HashMap<String, String>>),
}

impl Variables {
    /// Creates a set of these variables.
    pub fn read(variables: HashMap<String, String>) -> Variables {
        Variables::Read(Arc::new(variables))
    }

    /// Returns the value of a variable, or `None` if the environment is not read; `place` is its place in the spec.
    ///
    /// # Errors
    ///
    /// The variable contains a secret, or is not set.
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
    /// Never prints the values: the environment contains secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Variables::Unread => "Unread",
            Variables::Read(_) => "Read(…)",
        })
    }
}

/// Returns the variable named by `{ env = "NAME" }`.
pub fn variable(node: &Node) -> Option<&str> {
    let table = node.as_table().filter(|table| table.len() == 1)?;
    table.get("env")?.node.as_str()
}

/// Returns the variables named in a spec's table, each with its first place.
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
