//! A plan as JSON, in a first form without a promise: `format_version` is 0 until the schema is settled.

use crate::plan::Plan;
use serde_json::{Value, json};

/// The plan with the number of its form. Its items, and what is in them, are as it serialises itself.
pub fn json(plan: &Plan) -> Value {
    let mut document = json!({ "format_version": 0 });
    if let (Value::Object(all), Ok(Value::Object(fields))) =
        (&mut document, serde_json::to_value(plan))
    {
        all.extend(fields);
    }
    document
}
