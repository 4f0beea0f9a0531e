//! A value of a manifest in which every string is a template: the `value` of a contribution, the `contents` of a file and the
//! attributes of a resource. Keys are never templates.

use super::syntax::Reference;
use super::text::Text;
use super::types::{is_secret_name, no_secret_name};
use crate::diagnostic::{Place, Problems, all};
use crate::spec::is_reference;
use crate::spec::node::{Node, Value};
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// A value to be rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// The kind of value.
    pub shape: FormShape,
    /// The place of the value.
    pub place: Place,
}

/// The kinds of a form.
#[derive(Clone, Debug, PartialEq)]
pub enum FormShape {
    /// Text, possibly a template.
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
    /// A secret by name; only in a spec's own resources.
    Secret(String),
}

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    ///
    /// All templates in it that do not parse (`module/expression`).
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

    /// Turns every `{ secret = "name" }` in the form into a secret; `node` is the node it was read from. A name that is
    /// a template stays a table, an ordinary value of a file.
    pub(super) fn name_secrets(&mut self, node: &Node) -> Result<(), Problems> {
        let named = node.as_table().filter(|_| is_reference(node));
        let name = named.and_then(|table| table.get("secret")).map(|entry| &entry.node);
        if let Some((name, node)) = name.and_then(|node| Some((node.as_str()?, node))) {
            if name.contains("{{") || name.contains("{%") {
                return Ok(());
            }
            self.shape = FormShape::Secret(name.to_owned());
            return if is_secret_name(name) { Ok(()) } else { Err(vec![no_secret_name(node)]) };
        }
        match (&mut self.shape, &node.value) {
            (FormShape::Table(table), Value::Table(nodes)) => {
                let below =
                    table.iter_mut().filter_map(|(key, form)| Some((form, nodes.get(key)?)));
                all(below.map(|(form, entry)| form.name_secrets(&entry.node)))
            }
            (FormShape::List(items), Value::Array(nodes)) => {
                all(items.iter_mut().zip(nodes).map(|(form, node)| form.name_secrets(node)))
            }
            _ => Ok(()),
        }
    }

    /// Calls `see` with the name of every secret in it, and its place.
    pub(super) fn secrets(&self, see: &mut dyn FnMut(&str, &Place)) {
        match &self.shape {
            FormShape::Secret(name) => see(name, &self.place),
            FormShape::List(items) => items.iter().for_each(|item| item.secrets(see)),
            FormShape::Table(table) => table.values().for_each(|form| form.secrets(see)),
            _ => {}
        }
    }

    /// The names that all texts in it read.
    pub(super) fn reads(&self) -> BTreeSet<&Reference> {
        let mut reads = BTreeSet::new();
        self.texts(&mut |text| reads.extend(&text.reads));
        reads
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
