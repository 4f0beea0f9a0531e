//! `[[resource]]`: one alternative per kind. Every value may be a template, so a value that ends up as something else
//! may be a string with `{{ }}` in a spec.

use super::{closed, describe};
use crate::module::manifest::{CONTENT_KEYS, GENERAL_KEYS};
use crate::module::types::secret;
use crate::resource::{AttributeDoc, Kind, SECRET};
use serde_json::{Map, Value, json};

/// The list of resources.
pub(super) fn list(kinds: &[Kind]) -> Value {
    let kinds: Vec<Value> = kinds.iter().map(kind).collect();
    json!({
        "type": "array",
        "description": "Any other resource on the host, by kind.",
        "items": { "type": "object", "required": ["kind", "name"], "oneOf": kinds },
    })
}

fn kind(kind: &Kind) -> Value {
    let has_content = kind.attributes.iter().any(|doc| doc.name == "content");
    let mut properties = Map::new();
    for key in GENERAL_KEYS {
        properties.insert(key.into(), general(key, kind));
    }
    for key in CONTENT_KEYS.iter().filter(|_| has_content) {
        properties.insert((*key).into(), content(key));
    }
    for doc in kind.attributes {
        properties.insert(doc.name.into(), attribute(doc));
    }
    // The content may be given by keys other than `content`.
    let must = kind.attributes.iter().filter(|doc| doc.required && doc.name != "content");
    let must: Vec<&str> = ["kind", "name"].into_iter().chain(must.map(|doc| doc.name)).collect();
    let needs_content = kind.attributes.iter().any(|doc| doc.required && doc.name == "content");
    let mut schema = closed(properties, &must);
    describe(&mut schema, kind.summary);
    if let Some(schema) = schema.as_object_mut().filter(|_| needs_content) {
        let one =
            ["content", "template", "source", "contents"].map(|key| json!({ "required": [key] }));
        schema.insert("oneOf".into(), json!(one));
    }
    schema
}

fn general(key: &str, kind: &Kind) -> Value {
    match key {
        "kind" => json!({ "const": kind.name, "description": kind.summary }),
        "needs" => {
            json!({ "type": "array", "items": { "type": "string" }, "description": "What must come first: `apt:nginx`." })
        }
        "effect" => {
            json!({ "type": "string", "enum": ["reload", "restart"], "description": "What a change does to its activation's services." })
        }
        "when" => described("An expression: whether it exists."),
        "for_each" => described("An expression: a list; each item creates one resource."),
        "activation" => described(
            "The files and services that it takes effect with; `none`: it joins no activation, even if its path belongs to one.",
        ),
        "why" => described("Why it exists, shown in the plan."),
        _ => described("Its name, depending on the kind: a path, a package, a unit."),
    }
}

fn described(text: &str) -> Value {
    json!({ "type": "string", "description": text })
}

fn content(key: &str) -> Value {
    match key {
        "format" => {
            json!({ "type": "string", "enum": ["yaml", "json", "ini"], "description": "How `contents` is written." })
        }
        "contents" => {
            json!({ "type": ["object", "array", "string"], "description": "The content as a table, written as `format`." })
        }
        "template" => described("A template for the content, beside this file."),
        "source" => described("A file with the content, beside this one."),
        "header" => described("A comment above `contents`."),
        _ => described("The name that options use to write to it."),
    }
}

/// The schema of an attribute, by its type in the kinds' terms.
fn attribute(doc: &AttributeDoc) -> Value {
    let template = r"\{\{";
    let mut schema = match doc.takes {
        "boolean" => json!({ "type": ["boolean", "string"], "pattern": template }),
        takes if takes.starts_with("whole number") => {
            json!({ "type": ["integer", "string"], "pattern": template })
        }
        takes if takes.starts_with("list of") => json!({
            "type": ["array", "string"],
            "items": { "type": ["string", "integer"] },
            "pattern": template,
        }),
        takes if takes.starts_with("table of") => json!({
            "type": ["object", "string"],
            "additionalProperties": { "type": ["string", "integer", "boolean"] },
            "pattern": template,
        }),
        SECRET => named(json!(["string", "object"]), Some(template)),
        // Values that may be a secret, but need not be.
        "text" if ["content", "value"].contains(&doc.name) => {
            named(json!(["string", "integer", "object"]), None)
        }
        "four octal digits" => json!({ "type": "string", "pattern": r"^[0-7]{4}$|\{\{" }),
        _ => json!({ "type": ["string", "integer"] }),
    };
    describe(&mut schema, format!("{} Takes: {}.", doc.doc, doc.takes));
    if let (Some(schema), Some(default)) = (schema.as_object_mut(), doc.default) {
        let text = format!("{} Takes: {}. Default: {default}.", doc.doc, doc.takes);
        schema.insert("description".into(), text.into());
    }
    schema
}

/// A secret by name, or a value of one of these types.
fn named(types: Value, pattern: Option<&str>) -> Value {
    let mut schema = secret();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("type".into(), types);
        schema.extend(pattern.map(|pattern| ("pattern".to_owned(), pattern.into())));
    }
    schema
}
