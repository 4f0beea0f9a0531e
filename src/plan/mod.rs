//! From wanted and observed to an ordered list of changes. Pure.

mod item;

pub use item::{Item, Plan};
