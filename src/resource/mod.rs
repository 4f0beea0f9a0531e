//! The things on a host: one file per kind, its shell functions beside it. Kinds know Linux and no
//! Matrix; they decide, and touch nothing: what they want done goes out as questions and steps.

mod address;
mod declared;
mod kind;
mod observed;
mod question;
mod step;

pub use address::Address;
pub use declared::{Attribute, Declared, Effect, Need, Origin, Value};
pub use kind::{Action, AttributeDoc, Comparison, Context, Difference, Kind, Resource};
pub use observed::{Attributes, Body, Observed, Seen};
pub use question::{Answer, Answers, Questions, Record};
pub use step::{Call, Step};
