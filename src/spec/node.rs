//! TOML as a tree in which every key and value has its place. Typed values are read from this tree by hand, because
//! serde loses spans in enums and stops at the first error.

use crate::diagnostic::{Place, Problems, Source};
use indexmap::IndexMap;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its place in the file.
    pub place: Place,
}

/// A table: keys in the order of the file, each with its own place.
pub type Table = IndexMap<String, Entry>;

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The place of the key.
    pub key: Place,
    /// The value.
    pub node: Node,
}

/// The possible values in TOML.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    String(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or time, as written.
    Datetime(String),
    /// A list.
    Array(Vec<Node>),
    /// A table.
    Table(Table),
}

impl Value {
    /// Returns the name of the type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::String(_) => "a string",
            Value::Integer(_) => "a whole number",
            Value::Float(number) if number.is_infinite() => "a number that is too large",
            Value::Float(_) => "a number",
            Value::Boolean(_) => "a boolean",
            Value::Datetime(_) => "a date",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

impl Node {
    /// Returns the string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Converts it into a table, if it is one.
    pub fn into_table(self) -> Option<Table> {
        match self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Whether both have the same value, regardless of place and order.
    pub fn has_same_value(&self, other: &Node) -> bool {
        match (&self.value, &other.value) {
            (Value::Array(one), Value::Array(two)) => {
                one.len() == two.len()
                    && one.iter().zip(two).all(|(one, two)| one.has_same_value(two))
            }
            (Value::Table(one), Value::Table(two)) => {
                let is_there = |(key, entry): (&String, &Entry)| {
                    two.get(key).is_some_and(|other| entry.node.has_same_value(&other.node))
                };
                one.len() == two.len() && one.iter().all(is_there)
            }
            (one, two) => one == two,
        }
    }

    /// Returns the list, if it is one.
    pub fn as_array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }
}

/// Parses TOML; returns all syntax errors at once.
///
/// # Errors
///
/// All syntax errors.
pub fn parse(source: &Arc<Source>) -> Result<Node, Problems> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        return Err(super::syntax::explain(source, &errors));
    }
    let span = table.span();
    let value = Value::Table(read_table(source, table.get_ref()));
    Ok(Node { value, place: Place::new(source, span) })
}

fn read_table(source: &Arc<Source>, table: &DeTable<'_>) -> Table {
    table
        .iter()
        .map(|(key, value)| {
            let entry = Entry {
                key: Place::new(source, key.span()),
                node: read(source, value.get_ref(), value.span()),
            };
            (key.get_ref().to_string(), entry)
        })
        .collect()
}

fn read(source: &Arc<Source>, value: &DeValue<'_>, span: std::ops::Range<usize>) -> Node {
    let value = match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => integer(number),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(date) => Value::Datetime(date.to_string()),
        DeValue::Array(items) => Value::Array(
            items.iter().map(|item| read(source, item.get_ref(), item.span())).collect(),
        ),
        DeValue::Table(table) => Value::Table(read_table(source, table)),
    };
    Node { value, place: Place::new(source, span) }
}

/// Parses a whole number; one that does not fit into 64 bits becomes a float and fails its type check.
fn integer(number: &toml::de::DeInteger<'_>) -> Value {
    match i64::from_str_radix(number.as_str(), number.radix()) {
        Ok(number) => Value::Integer(number),
        Err(_) => Value::Float(f64::INFINITY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_places_and_order() {
        let source = Source::new("s.toml", "[b]\nx = 0x10\n[a]\ny = [1, \"z\"]\n");
        let node = parse(&source).unwrap();
        let table = node.as_table().unwrap();
        assert_eq!(table.keys().collect::<Vec<_>>(), ["b", "a"]);
        let x = &table["b"].node.as_table().unwrap()["x"];
        assert_eq!(x.node.value, Value::Integer(16));
        assert_eq!(x.key.to_string(), "s.toml:2:1");
        assert_eq!(x.node.place.to_string(), "s.toml:2:5");
    }

    #[test]
    fn reports_all_syntax_errors() {
        let source = Source::new("s.toml", "a = \nb = 1\nb = 2\nc = @\n");
        assert!(parse(&source).unwrap_err().len() >= 2);
    }
}
