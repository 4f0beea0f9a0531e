//! `[[resource]]`, in a manifest as in a spec: general keys, the sources of a file's content, and the kind's own
//! attributes, which only the lint checks, since it knows the kinds.
//!
//! A file's content comes from one of: `content`, a template in the string itself; `template = "x.j2"`; `source = "x"`,
//! verbatim bytes; `contents`, a table (or a list of tables and of `{{ expr }}` that evaluate to tables, merged in
//! order), which a serializer writes as `format = "yaml" | "json" | "ini"`. In `contents`, keys with the value `none`
//! and tables that end up empty are left out; setting the same key twice is an error. `more_contents = "{{ expr }}"`
//! adds one more table to `contents` that are tables. `header` adds a comment at the top. `document = "name"` lets
//! parameters write into the file with `sets`, see `sets`.

use super::activation::{EFFECTS, texts};
use super::finding::{optional_text, text};
use super::values::expression;
use crate::diagnostic::{Diagnostic, Place, Problems, all};
use crate::module::filter::structured::FileFormat;
use crate::module::form::{Form, FormShape};
use crate::module::text::{Expression, Text, TextForm};
use crate::resource::{AttributeAdvice, Effect, attribute_synonym, kind_synonym};
use crate::spec::is_reference;
use crate::spec::keys::TableReader;
use crate::spec::node::{Node, Table, Value};
use indexmap::IndexMap;

/// Keys that every resource may have, besides its kind's attributes.
pub const GENERAL_KEYS: [&str; 8] =
    ["kind", "name", "when", "for_each", "needs", "activation", "effect", "why"];

/// Keys that supply the attribute `content`, for kinds that have one.
pub const CONTENT_KEYS: [&str; 7] =
    ["template", "source", "contents", "more_contents", "format", "header", "document"];

/// One `[[resource]]`.
#[derive(Clone, Debug)]
pub struct ResourceForm {
    /// The kind's name.
    pub kind: String,
    /// Where the kind is named.
    pub kind_place: Place,
    /// The resource's name.
    pub name: Text,
    /// The condition under which it exists.
    pub when: Option<Expression>,
    /// The list that it iterates over.
    pub for_each: Option<Expression>,
    /// The resources that must come before it.
    pub needs: Vec<Text>,
    /// The activation that it joins.
    pub activation: Option<Text>,
    /// What a change of it requires of the services.
    pub effect: Option<Effect>,
    /// Why it is there.
    pub why: Option<Text>,
    /// The source of its content, if that is not `content`.
    pub body: Option<BodyForm>,
    /// The kind's attributes with the places of their keys.
    pub attributes: IndexMap<String, (Place, Form)>,
    /// Where it is declared.
    pub place: Place,
}

/// The source of a content.
#[derive(Clone, Debug)]
pub enum BodyForm {
    /// A template file.
    Template(String, Place),
    /// A verbatim file.
    Source(String, Place),
    /// Values, written by a serializer.
    Structured(Structured),
}

/// Content built from values.
#[derive(Clone, Debug)]
pub struct Structured {
    /// The format.
    pub format: ContentsFormat,
    /// A comment above it.
    pub header: Option<Text>,
    /// The name by which parameters write into it.
    pub document: Option<String>,
    /// The tables, merged in order.
    pub parts: Vec<Form>,
    /// The place of `contents`.
    pub place: Place,
}

/// The format in which values are written.
pub type ContentsFormat = FileFormat;

impl Structured {
    /// The top-level keys in the manifest, without those that parameters set.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries().map(|(key, _)| key)
    }

    /// The top-level keys that are tables.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        let entries = self.entries();
        entries.filter(|(_, form)| matches!(form.shape, FormShape::Table(_))).map(|(key, _)| key)
    }

    fn entries(&self) -> impl Iterator<Item = (&str, &Form)> {
        let tables = self.parts.iter().filter_map(|part| match &part.shape {
            FormShape::Table(table) => Some(table),
            _ => None,
        });
        tables.flat_map(|table| table.iter().map(|(key, form)| (key.as_str(), form)))
    }
}

