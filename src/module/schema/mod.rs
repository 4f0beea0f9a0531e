//! The JSON Schema of specs, generated from the manifests: editors complete and underline what the loader reads. Draft
//! 7, which all TOML language servers understand.

mod own;
mod resource;

use super::Modules;
use super::manifest::{Manifest, ModuleShape};
use super::types::{self, SchemaFor};
use crate::resource::Kind;
use serde_json::{Map, Value, json};

/// Returns the schema of specs for these modules and kinds.
pub fn schema(modules: &Modules, kinds: &[Kind], schema_for: SchemaFor) -> Value {
    let mut properties = own::keys(schema_for);
    properties.insert("resource".into(), resource::list(kinds));
    for manifest in modules.iter() {
        properties.insert(manifest.name.clone(), section(manifest, schema_for));
    }
    let (title, required): (&str, &[&str]) = match schema_for {
        SchemaFor::Whole => ("A matrixform spec", &["host"]),
        SchemaFor::Layer => ("One of the files of a matrixform spec", &[]),
    };
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Generated from the manifests by `matrixform schema`; do not edit.",
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "definitions": types::definitions(),
    })
}

/// The keys that belong to no module, each with its schema.
pub(in crate::module) fn own_keys() -> Map<String, Value> {
    let mut keys = own::keys(SchemaFor::Whole);
    let resource = "Any other resource on the host, by kind (docs/kinds.md).";
    keys.insert("resource".into(), json!({ "description": resource }));
    keys
}

/// `[name]` or `[[name]]`.
fn section(manifest: &Manifest, schema_for: SchemaFor) -> Value {
    let fields = manifest.params.iter().map(|(name, param)| (name.clone(), param.field.clone()));
    let fields = fields.collect();
    let mut schema = match manifest.shape {
        ModuleShape::Table => types::table(&fields, schema_for),
        // An entry of a list is never merged with another one.
        ModuleShape::List => {
            json!({ "type": "array", "items": types::table(&fields, SchemaFor::Whole) })
        }
    };
    describe(&mut schema, format!("{}.", manifest.summary.trim_end_matches('.')));
    schema
}

fn describe(schema: &mut Value, text: impl Into<String>) {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".into(), Value::String(text.into()));
    }
}

/// A table with these keys and no others.
fn closed(properties: Map<String, Value>, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}
