//! Keys of a spec that belong to no module: `host.address`. The schema lists and describes them.

use super::About;
use super::page::{ExplanationPage, row};
use crate::module::schema::own_keys;
use serde_json::Value;

/// All names of such keys.
pub(super) fn names() -> Vec<String> {
    let keys = own_keys();
    let names = keys.iter().flat_map(|(name, schema)| {
        let below = fields(schema).map(move |field| format!("{name}.{field}"));
        std::iter::once(name.clone()).chain(below)
    });
    names.collect()
}

/// What the schema says about such a key.
pub(super) fn description(name: &str) -> String {
    let keys = own_keys();
    let schema = schema(&keys, name);
    schema.and_then(|schema| schema["description"].as_str()).unwrap_or_default().to_owned()
}

fn schema<'k>(keys: &'k serde_json::Map<String, Value>, name: &str) -> Option<&'k Value> {
    let (first, field) = name.split_once('.').map_or((name, None), |(a, b)| (a, Some(b)));
    let schema = keys.get(first)?;
    let below = field.and_then(|field| properties(schema)?.get(field));
    Some(below.unwrap_or(schema))
}

/// The page of such a key, with its place in the spec.
pub(super) fn page(about: &About<'_>, name: &str) -> ExplanationPage {
    let mut page = ExplanationPage::new(name);
    let keys = own_keys();
    let (first, field) = name.split_once('.').map_or((name, None), |(a, b)| (a, Some(b)));
    let Some(schema) = schema(&keys, name) else { return page };
    page.sentence(schema["description"].as_str().unwrap_or_default());
    let rows = fields(schema).map(|field| row(field, "")).collect();
    page.part("keys", rows);
    let Some(spec) = about.spec() else { return page };
    let entry = spec.table.get(first);
    let below = field.and_then(|field| entry?.node.as_table()?.get(field));
    let entry = if field.is_some() { below } else { entry };
    let entry = entry.map(|entry| row(super::spelt(&entry.node.place), entry.key.to_string()));
    page.part("in this spec", vec![entry.unwrap_or_else(|| row("not set", ""))]);
    page
}

fn properties(schema: &Value) -> Option<&serde_json::Map<String, Value>> {
    schema.get("properties").or_else(|| schema.get("items")?.get("properties"))?.as_object()
}

fn fields(schema: &Value) -> impl Iterator<Item = &str> {
    properties(schema).into_iter().flatten().map(|(name, _)| name.as_str())
}
