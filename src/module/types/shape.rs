//! The names inside a value, without the value: the lint checks `a.b.c` against them.

use indexmap::IndexMap;

/// What may follow the dot.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A single value with these fields (`.seconds` of a duration). One with fields is an object and equals no text, so
    /// it is compared through a field (`.text` is its spelling).
    Scalar(&'static [&'static str]),
    /// A list of values with this shape.
    List(Box<Shape>),
    /// Known keys.
    Table(IndexMap<String, Shape>),
    /// Free keys.
    Map(Box<Shape>),
    /// Unknown: everything passes.
    Any,
    /// A secret: it may be printed, quoted and tested for presence, nothing else. At run time, `'text' == secret` is
    /// false without an error, so the lint must refuse comparisons with one.
    Secret,
}
