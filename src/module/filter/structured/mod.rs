//! Files built as values and written by a serializer: no template can leave a quote open. Secrets go straight into the
//! content's ranges, so none can escape.

use super::TemplateFailure;
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

/// The format to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// YAML 1.1 and 1.2 alike, as PyYAML and Go read it.
    Yaml,
    /// JSON, indented.
    Json,
    /// Sections of `key = value`.
    Ini,
}

/// Writes a value, with keys in their order. Apply `without_none` first.
///
/// # Errors
///
/// The value contains `none` or something else that is not data, a key that is not text, a number that is not finite,
/// or, for INI, something that cannot be written without ambiguity.
pub fn emit(format: FileFormat, value: &Value) -> Result<Content, TemplateFailure> {
    let mut content = Content::default();
    match format {
        FileFormat::Yaml => yaml::emit(&mut content, value)?,
        FileFormat::Json => json::emit(&mut content, value, Some(0))?,
        FileFormat::Ini => ini::emit(&mut content, value)?,
    }
    Ok(content)
}

/// A table's pairs, keys as text.
fn pairs(value: &Value) -> Result<Vec<(String, Value)>, TemplateFailure> {
    let object = value.as_object().and_then(|object| object.try_iter_pairs());
    object
        .into_iter()
        .flatten()
        .map(|(key, value)| match key.as_str() {
            Some(key) => Ok((key.to_owned(), value)),
            None => Err(TemplateFailure::new(format!("{} cannot be a key here", named(&key)))),
        })
        .collect()
}

/// The kind of value to write.
enum Emitted {
    Table(Vec<(String, Value)>),
    List(Vec<Value>),
    Scalar,
}

impl Emitted {
    fn is_empty(&self) -> bool {
        match self {
            Emitted::Table(pairs) => pairs.is_empty(),
            Emitted::List(items) => items.is_empty(),
            Emitted::Scalar => false,
        }
    }
}

fn emitted(value: &Value) -> Result<Emitted, TemplateFailure> {
    if SecretText::of(value).is_some() {
        return Ok(Emitted::Scalar);
    }
    match value.kind() {
        ValueKind::Map => Ok(Emitted::Table(pairs(value)?)),
        ValueKind::Seq | ValueKind::Iterable => Ok(Emitted::List(value.try_iter()?.collect())),
        _ => Ok(Emitted::Scalar),
    }
}

#[cfg(test)]
mod tests;
