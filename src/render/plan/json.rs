//! A plan as JSON: the document itself. docs/plan.md and docs/plan.schema.json describe the format.

use crate::plan::shown::PlanDocument;
use serde_json::Value;

/// The document.
pub fn json(plan: &PlanDocument) -> Value {
    serde_json::to_value(plan).unwrap_or_default()
}
