//! One key of a table type: a parameter inside a parameter, declared with the same keys.

use super::reference::name_below;
use super::{DefaultBy, FIELD_KEYS, ParamType};
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::spec::node::{Node, Table, Value as Toml};
use minijinja::Value;

/// A field of a table.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its type.
    pub ty: ParamType,
    /// The value if the spec leaves it out.
    pub default: Option<Value>,
    /// The default that a word elsewhere in the spec selects.
    pub by: Option<DefaultBy>,
    /// Whether the spec must set it.
    pub required: bool,
    /// One sentence for the reference.
    pub doc: Option<String>,
    /// All keys as declared: `sets`, `hardens` and others are read where they are needed.
    pub declared: Table,
}

impl Field {
    /// Reads a declaration; `place` is the place of its key.
    ///
    /// # Errors
    ///
    /// The type is invalid, a default is not of this type, or `required` comes with a default (`module/field`).
    pub fn from_manifest(table: &Table, place: &Place) -> Result<Field, Problems> {
        let ty = ParamType::from_manifest(table, place, FIELD_KEYS)?;
        let mut problems = Problems::new();
        let required = flag(table, "required").unwrap_or_else(|found| {
            problems.extend(found);
            false
        });
        let default = match table.get("default").map(|entry| ty.read(&entry.node)).transpose() {
            Ok(default) => default,
            Err(found) => {
                problems.extend(found);
                None
            }
        };
        let by = table.get("default_by").map(|entry| DefaultBy::read(entry, &ty)).transpose();
        let by = by.unwrap_or_else(|found| {
            problems.extend(found);
            None
        });
        if required && (default.is_some() || by.is_some()) {
            problems.push(
                Diagnostic::error("module/field", "`required` with a default is never needed")
                    .at(place)
                    .help("keep one of the two"),
            );
        }
        let doc = table.get("doc").and_then(|entry| entry.node.as_str()).map(str::to_owned);
        let field = Field { ty, default, by, required, doc, declared: table.clone() };
        if problems.is_empty() { Ok(field) } else { Err(problems) }
    }

    /// Whether a table without it is incomplete.
    pub fn must_be_given(&self) -> bool {
        self.required && self.default.is_none()
    }

    /// Returns its value if the spec leaves it out; `name` is its key.
    pub fn absent(&self, name: &str) -> Value {
        match &self.default {
            Some(default) => default.clone(),
            None => name_below(name, self.ty.absent()),
        }
    }
}

fn flag(table: &Table, key: &str) -> Result<bool, Problems> {
    match table.get(key).map(|entry| &entry.node) {
        None => Ok(false),
        Some(Node { value: Toml::Boolean(flag), .. }) => Ok(*flag),
        Some(node) => {
            let found = node.value.type_name();
            let message = format!("`{key}` is `true` or `false`, not {found}");
            Err(vec![Diagnostic::error("module/field", message).at(&node.place)])
        }
    }
}
