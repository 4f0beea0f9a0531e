//! Rates: `10r/s` for a proxy, `{ per_second, burst_count }` for Synapse. They are two types because a proxy's burst is
//! set where the rate is used.

use super::number::{Number, Whole};
use super::{Field, ParamType};
use crate::spec::node::Table;

/// Synapse's limit: a table of two numbers.
pub(super) fn limit() -> ParamType {
    let per_second = Number { name: "number", min: Some(0.0), max: None };
    let burst = Whole { name: "int", min: Some(1), max: None };
    ParamType::Table(
        [
            field("per_second", ParamType::Number(per_second), "Sustained rate per second."),
            field("burst_count", ParamType::Whole(burst), "Maximum burst."),
        ]
        .into(),
    )
}

fn field(name: &str, ty: ParamType, doc: &str) -> (String, Field) {
    let field = Field {
        ty,
        default: None,
        by: None,
        required: true,
        doc: Some(doc.into()),
        declared: Table::new(),
    };
    (name.to_owned(), field)
}