impl ResourceForm {
    /// Returns the names and paths that a resource of the spec is seen to provide before anything is evaluated: its own
    /// name, what a command creates, and what a package brings.
    pub fn provided(&self) -> impl Iterator<Item = &str> {
        let provided = ["creates", "brings"].iter().filter_map(|key| self.attributes.get(*key));
        let provided = provided.flat_map(|(_, form)| match &form.shape {
            FormShape::List(items) => items.iter().collect(),
            _ => vec![form],
        });
        let provided = provided.filter_map(|form| match &form.shape {
            FormShape::Text(text) => Some(text),
            _ => None,
        });
        let texts = std::iter::once(&self.name).chain(provided);
        let literal = texts.filter(|text| text.form == TextForm::Literal);
        literal.map(|text| text.text.strip_prefix("path:").unwrap_or(&text.text))
    }

    /// Reads a `[[resource]]`.
    ///
    /// # Errors
    ///
    /// The node is not a table, a key is missing, unknown or of the wrong type, an expression or template does not
    /// parse, or more than one key gives the content (`module/resource`).
    pub fn read(node: &Node) -> Result<ResourceForm, Problems> {
        let mut keys =
            TableReader::of_node("`[[resource]]`", node).map_err(|problem| vec![problem])?;
        let kind = keys.required("kind", "one of the kinds, such as `file`");
        let kind_text = keys.text("kind");
        let named = other_name(node);
        let name = match &named {
            Some(problem) => {
                keys.push(problem.clone());
                None
            }
            None => text(
                &mut keys,
                "name",
                "its name, depending on the kind: a path, a package, a unit",
            ),
        };
        let when = expression(&mut keys, "when");
        let for_each = expression(&mut keys, "for_each");
        let needs = texts(&mut keys, "needs");
        let activation = optional_text(&mut keys, "activation");
        let effect = keys.word("effect", &EFFECTS);
        let why = optional_text(&mut keys, "why");
        let body = body(&mut keys, node);
        let attributes = attributes(&mut keys, node.as_table());
        // `kind` may need correcting as well.
        if let (Some(_), Some(kind), Some(entry)) = (&named, kind_text, kind)
            && let Some(other) = kind_synonym(kind)
        {
            let problem = Diagnostic::error("lint/kind", format!("there is no kind `{kind}`"));
            keys.push(problem.at(&entry.node.place).help(format!("write `kind = \"{other}\"`")));
        }
        let problems = keys.finish();
        match (kind, kind_text, name) {
            (Some(entry), Some(kind), Some(name)) if problems.is_empty() => Ok(ResourceForm {
                kind: kind.to_owned(),
                kind_place: entry.node.place.clone(),
                name,
                when,
                for_each,
                needs,
                activation,
                effect,
                why,
                body,
                attributes,
                place: node.place.clone(),
            }),
            _ => Err(problems),
        }
    }

    /// Reads a `[[resource]]` of a spec, in which `{ secret = "name" }` means a secret.
    ///
    /// # Errors
    ///
    /// Fails as `read` does, or because `{ secret = … }` holds something that is not the name of a secret.
    pub fn of_spec(node: &Node) -> Result<ResourceForm, Problems> {
        let mut form = ResourceForm::read(node)?;
        let table = node.as_table();
        let node_of = |key: &str| table.and_then(|table| table.get(key)).map(|entry| &entry.node);
        let mut named = Vec::new();
        for (name, (_, attribute)) in &mut form.attributes {
            named.extend(node_of(name).map(|node| attribute.name_secrets(node)));
        }
        if let Some(BodyForm::Structured(structured)) = &mut form.body {
            let contents = node_of("contents").into_iter();
            let contents = contents.flat_map(|node| match &node.value {
                Value::Array(parts) => parts.as_slice(),
                _ => std::slice::from_ref(node),
            });
            let nodes = contents.chain(node_of("more_contents"));
            let parts = structured.parts.iter_mut().zip(nodes);
            let parts = parts.filter(|(_, node)| !is_reference(node));
            named.extend(parts.map(|(part, node)| part.name_secrets(node)));
        }
        let named: Result<(), Problems> = all(named.into_iter());
        named.map(|()| form)
    }

    /// Calls `see` with the name and place of every secret in it.
    pub fn secrets(&self, see: &mut dyn FnMut(&str, &Place)) {
        self.attributes.values().for_each(|(_, form)| form.secrets(see));
        let parts = self.structured().map(|structured| structured.parts.as_slice());
        parts.unwrap_or_default().iter().for_each(|part| part.secrets(see));
    }

