//! INI: keys before the first section, then a section for every table. Readers differ in quotes, escapes and comments,
//! so anything ambiguous is refused instead of quoted.

use super::super::print::text;
use super::super::secret_text::SecretText;
use super::{Emitted, TemplateFailure, emitted};
use crate::secret::Content;
use minijinja::Value;

/// Writes a file.
pub(super) fn emit(out: &mut Content, value: &Value) -> Result<(), TemplateFailure> {
    let Emitted::Table(pairs) = emitted(value)? else {
        return Err(TemplateFailure::new("an INI file must be a table of keys and sections"));
    };
    let mut sections = Vec::new();
    for (key, value) in pairs {
        match emitted(&value)? {
            Emitted::Table(pairs) => sections.push((key, pairs)),
            _ => line(out, &key, &value)?,
        }
    }
    for (name, pairs) in sections {
        section(out, &name)?;
        for (key, value) in pairs {
            line(out, &key, &value)?;
        }
    }
    Ok(())
}

fn section(out: &mut Content, name: &str) -> Result<(), TemplateFailure> {
    if name.is_empty() || name.contains(['[', ']']) || name.chars().any(char::is_control) {
        return Err(TemplateFailure::new(format!("`{name}` cannot be the name of an INI section")));
    }
    if !out.expose().is_empty() {
        out.push(b"\n");
    }
    out.push(format!("[{name}]\n").as_bytes());
    Ok(())
}

fn line(out: &mut Content, key: &str, value: &Value) -> Result<(), TemplateFailure> {
    let clean = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if key.is_empty() || !key.chars().all(clean) {
        return Err(TemplateFailure::new(format!("`{key}` cannot be a key of an INI file")));
    }
    if matches!(emitted(value)?, Emitted::Table(_) | Emitted::List(_)) {
        let message = format!("the INI key `{key}` is a list or table: join it first");
        return Err(TemplateFailure::new(message));
    }
    out.push(format!("{key} = ").as_bytes());
    if let Some(secret) = SecretText::of(value) {
        let checked = |text: &str| refuse(key, text).map(|()| text.to_owned());
        out.push_secret(&secret.map(checked, TemplateFailure::new)?);
    } else {
        let text = text(value)?;
        refuse(key, &text)?;
        out.push(text.as_bytes());
    }
    out.push(b"\n");
    Ok(())
}

fn refuse(key: &str, text: &str) -> Result<(), TemplateFailure> {
    match unsafe_reason(text) {
        None => Ok(()),
        Some(why) => Err(TemplateFailure::new(format!("the INI key `{key}`: the value {why}"))),
    }
}

/// Why readers of INI files may disagree about a value.
pub(in crate::module::filter) fn unsafe_reason(text: &str) -> Option<&'static str> {
    if text.chars().any(char::is_control) {
        return Some("contains a line break or another control character");
    }
    if text != text.trim() {
        return Some("starts or ends with a space");
    }
    if text.starts_with(['#', ';', '"', '\'']) || text.contains(" #") || text.contains(" ;") {
        return Some("would be read as a comment or quoted text by some programs");
    }
    if text.ends_with('\\') {
        return Some("ends with a backslash, which some programs read as a line continuation");
    }
    None
}
