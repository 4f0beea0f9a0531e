//! The content of a file without a `content` attribute: a template, a verbatim file, or serialized values including
//! those that parameters set.

use super::host_values::HostValues;
use super::rows::pairs;
use super::run::Runner;
use super::scope::EvalFrame;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::filter::structured::{FileFormat, emit};
use crate::module::manifest::{BodyForm, Manifest, Structured};
use crate::module::named_files::{read_beside, read_text_beside};
use crate::secret::Content;
use crate::spec::Spec;
use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::ValueKind;

/// A key of a structured file: a table, or any other value with its origin.
enum ContentTree {
    Table(IndexMap<String, ContentTree>),
    Leaf(Value, Place),
}

/// The content that a body produces; `manifest` is none for a resource of the spec.
pub(super) fn content(
    (runner, universe, spec): (&Runner, &HostValues<'_>, &Spec),
    frame: &EvalFrame,
    manifest: Option<&Manifest>,
    body: &BodyForm,
) -> Result<Content, Problems> {
    match body {
        BodyForm::Structured(structured) => built(runner, universe, frame, manifest, structured),
        BodyForm::Source(path, place) => Ok(Content::plain(match manifest {
            None => read_beside(spec, path, place)?,
            Some(manifest) => manifest
                .directory
                .files
                .get(&format!("files/{path}"))
                .cloned()
                .ok_or_else(|| vec![missing(path, place)])?,
        })),
        BodyForm::Template(path, place) => {
            let source = match manifest {
                None => read_text_beside(spec, path, place)?,
                Some(manifest) => {
                    manifest.template(path).cloned().ok_or_else(|| vec![missing(path, place)])?
                }
            };
            runner.template(&source, frame)
        }
    }
}

fn missing(path: &str, place: &Place) -> Diagnostic {
    Diagnostic::error("module/file", format!("this module has no `{path}`")).at(place)
}

fn built(
    runner: &Runner,
    universe: &HostValues<'_>,
    frame: &EvalFrame,
    manifest: Option<&Manifest>,
    structured: &Structured,
) -> Result<Content, Problems> {
    let mut root = IndexMap::new();
    if let Some(manifest) = manifest {
        set(&mut root, universe, manifest, structured)?;
    }
    for part in &structured.parts {
        let value = runner.form(part, frame)?;
        if !matches!(value.kind(), ValueKind::Map | ValueKind::None) {
            let message = format!("`contents` takes tables, not {}", value.kind());
            return Err(vec![Diagnostic::error("module/contents", message).at(&part.place)]);
        }
        for (key, value) in pairs(&value) {
            add(&mut root, &key, &key, value, &part.place)?;
        }
    }
    let value = value(ContentTree::Table(root)).unwrap_or_else(empty);
    let body = emit(structured.format, &value).map_err(|failure| {
        vec![Diagnostic::error("module/contents", failure.message).at(&structured.place)]
    })?;
    let Some(header) = &structured.header else { return Ok(body) };
    let header = runner.plain(header, frame)?;
    if structured.format == FileFormat::Json {
        let message = "JSON has no comments, so it cannot have a `header`";
        return Err(vec![Diagnostic::error("module/contents", message).at(&structured.place)]);
    }
    Ok(below(&header, &body))
}

/// The keys that parameters set.
fn set(
    root: &mut IndexMap<String, ContentTree>,
    universe: &HostValues<'_>,
    manifest: &Manifest,
    structured: &Structured,
) -> Result<(), Problems> {
    let settings = manifest.settings.iter();
    for setting in settings.filter(|one| Some(&one.document) == structured.document.as_ref()) {
        let mut path = setting.from.iter();
        let first = path.next().and_then(|name| universe.value(&manifest.name, name));
        let first = first.unwrap_or_default();
        let value = path.try_fold(first, |value, name| match value.kind() {
            ValueKind::Invalid => Ok(value),
            _ => value.get_attr(name),
        });
        let nested = setting.key.iter().skip(1).rev();
        let value = nested.fold(value.unwrap_or_default(), |value, key| match value.is_none() {
            true => value,
            false => Value::from_pairs([(key.clone(), value)]),
        });
        if let Some(key) = setting.key.first().filter(|_| !value.is_undefined()) {
            add(root, key, &setting.key.join("."), value, &setting.place)?;
        }
    }
    Ok(())
}

/// Adds a key; merges tables, and refuses a key that is set twice.
fn add(
    table: &mut IndexMap<String, ContentTree>,
    key: &str,
    path: &str,
    value: Value,
    place: &Place,
) -> Result<(), Problems> {
    match value.kind() {
        ValueKind::None => return Ok(()),
        // Unknown without the environment, and so is the content.
        ValueKind::Invalid => return Err(Problems::new()),
        _ => {}
    }
    let is_table = value.kind() == ValueKind::Map;
    match table.get_mut(key) {
        Some(ContentTree::Table(below)) if is_table => {
            for (key, value) in pairs(&value) {
                add(below, &key, &format!("{path}.{key}"), value, place)?;
            }
        }
        Some(other) => {
            let message = format!("`{path}` is set twice in this file");
            let problem = Diagnostic::error("module/contents", message).at(place);
            return Err(vec![
                first_place(other).map_or(problem.clone(), |first| problem.see(first, "also here")),
            ]);
        }
        None if is_table && !pairs(&value).is_empty() => {
            let mut below = IndexMap::new();
            for (key, value) in pairs(&value) {
                add(&mut below, &key, &format!("{path}.{key}"), value, place)?;
            }
            table.insert(key.to_owned(), ContentTree::Table(below));
        }
        None => drop(table.insert(key.to_owned(), ContentTree::Leaf(value, place.clone()))),
    }
    Ok(())
}

fn first_place(tree: &ContentTree) -> Option<&Place> {
    match tree {
        ContentTree::Leaf(_, place) => Some(place),
        ContentTree::Table(table) => table.values().find_map(first_place),
    }
}

/// The tree as a value; empty tables are left out.
fn value(tree: ContentTree) -> Option<Value> {
    match tree {
        ContentTree::Leaf(value, _) => Some(value),
        ContentTree::Table(table) => {
            let pairs = table.into_iter().filter_map(|(key, tree)| Some((key, value(tree)?)));
            let pairs: Vec<(String, Value)> = pairs.collect();
            if pairs.is_empty() { None } else { Some(Value::from_pairs(pairs)) }
        }
    }
}

fn empty() -> Value {
    Value::from_pairs(Vec::<(String, Value)>::new())
}

/// The content, below a comment.
fn below(header: &str, body: &Content) -> Content {
    let mut content = Content::default();
    for line in header.lines() {
        content.push(format!("# {line}").trim_end().as_bytes());
        content.push(b"\n");
    }
    content.append(body);
    content
}
