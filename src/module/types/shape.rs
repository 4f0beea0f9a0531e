//! The names inside a value, without the value: what the lint checks `a.b.c` against.

use indexmap::IndexMap;

/// What may stand after the dot.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A single value, with these fields (`.seconds` of a duration). One with fields is an object:
    /// it equals no text, so it is compared through a field (`.text` is its spelling).
    Scalar(&'static [&'static str]),
    /// A list of such.
    List(Box<Shape>),
    /// Known keys.
    Table(IndexMap<String, Shape>),
    /// Free keys.
    Map(Box<Shape>),
    /// Not known: everything passes.
    Any,
    /// A secret: it may be printed and quoted, and asked whether it is there, nothing else. At run
    /// time `'text' == secret` is only false, so the lint must refuse to compare one.
    Secret,
}
