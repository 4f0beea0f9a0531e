//! A plan as JSON: the document itself. Its form is described in docs/plan.md and docs/plan.schema.json.

use crate::plan::shown::Shown;
use serde_json::Value;

/// The document.
pub fn json(plan: &Shown) -> Value {
    serde_json::to_value(plan).unwrap_or_default()
}
