//! A value of a manifest in which every string is a template: what `value` of a give, `contents` of a
//! file and the attributes of a resource are. Keys are never templates.

use super::text::Text;
use crate::diagnostic::{Place, Problems};
use crate::spec::node::{Node, Value};
use indexmap::IndexMap;

/// A value to be filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// What it is.
    pub shape: FormShape,
    /// Where it stands.
    pub place: Place,
}

/// What a form may be.
#[derive(Clone, Debug, PartialEq)]
pub enum FormShape {
    /// Text, perhaps with something to fill in.
    Text(Text),
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A list.
    List(Vec<Form>),
    /// A table.
    Table(IndexMap<String, Form>),
}

impl Form {
    /// Reads a form; all templates that do not parse at once.
    pub fn read(node: &Node) -> Result<Form, Problems> {
        let shape = match &node.value {
            Value::String(text) | Value::Datetime(text) => {
                FormShape::Text(Text::read(text, &node.place)?)
            }
            Value::Boolean(flag) => FormShape::Flag(*flag),
            Value::Integer(number) => FormShape::Whole(*number),
            Value::Float(number) => FormShape::Number(*number),
            Value::Array(items) => FormShape::List(all(items.iter().map(Form::read))?),
            Value::Table(table) => FormShape::Table(all(table
                .iter()
                .map(|(key, entry)| Ok((key.clone(), Form::read(&entry.node)?))))?),
        };
        Ok(Form { shape, place: node.place.clone() })
    }

    /// Calls `see` with every text in it.
    pub fn texts<'a>(&'a self, see: &mut dyn FnMut(&'a Text)) {
        match &self.shape {
            FormShape::Text(text) => see(text),
            FormShape::List(items) => items.iter().for_each(|item| item.texts(see)),
            FormShape::Table(table) => table.values().for_each(|form| form.texts(see)),
            _ => {}
        }
    }
}

/// All results, or all problems.
pub(super) fn all<T, C: FromIterator<T>>(
    results: impl Iterator<Item = Result<T, Problems>>,
) -> Result<C, Problems> {
    let mut problems = Problems::new();
    let good: C =
        results.filter_map(|one| one.map_err(|found| problems.extend(found)).ok()).collect();
    if problems.is_empty() { Ok(good) } else { Err(problems) }
}
