//! INI: keys before the first section, then a section for every table. Readers differ in quotes,
//! escapes and comments, so what they could read differently is refused instead of quoted.

use super::super::print::text;
use super::super::secret_text::SecretText;
use super::{Failure, Written, written};
use crate::secret::Content;
use minijinja::Value;

/// Writes a file.
pub(super) fn emit(out: &mut Content, value: &Value) -> Result<(), Failure> {
    let Written::Table(pairs) = written(value)? else {
        return Err(Failure::new("an INI file is a table of keys and sections"));
    };
    let mut sections = Vec::new();
    for (key, value) in pairs {
        match written(&value)? {
            Written::Table(pairs) => sections.push((key, pairs)),
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

fn section(out: &mut Content, name: &str) -> Result<(), Failure> {
    if name.is_empty() || name.contains(['[', ']']) || name.chars().any(char::is_control) {
        return Err(Failure::new(format!("`{name}` cannot be the name of an INI section")));
    }
    if !out.expose().is_empty() {
        out.push(b"\n");
    }
    out.push(format!("[{name}]\n").as_bytes());
    Ok(())
}

fn line(out: &mut Content, key: &str, value: &Value) -> Result<(), Failure> {
    let clean = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if key.is_empty() || !key.chars().all(clean) {
        return Err(Failure::new(format!("`{key}` cannot be a key of an INI file")));
    }
    if matches!(written(value)?, Written::Table(_) | Written::List(_)) {
        let message = format!("the INI key `{key}` holds a list or table: join it first");
        return Err(Failure::new(message));
    }
    out.push(format!("{key} = ").as_bytes());
    if let Some(secret) = SecretText::of(value) {
        let checked = |text: &str| refuse(key, text).map(|()| text.to_owned());
        out.push_secret(&secret.map(checked, Failure::new)?);
    } else {
        let text = text(value)?;
        refuse(key, &text)?;
        out.push(text.as_bytes());
    }
    out.push(b"\n");
    Ok(())
}

fn refuse(key: &str, text: &str) -> Result<(), Failure> {
    match unsafe_reason(text) {
        None => Ok(()),
        Some(why) => Err(Failure::new(format!("the INI key `{key}`: the value {why}"))),
    }
}

/// Why readers of INI files could read a value differently.
pub(in crate::module::filter) fn unsafe_reason(text: &str) -> Option<&'static str> {
    if text.chars().any(char::is_control) {
        return Some("holds a line end or another control character");
    }
    if text != text.trim() {
        return Some("begins or ends with a blank");
    }
    if text.starts_with(['#', ';', '"', '\'']) || text.contains(" #") || text.contains(" ;") {
        return Some("would be read as a comment or a quoted text by some programs");
    }
    if text.ends_with('\\') {
        return Some("ends with a backslash, which some programs take for a continued line");
    }
    None
}
