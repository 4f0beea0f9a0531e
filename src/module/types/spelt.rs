//! A value that prints as the user spelt it and offers fields: `90d` with `.seconds`. It is an
//! object, so it never equals a text; `.text` is its spelling as text.

use minijinja::Value;
use minijinja::value::{DynObject, Object, ObjectRepr};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A spelling with its fields.
#[derive(Debug)]
pub struct Spelt {
    text: String,
    /// What it is compared by, when not by its text: milliseconds, bytes.
    rank: Option<u64>,
    fields: Vec<(&'static str, Value)>,
}

impl Spelt {
    /// A spelling with fields.
    pub fn new(text: impl Into<String>, fields: Vec<(&'static str, Value)>) -> Spelt {
        Spelt { text: text.into(), rank: None, fields }
    }

    /// The same, compared by a number.
    pub fn ranked(mut self, rank: u64) -> Spelt {
        self.rank = Some(rank);
        self
    }

    /// As a value of expressions.
    pub fn to_value(self) -> Value {
        Value::from_object(self)
    }

    /// The spelling in a value, if it holds one.
    pub fn of(value: &Value) -> Option<&Spelt> {
        value.downcast_object_ref::<Spelt>()
    }

    /// As the user wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Milliseconds of a duration, bytes of a size.
    pub fn rank(&self) -> Option<u64> {
        self.rank
    }
}

impl Object for Spelt {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        if key == "text" {
            return Some(Value::from(self.text.as_str()));
        }
        self.fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Spelt>()?;
        Some(self.rank.cmp(&other.rank).then_with(|| {
            // `1h` and `60m` are the same time.
            if self.rank.is_some() { Ordering::Equal } else { self.text.cmp(&other.text) }
        }))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
