//! YAML in block style. A word is bare only if no reader could take it for anything but text; every other text is a
//! JSON string, which YAML 1.1 and 1.2 read alike.

use super::super::print::text;
use super::super::secret_text::SecretText;
use super::{Emitted, TemplateFailure, emitted, json, quote};
use crate::secret::Content;
use minijinja::Value;
use minijinja::value::ValueKind;

/// Writes a document.
pub(super) fn emit(out: &mut Content, value: &Value) -> Result<(), TemplateFailure> {
    match emitted(value)? {
        Emitted::Scalar => {
            scalar(out, value)?;
            out.push(b"\n");
            Ok(())
        }
        block => body(out, block, 0),
    }
}

/// A table or list, one line per entry; empty ones stay on the current line.
fn body(out: &mut Content, block: Emitted, depth: usize) -> Result<(), TemplateFailure> {
    match block {
        Emitted::Table(pairs) if pairs.is_empty() => out.push(b"{}\n"),
        Emitted::List(items) if items.is_empty() => out.push(b"[]\n"),
        Emitted::Table(pairs) => {
            for (index, (key, value)) in pairs.into_iter().enumerate() {
                indent(out, if index == 0 { 0 } else { depth });
                out.push(key_text(&key).as_bytes());
                out.push(b":");
                entry(out, &value, depth)?;
            }
        }
        Emitted::List(items) => {
            for (index, item) in items.into_iter().enumerate() {
                indent(out, if index == 0 { 0 } else { depth });
                out.push(b"- ");
                match emitted(&item)? {
                    Emitted::Scalar => end(out, &item)?,
                    block => body(out, block, depth + 1)?,
                }
            }
        }
        Emitted::Scalar => {}
    }
    Ok(())
}

/// The value after `key:`.
fn entry(out: &mut Content, value: &Value, depth: usize) -> Result<(), TemplateFailure> {
    match emitted(value)? {
        Emitted::Scalar => {
            out.push(b" ");
            end(out, value)
        }
        block if block.is_empty() => {
            out.push(b" ");
            body(out, block, depth)
        }
        block => {
            out.push(b"\n");
            indent(out, depth + 1);
            body(out, block, depth + 1)
        }
    }
}

fn end(out: &mut Content, value: &Value) -> Result<(), TemplateFailure> {
    scalar(out, value)?;
    out.push(b"\n");
    Ok(())
}

fn indent(out: &mut Content, depth: usize) {
    out.push("  ".repeat(depth).as_bytes());
}

fn scalar(out: &mut Content, value: &Value) -> Result<(), TemplateFailure> {
    if SecretText::of(value).is_none() && value.kind() == ValueKind::String {
        let text = text(value)?;
        if is_bare(&text) {
            out.push(text.as_bytes());
            return Ok(());
        }
    }
    json::scalar(out, value)
}

fn key_text(key: &str) -> String {
    if is_bare(key) { key.to_owned() } else { quote(key) }
}

/// Words that YAML 1.1 readers take for booleans or null, in lower case.
const TAKEN: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// Whether a text needs no quotes: it begins with a letter or a slash (so it is not a number, date, tag or indicator),
/// holds only harmless characters, and is not a word with a special meaning.
fn is_bare(text: &str) -> bool {
    let start = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let harmless = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
    start && text.chars().all(harmless) && !TAKEN.contains(&text.to_ascii_lowercase().as_str())
}
