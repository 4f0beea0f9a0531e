//! Files built as values and written by a serializer: no template can leave a quote open. Secrets
//! go straight into the content's ranges, so nothing can escape from one.

use super::Failure;
use super::print::named;
use super::secret_text::SecretText;
use crate::secret::Content;
use minijinja::Value;
use minijinja::value::ValueKind;

mod ini;
mod json;
mod quote;
mod yaml;

pub(super) use ini::unsafe_reason as unsafe_in_ini;
pub(super) use json::emit as emit_json;
use quote::quote;

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.1 and 1.2 alike, as PyYAML and Go read it.
    Yaml,
    /// JSON, indented.
    Json,
    /// Sections of `key = value`.
    Ini,
}

/// Writes a value, keys in their order. `none` is refused at any depth: say `without_none` first.
pub fn emit(format: Format, value: &Value) -> Result<Content, Failure> {
    let mut content = Content::default();
    match format {
        Format::Yaml => yaml::emit(&mut content, value)?,
        Format::Json => json::emit(&mut content, value, Some(0))?,
        Format::Ini => ini::emit(&mut content, value)?,
    }
    Ok(content)
}

/// A table's pairs, keys as text.
fn pairs(value: &Value) -> Result<Vec<(String, Value)>, Failure> {
    let object = value.as_object().and_then(|object| object.try_iter_pairs());
    object
        .into_iter()
        .flatten()
        .map(|(key, value)| match key.as_str() {
            Some(key) => Ok((key.to_owned(), value)),
            None => Err(Failure::new(format!("{} cannot be a key here", named(&key)))),
        })
        .collect()
}

/// What kind of thing is to be written.
enum Written {
    Table(Vec<(String, Value)>),
    List(Vec<Value>),
    Scalar,
}

impl Written {
    fn is_empty(&self) -> bool {
        match self {
            Written::Table(pairs) => pairs.is_empty(),
            Written::List(items) => items.is_empty(),
            Written::Scalar => false,
        }
    }
}

fn written(value: &Value) -> Result<Written, Failure> {
    if SecretText::of(value).is_some() {
        return Ok(Written::Scalar);
    }
    match value.kind() {
        ValueKind::Map => Ok(Written::Table(pairs(value)?)),
        ValueKind::Seq | ValueKind::Iterable => Ok(Written::List(value.try_iter()?.collect())),
        _ => Ok(Written::Scalar),
    }
}

#[cfg(test)]
mod tests;
