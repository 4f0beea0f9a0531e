//! The JSON Schema of a type. It accepts everything that the type accepts; checks that it cannot express (how long
//! `90d` is, whether a name exists) are left to the parser.

use super::{DefaultBy, Field, ParamType, text_type::BoundedText};
use crate::spec::node::{Node, Value as Toml};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// The files that a schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaFor {
    /// A whole spec: required keys must be present.
    Whole,
    /// A file that is included or includes others: keys it leaves out may be in another file.
    Layer,
}

impl ParamType {
    /// The schema of a value of this type.
    pub fn schema(&self, schema_for: SchemaFor) -> Value {
        // An entry of a list is never merged with another one, so it must be complete.
        match self {
            ParamType::Bool => json!({ "type": "boolean" }),
            ParamType::Whole(whole) => bounded("integer", json!(whole.min), json!(whole.max)),
            ParamType::Number(number) => bounded("number", json!(number.min), json!(number.max)),
            ParamType::Text(text) => text_schema(text),
            ParamType::Enum(words) => json!({ "type": "string", "enum": words }),
            ParamType::Secret(_) => secret(),
            ParamType::FileRef => {
                json!({ "type": "string", "pattern": r"^[^/\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$" })
            }
            ParamType::List(item) => {
                json!({ "type": "array", "items": item.schema(SchemaFor::Whole) })
            }
            ParamType::Table(fields) => table(fields, schema_for),
            ParamType::Map(item, keys) => {
                let mut schema =
                    json!({ "type": "object", "additionalProperties": item.schema(schema_for) });
                if let (Some(keys), Some(schema)) = (keys, schema.as_object_mut()) {
                    let whole = format!("^(?:{})$", keys.text);
                    schema.insert("propertyNames".into(), json!({ "pattern": whole }));
                }
                schema
            }
            ParamType::Any => json!({}),
        }
    }
}

impl Field {
    /// The schema of a value of this field, with its documentation and default.
    pub fn schema(&self, schema_for: SchemaFor) -> Value {
        let mut schema = self.ty.schema(schema_for);
        let Some(schema_keys) = schema.as_object_mut() else { return schema };
        let text = |key: &str| self.declared.get(key).and_then(|entry| entry.node.as_str());
        let doc = self.doc.as_deref().unwrap_or_default();
        let mut description = match text("hardens") {
            Some(hardens) => format!("{doc}\n\nWhy it hardens: {hardens}"),
            None => doc.to_owned(),
        };
        for (chooser, value) in self.by.iter().flat_map(DefaultBy::spelt) {
            description += &format!("\n\nDefault with {chooser}: {value}");
        }
        if !description.is_empty() {
            schema_keys.insert("description".into(), description.into());
        }
        if let Some(default) = self.declared.get("default") {
            schema_keys.insert("default".into(), json_of(&default.node));
        }
        schema
    }
}

/// A table of known keys.
pub fn table(fields: &IndexMap<String, Field>, schema_for: SchemaFor) -> Value {
    let properties = fields.iter().map(|(name, field)| (name.clone(), field.schema(schema_for)));
    let properties: Map<String, Value> = properties.collect();
    let required: Vec<&String> = match schema_for {
        SchemaFor::Layer => Vec::new(),
        SchemaFor::Whole => {
            let required = fields.iter().filter(|(_, field)| field.must_be_given());
            required.map(|(name, _)| name).collect()
        }
    };
    let mut schema =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if let Some(schema) = schema.as_object_mut().filter(|_| !required.is_empty()) {
        schema.insert("required".into(), json!(required));
    }
    schema
}

/// The schema of a secret reference.
pub fn secret() -> Value {
    reference("secret")
}

/// The schema of a string with this pattern, or of a reference to an environment variable. Each keyword applies to one
/// type only, so that an editor can tell which one is violated.
pub fn text(pattern: &str) -> Value {
    let mut schema = reference("env");
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("type".into(), json!(["string", "object"]));
        schema.insert("pattern".into(), pattern.into());
    }
    schema
}

/// The definitions that the schemas of types refer to.
pub fn definitions() -> Value {
    json!({
        "secret": {
            "type": "string",
            "pattern": r"^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)+$",
            "description": "The name of the secret: words with `/` between them.",
        },
        "env": {
            "type": "string",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
            "description": "The environment variable that holds the value.",
        },
    })
}

fn reference(key: &str) -> Value {
    let name = json!({ "$ref": format!("#/definitions/{key}") });
    let properties = Map::from_iter([(key.to_owned(), name)]);
    json!({ "type": "object", "properties": properties, "required": [key], "additionalProperties": false })
}

fn text_schema(bounded: &BoundedText) -> Value {
    let mut schema = text(bounded.base.pattern);
    let Some(keys) = schema.as_object_mut() else { return schema };
    if bounded.base.name == "size" {
        keys.insert("type".into(), json!(["string", "integer", "object"]));
        // A plain number has no unit; only zero is the same in all of them.
        keys.insert("minimum".into(), json!(0));
        keys.insert("maximum".into(), json!(0));
    }
    if let Some(pattern) = &bounded.pattern {
        let whole = format!("^(?:{})$", pattern.text);
        keys.insert("allOf".into(), json!([{ "pattern": whole }]));
    }
    schema
}

fn bounded(type_name: &str, min: Value, max: Value) -> Value {
    let mut schema = Map::from_iter([("type".to_owned(), json!(type_name))]);
    let bounds = [("minimum", min), ("maximum", max)].into_iter();
    let bounds = bounds.filter(|(_, bound)| !bound.is_null());
    schema.extend(bounds.map(|(key, bound)| (key.to_owned(), bound)));
    Value::Object(schema)
}

/// A value of a manifest as JSON.
fn json_of(node: &Node) -> Value {
    match &node.value {
        Toml::String(text) | Toml::Datetime(text) => json!(text),
        Toml::Integer(number) => json!(number),
        Toml::Float(number) => json!(number),
        Toml::Boolean(flag) => json!(flag),
        Toml::Array(items) => items.iter().map(json_of).collect(),
        Toml::Table(table) => {
            let pairs = table.iter().map(|(key, entry)| (key.clone(), json_of(&entry.node)));
            Value::Object(pairs.collect())
        }
    }
}
