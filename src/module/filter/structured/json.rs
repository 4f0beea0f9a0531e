//! JSON: indented for files, on one line for the filters `json` and `yaml` (JSON is YAML).

use super::super::print::{named, text};
use super::super::secret_text::SecretText;
use super::quote::quote;
use super::{Emitted, TemplateFailure, emitted};
use crate::module::value::Literal;
use crate::secret::Content;
use minijinja::Value;
use minijinja::value::ValueKind;

/// Writes a value; given a depth, indents it and ends the top level with a line end.
pub(in crate::module::filter) fn emit(
    out: &mut Content,
    value: &Value,
    depth: Option<usize>,
) -> Result<(), TemplateFailure> {
    match emitted(value)? {
        Emitted::Table(pairs) => {
            let items = pairs.into_iter().map(|(key, value)| (Some(key), value)).collect();
            emit_all(out, b"{}", items, depth)?;
        }
        Emitted::List(items) => {
            emit_all(out, b"[]", items.into_iter().map(|item| (None, item)).collect(), depth)?;
        }
        Emitted::Scalar => scalar(out, value)?,
    }
    if depth == Some(0) {
        out.push(b"\n");
    }
    Ok(())
}

fn emit_all(
    out: &mut Content,
    brackets: &[u8; 2],
    items: Vec<(Option<String>, Value)>,
    depth: Option<usize>,
) -> Result<(), TemplateFailure> {
    let [open, close] = brackets;
    let inner = depth.map(|depth| depth + 1);
    let empty = items.is_empty();
    out.push(&[*open]);
    for (index, (key, value)) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(if depth.is_some() { b"," } else { b", " });
        }
        line(out, inner);
        if let Some(key) = key {
            out.push(quote(&key).as_bytes());
            out.push(b": ");
        }
        emit(out, &value, inner)?;
    }
    if !empty {
        line(out, depth);
    }
    out.push(&[*close]);
    Ok(())
}

fn line(out: &mut Content, depth: Option<usize>) {
    if let Some(depth) = depth {
        out.push(b"\n");
        out.push("  ".repeat(depth).as_bytes());
    }
}

/// A scalar: numbers and booleans bare, everything else between quotes.
pub(super) fn scalar(out: &mut Content, value: &Value) -> Result<(), TemplateFailure> {
    if let Some(secret) = SecretText::of(value) {
        out.push_secret(&secret.map(|text| Ok(quote(text)), TemplateFailure::new)?);
        return Ok(());
    }
    let bare = matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    if !bare && value.kind() != ValueKind::String && Literal::of(value).is_none() {
        text(value)?;
        return Err(TemplateFailure::new(format!("{} cannot be written", named(value))));
    }
    let text = text(value)?;
    if bare && (text.contains("inf") || text.contains("NaN")) {
        return Err(TemplateFailure::new("a number that is not finite cannot be written"));
    }
    out.push(if bare { text } else { quote(&text) }.as_bytes());
    Ok(())
}
