//! How a template prints a value: strings, numbers, `true` and `false`, spelt values, and secrets as marks. Anything
//! else is an error: nobody means to print `none` or a list.

use super::failure::refuse;
use super::secret_mark::Marks;
use super::secret_text::SecretText;
use crate::module::value::{FileRef, Literal, SPOILT, SecretRef};
use minijinja::value::ValueKind;
use minijinja::{Error, Output, State, Value};

/// The formatter of the environment.
pub(super) fn print(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    let text = match SecretText::of(value) {
        Some(secret) => Marks::of(state).mark(secret.content())?,
        None => text(value)?,
    };
    if text.contains(SPOILT) {
        return Err(refuse(
            "a secret is part of this text: print it by itself, or through a filter",
        ));
    }
    out.write_str(&text).map_err(Error::from)
}

/// A single piece of text as text; secrets are refused.
pub(super) fn text(value: &Value) -> Result<String, Error> {
    if SecretText::of(value).is_some() {
        return Err(refuse("a secret cannot be part of a text here"));
    }
    if let Some(spelt) = Literal::of(value) {
        return Ok(spelt.text().to_owned());
    }
    if let Some(secret) = SecretRef::of(value) {
        return Err(refuse(format!("the secret `{}` is not known here", secret.name)));
    }
    if let Some(file) = FileRef::of(value) {
        return Err(refuse(format!("the file `{}` cannot be read here", file.path)));
    }
    match value.kind() {
        ValueKind::String | ValueKind::Number => Ok(value.to_string()),
        ValueKind::Bool => Ok(value.is_true().to_string()),
        _ => Err(refuse(format!("{} cannot be printed", named(value)))),
    }
}

/// What kind of value it is, for messages.
pub(super) fn named(value: &Value) -> &'static str {
    if SecretText::of(value).is_some() {
        return "a secret";
    }
    match value.kind() {
        ValueKind::Undefined => "an undefined value",
        ValueKind::None => "`none`",
        ValueKind::Bool => "a boolean",
        ValueKind::Number => "a number",
        ValueKind::String => "text",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a table",
        _ if Literal::of(value).is_some() => "text",
        _ => "this value",
    }
}
