//! Values of expressions other than numbers, text, lists and tables: texts that remember their spelling, and
//! references. Types produce them, filters consume them.

use crate::diagnostic::Place;
use minijinja::Value;
use minijinja::value::{DynObject, Object, ObjectRepr};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Opens the mark of a secret in rendered text. The characters of marks are Unicode noncharacters, which no text needs.
pub const OPEN: char = '\u{fdd0}';
/// Closes the mark, see [`OPEN`].
pub const CLOSE: char = '\u{fdd1}';

/// Replaces a secret that an operation other than ours turned into text.
pub const SPOILT: char = '\u{fdd2}';

/// Characters that text from outside must not contain.
pub const RESERVED: [char; 3] = [OPEN, CLOSE, SPOILT];

/// A value that prints as the user spelt it and has fields: `90d` with `.seconds`. It is an object, so it never equals
/// a text; `.text` is its spelling as text.
#[derive(Debug)]
pub struct Literal {
    text: String,
    /// The number that it is compared by, if not by its text: milliseconds, bytes.
    rank: Option<u64>,
    fields: Vec<(&'static str, Value)>,
}

impl Literal {
    /// Returns a spelling with fields.
    pub fn new(text: impl Into<String>, fields: Vec<(&'static str, Value)>) -> Literal {
        Literal { text: text.into(), rank: None, fields }
    }

    /// Returns it with a number to compare it by.
    pub fn ranked(mut self, rank: u64) -> Literal {
        self.rank = Some(rank);
        self
    }

    /// Returns it as a value of expressions.
    pub fn into_value(self) -> Value {
        Value::from_object(self)
    }

    /// The spelling in a value, if it holds one.
    pub fn of(value: &Value) -> Option<&Literal> {
        value.downcast_object_ref::<Literal>()
    }

    /// Returns the text as the user wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Milliseconds of a duration, bytes of a size.
    pub fn rank(&self) -> Option<u64> {
        self.rank
    }
}

impl Object for Literal {
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
        let other = other.downcast_ref::<Literal>()?;
        Some(self.rank.cmp(&other.rank).then_with(|| {
            // `1h` and `60m` are the same duration.
            if self.rank.is_some() { Ordering::Equal } else { self.text.cmp(&other.text) }
        }))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A secret by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRef {
    /// The name in the store. If the spec leaves it out: the keys below the parameter (`password` of the table
    /// `database`, empty for the parameter itself), to be prefixed with the names of the module and the parameter.
    pub name: String,
    /// How to generate it if no store has it yet: `password:40`.
    pub generate: Option<String>,
    /// Whether the spec leaves the name out, so that `name` is only the last part of it.
    pub unnamed: bool,
}

impl SecretRef {
    /// Returns a secret that the spec names.
    pub fn named(name: &str, generate: Option<&str>) -> SecretRef {
        SecretRef { name: name.into(), generate: generate.map(str::to_owned), unnamed: false }
    }

    /// Returns a secret that the spec leaves to be generated.
    pub fn generated(name: &str, how: &str) -> SecretRef {
        SecretRef { name: name.into(), generate: Some(how.into()), unnamed: true }
    }

    /// Returns it as a value of expressions.
    pub fn into_value(self) -> Value {
        Value::from_object(self)
    }

    /// The reference in a value, if it holds one.
    pub fn of(value: &Value) -> Option<&SecretRef> {
        value.downcast_object_ref::<SecretRef>()
    }
}

/// A file, by its path relative to the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    /// The path as spelt.
    pub path: String,
    /// The place of the reference: the path is relative to that file.
    pub place: Option<Place>,
}

impl FileRef {
    /// Returns it as a value of expressions.
    pub fn into_value(self) -> Value {
        Value::from_object(self)
    }

    /// The reference in a value, if it holds one.
    pub fn of(value: &Value) -> Option<&FileRef> {
        value.downcast_object_ref::<FileRef>()
    }
}

macro_rules! plain_object {
    ($type:ty, $shown:literal, $field:ident) => {
        impl Object for $type {
            fn repr(self: &Arc<Self>) -> ObjectRepr {
                ObjectRepr::Plain
            }

            fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $shown, self.$field)
            }
        }
    };
}
plain_object!(SecretRef, "[secret {}]", name);
plain_object!(FileRef, "[file {}]", path);
