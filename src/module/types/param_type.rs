//! The type of one parameter. Reading, describing and the shape all match on it, so a new variant must handle each of
//! them.

use super::number::{Number, Whole};
use super::text_type::{BoundedText, Pattern};
use super::{Field, SecretRef, Shape};
use indexmap::IndexMap;
use minijinja::Value;

/// The type of a parameter.
#[derive(Clone, Debug)]
pub enum ParamType {
    /// `true` or `false`.
    Bool,
    /// A whole number within bounds: `int`, `port`.
    Whole(Whole),
    /// A number within bounds: `number`, `percent`.
    Number(Number),
    /// A string with a grammar of its own: `domain`, `duration`, `path` and so on.
    Text(BoundedText),
    /// One of these words.
    Enum(Vec<String>),
    /// A secret by reference, and how to generate it if no store has it yet.
    Secret(Option<String>),
    /// A file next to the spec, read on the operator's machine.
    FileRef,
    /// A list.
    List(Box<ParamType>),
    /// A table of known keys.
    Table(IndexMap<String, Field>),
    /// A table of free keys, which may have to match a pattern.
    Map(Box<ParamType>, Option<Pattern>),
    /// Any TOML value; a checker in Rust validates it.
    Any,
}

impl ParamType {
    /// Returns the value of a parameter that the spec leaves out and that has no default: an empty list or map; a
    /// table, unless one of its fields is required; otherwise none.
    pub fn absent(&self) -> Value {
        match self {
            ParamType::List(_) => Value::from(Vec::<Value>::new()),
            ParamType::Map(..) => Value::from_pairs(Vec::<(String, Value)>::new()),
            ParamType::Table(fields) if fields.values().any(Field::must_be_given) => {
                Value::from(())
            }
            ParamType::Table(fields) => Value::from_pairs(
                fields.iter().map(|(name, field)| (name.clone(), field.absent(name))),
            ),
            ParamType::Secret(Some(how)) => SecretRef::generated("", how).into_value(),
            _ => Value::from(()),
        }
    }

    /// A text type without bounds, by its name.
    pub(in crate::module) fn text(name: &str) -> Option<ParamType> {
        super::text_type::find(name).map(|text_type| ParamType::Text(BoundedText::plain(text_type)))
    }

    /// Whether it contains a secret that is generated if no store has it yet.
    pub(super) fn generates(&self) -> bool {
        match self {
            ParamType::Secret(how) => how.is_some(),
            ParamType::List(ty) | ParamType::Map(ty, _) => ty.generates(),
            ParamType::Table(fields) => fields.values().any(|field| field.ty.generates()),
            _ => false,
        }
    }

    /// The names inside its value, for the lint.
    pub fn shape(&self) -> Shape {
        match self {
            ParamType::Text(text) => Shape::Scalar(text.base.fields),
            ParamType::List(ty) => Shape::List(Box::new(ty.shape())),
            ParamType::Map(ty, _) => Shape::Map(Box::new(ty.shape())),
            ParamType::Table(fields) => Shape::Table(
                fields.iter().map(|(name, field)| (name.clone(), field.ty.shape())).collect(),
            ),
            ParamType::Any => Shape::Any,
            ParamType::Secret(_) => Shape::Secret,
            _ => Shape::Scalar(&[]),
        }
    }

    /// Returns what it accepts, for messages and the reference: "a duration such as `90d`".
    pub fn describe(&self) -> String {
        match self {
            ParamType::Bool => "`true` or `false`".into(),
            ParamType::Whole(whole) => whole.describe(),
            ParamType::Number(number) => number.describe(),
            ParamType::Text(text) => text.describe(),
            ParamType::Enum(words) => format!("one of {}", quoted(words)),
            ParamType::Secret(_) => "a secret by reference: `{ secret = \"name\" }`".into(),
            ParamType::FileRef => "a path beside the spec such as `tls/front.crt`".into(),
            ParamType::List(ty) => format!("a list, each {}", ty.describe()),
            ParamType::Table(fields) => format!("a table of {}", quoted(fields.keys())),
            ParamType::Map(ty, _) => {
                format!("a table with your own keys, each {}", ty.describe())
            }
            ParamType::Any => "any value".into(),
        }
    }
}

/// `a`, `b`, `c`.
pub(super) fn quoted<'a>(words: impl IntoIterator<Item = &'a String>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