    /// The structured content, if it has one.
    pub fn structured(&self) -> Option<&Structured> {
        match &self.body {
            Some(BodyForm::Structured(structured)) => Some(structured),
            _ => None,
        }
    }
}

/// The problem of a resource that uses another tool's word for `name`.
fn other_name(node: &Node) -> Option<Diagnostic> {
    let table = node.as_table().filter(|table| !table.contains_key("name"))?;
    let (key, entry) = table
        .iter()
        .find(|(key, _)| attribute_synonym(key) == Some(AttributeAdvice::Key("name")))?;
    let message = format!("a resource has no `{key}`: it is identified by its `name`");
    let problem = Diagnostic::error("spec/unknown-key", message).at(&entry.key);
    let value = entry.node.place.text();
    Some(problem.help(format!("write `name = {value}`")))
}

fn attributes<'a>(
    keys: &mut TableReader<'a>,
    table: Option<&'a Table>,
) -> IndexMap<String, (Place, Form)> {
    let mut attributes = IndexMap::new();
    for (key, entry) in table.into_iter().flatten() {
        if GENERAL_KEYS.contains(&key.as_str()) || CONTENT_KEYS.contains(&key.as_str()) {
            continue;
        }
        keys.allow(key);
        if let Some(form) = keys.ok_or_record(Form::read(&entry.node)) {
            attributes.insert(key.clone(), (entry.key.clone(), form));
        }
    }
    attributes
}

fn body(keys: &mut TableReader<'_>, node: &Node) -> Option<BodyForm> {
    let has = |key: &str| node.as_table().is_some_and(|table| table.contains_key(key));
    let given: Vec<&str> =
        ["content", "template", "source", "contents"].into_iter().filter(|key| has(key)).collect();
    if given.len() > 1 {
        let message = format!("only one of `{}` can be given", given.join("`, `"));
        keys.push(Diagnostic::error("module/resource", message).at(&node.place));
    }
    let template = named(keys, "template").map(|(path, place)| BodyForm::Template(path, place));
    let source = named(keys, "source").map(|(path, place)| BodyForm::Source(path, place));
    let structured = structured(keys).map(BodyForm::Structured);
    template.or(source).or(structured)
}

fn named(keys: &mut TableReader<'_>, key: &'static str) -> Option<(String, Place)> {
    let path = keys.text(key)?.to_owned();
    Some((path, keys.entry(key)?.node.place.clone()))
}

fn structured(keys: &mut TableReader<'_>) -> Option<Structured> {
    let formats =
        [("yaml", FileFormat::Yaml), ("json", FileFormat::Json), ("ini", FileFormat::Ini)];
    let format = keys.word("format", &formats);
    let header = optional_text(keys, "header");
    let document = keys.text("document").map(str::to_owned);
    let Some(entry) = keys.entry("contents") else {
        for key in ["format", "header", "document", "more_contents"] {
            if let Some(entry) = keys.entry(key) {
                let message = format!("`{key}` goes with `contents`, which is missing");
                keys.push(Diagnostic::error("module/resource", message).at(&entry.key));
            }
        }
        return None;
    };
    let place = entry.key.clone();
    let Some(format) = format else {
        let problem = Diagnostic::error("module/resource", "`contents` needs `format`").at(&place);
        keys.push(problem.help("add `format = \"yaml\"`, `\"json\"` or `\"ini\"`"));
        return None;
    };
    let parts = match &entry.node.value {
        Value::Array(parts) => parts.iter().collect(),
        _ => vec![&entry.node],
    };
    let more = keys.entry("more_contents").map(|entry| &entry.node);
    let parts = parts
        .into_iter()
        .chain(more)
        .filter_map(|part| keys.ok_or_record(read_part(part)))
        .collect();
    Some(Structured { format, header, document, parts, place })
}

/// Reads a table, or a single `{{ expression }}` that evaluates to a table.
fn read_part(node: &Node) -> Result<Form, Problems> {
    let form = Form::read(node)?;
    let single = matches!(&form.shape, FormShape::Text(text) if text.expression().is_some());
    if node.as_table().is_none() && !single {
        let message = "`contents` takes tables, or `{{ expressions }}` that return tables";
        return Err(vec![Diagnostic::error("module/resource", message).at(&node.place)]);
    }
    Ok(form)
}
