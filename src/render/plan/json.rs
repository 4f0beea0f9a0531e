//! A plan as JSON, in a first form without a promise: `format_version` is 0 until the schema is settled.

use crate::plan::{Item, Plan};
use crate::resource::Action;
use serde_json::{Value, json};

/// Which items change, how, and in which attributes; no value of any of them.
pub fn json(plan: &Plan) -> Value {
    json!({
        "format_version": 0,
        "host": plan.host,
        "risks": plan.risks,
        "items": plan.items.iter().map(item).collect::<Vec<_>>(),
        "unchanged": plan.unchanged,
    })
}

fn item(item: &Item) -> Value {
    let differences = item.change.differences.iter();
    json!({
        "address": item.address.to_string(),
        "action": action(&item.change.action),
        "attributes": differences.map(|difference| difference.attribute).collect::<Vec<_>>(),
    })
}

fn action(action: &Action) -> &'static str {
    match action {
        Action::Keep | Action::Update => "update",
        Action::Create => "create",
        Action::Remove => "remove",
        Action::Refuse { .. } => "refuse",
    }
}
