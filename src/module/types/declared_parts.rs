//! The parts of a declaration that are types themselves: the items of a list or map, the fields of a table.

use super::manifest::Declaration;
use super::{Field, ParamType};
use crate::diagnostic::{Diagnostic, Problems};
use crate::spec::node::{Entry, Node, Table, Value as Toml};
use indexmap::IndexMap;

impl Declaration<'_> {
    /// The type of a list's items. A generated secret needs a name, and items of a list have none.
    pub(super) fn items(&self) -> Result<ParamType, Problems> {
        let ty = self.inner()?;
        if !ty.generates() {
            return Ok(ty);
        }
        let message = "a secret in a list cannot be generated: it has no name of its own";
        let problem = Diagnostic::error("module/type", message).at(self.place);
        Err(vec![problem.help("use a map, whose keys are names")])
    }

    /// The type of the items of a list or map: `of`, with `fields` beside it for tables.
    pub(super) fn inner(&self) -> Result<ParamType, Problems> {
        let outer = self.table.get("fields");
        let Some(items) = self.table.get("of") else {
            return match outer {
                Some(_) => Ok(ParamType::Table(self.fields(outer)?)),
                None => Err(vec![
                    Diagnostic::error("module/type", "`of` or `fields` is missing")
                        .at(self.place)
                        .help("add the type of its items: `of = { type = \"domain\" }`"),
                ]),
            };
        };
        if let Some(name) = items.node.as_str() {
            let named = Entry {
                key: items.key.clone(),
                node: Node { value: Toml::String(name.into()), place: items.node.place.clone() },
            };
            return self.held(&Table::from_iter([("type".to_owned(), named)]), items, outer);
        }
        let table = items.node.as_table().ok_or_else(|| {
            let message = format!("`of` is a type, not {}", items.node.value.type_name());
            let problem = Diagnostic::error("module/type", message).at(&items.node.place);
            vec![problem.help("write `of = { type = \"domain\" }`")]
        })?;
        self.held(table, items, outer)
    }

    fn held(
        &self,
        table: &Table,
        items: &Entry,
        fields: Option<&Entry>,
    ) -> Result<ParamType, Problems> {
        let mut table = table.clone();
        if let Some(fields) = fields {
            table.insert("fields".into(), fields.clone());
        }
        ParamType::from_manifest(&table, &items.key, &[])
    }

    pub(super) fn fields(
        &self,
        entry: Option<&Entry>,
    ) -> Result<IndexMap<String, Field>, Problems> {
        let Some(table) = entry.and_then(|entry| entry.node.as_table()) else {
            let message = "`fields` is missing: a table must list its keys";
            return Err(vec![
                Diagnostic::error("module/type", message)
                    .at(entry.map_or(self.place, |entry| &entry.node.place))
                    .help("write `fields = { name = { type = \"slug\", required = true } }`"),
            ]);
        };
        let mut problems = Problems::new();
        let mut fields = IndexMap::new();
        for (name, entry) in table {
            let declared = entry.node.as_table().ok_or_else(|| {
                let message = format!("the field `{name}` is a table with a `type`");
                vec![Diagnostic::error("module/type", message).at(&entry.node.place)]
            });
            match declared.and_then(|declared| Field::from_manifest(declared, &entry.key)) {
                Ok(field) => {
                    fields.insert(name.clone(), field);
                }
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(fields) } else { Err(problems) }
    }
}
