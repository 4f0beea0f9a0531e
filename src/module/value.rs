//! What values of expressions can be besides numbers, text, lists and tables: a text that remembers how it was spelt, and
//! what a spec only names. Types make them, filters take them.

use crate::diagnostic::Place;
use minijinja::Value;
use minijinja::value::{DynObject, Object, ObjectRepr};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Opens and closes the mark of a secret in rendered text. These are Unicode's noncharacters: no text has a reason to hold them.
pub const OPEN: char = '\u{fdd0}';
/// See [`OPEN`].
pub const CLOSE: char = '\u{fdd1}';

/// Stands where a secret was turned into text by an operation that is not ours.
pub const SPOILT: char = '\u{fdd2}';

/// Characters that no text from outside may hold.
pub const RESERVED: [char; 3] = [OPEN, CLOSE, SPOILT];

/// A value that prints as the user spelt it and offers fields: `90d` with `.seconds`. It is an
/// object, so it never equals a text; `.text` is its spelling as text.
#[derive(Debug)]
pub struct Literal {
    text: String,
    /// What it is compared by, when not by its text: milliseconds, bytes.
    rank: Option<u64>,
    fields: Vec<(&'static str, Value)>,
}

impl Literal {
    /// A spelling with fields.
    pub fn new(text: impl Into<String>, fields: Vec<(&'static str, Value)>) -> Literal {
        Literal { text: text.into(), rank: None, fields }
    }

    /// The same, compared by a number.
    pub fn ranked(mut self, rank: u64) -> Literal {
        self.rank = Some(rank);
        self
    }

    /// As a value of expressions.
    pub fn into_value(self) -> Value {
        Value::from_object(self)
    }

    /// The spelling in a value, if it holds one.
    pub fn of(value: &Value) -> Option<&Literal> {
        value.downcast_object_ref::<Literal>()
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
            // `1h` and `60m` are the same time.
            if self.rank.is_some() { Ordering::Equal } else { self.text.cmp(&other.text) }
        }))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A secret by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRef {
    /// The name in the store; for one that the spec left out, the keys below the parameter
    /// (`password` of the table `database`, empty for the parameter itself), before which the
    /// module's and the parameter's name belong.
    pub name: String,
    /// How it is made when nothing has it yet: `password:40`.
    pub generate: Option<String>,
    /// Whether the spec left it out, so that `name` is only the end of the name.
    pub unnamed: bool,
}

impl SecretRef {
    /// A secret that the spec names.
    pub fn named(name: &str, generate: Option<&str>) -> SecretRef {
        SecretRef { name: name.into(), generate: generate.map(str::to_owned), unnamed: false }
    }

    /// A secret that the spec leaves to be generated.
    pub fn generated(name: &str, how: &str) -> SecretRef {
        SecretRef { name: name.into(), generate: Some(how.into()), unnamed: true }
    }

    /// As a value of expressions.
    pub fn into_value(self) -> Value {
        Value::from_object(self)
    }

    /// The reference in a value, if it holds one.
    pub fn of(value: &Value) -> Option<&SecretRef> {
        value.downcast_object_ref::<SecretRef>()
    }
}

/// A file by its path beside the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    /// The path as spelt.
    pub path: String,
    /// Where it is said: the path is relative to that file.
    pub place: Option<Place>,
}

impl FileRef {
    /// As a value of expressions.
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
