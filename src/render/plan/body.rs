//! A file's content: a diff if both sides are text, otherwise one line. Both sides are masked before they are compared,
//! and no digest of content with a secret is shown: a short secret could be guessed from it.

use super::{hunks, new_body};
use crate::plan::shown::{ShownDifference, ShownValue, sha256};
use crate::render::page::Page;
use crate::render::phrases::{listed, one_line, short};

/// Whether this is the content of a file.
pub(super) fn is_body(value: &ShownValue) -> bool {
    matches!(
        value,
        ShownValue::Content { .. } | ShownValue::Digest { .. } | ShownValue::Hidden { .. }
    )
}

/// Writes how content would change.
pub(super) fn write(one: &ShownDifference, page: &mut Page) {
    let ShownDifference { attribute, from, to, .. } = one;
    match (from, to) {
        // The caller has already explained why it could not be observed.
        (ShownValue::Nothing | ShownValue::Unknown { .. }, _) => {
            new_body::write(attribute, to, page)
        }
        (ShownValue::Word(word), _) => {
            page.field(attribute, &format!("{} → a file", one_line(word)))
        }
        _ => write_changed(one, page),
    }
}

fn write_changed(one: &ShownDifference, page: &mut Page) {
    let attribute = &one.attribute;
    let names = differ(&one.secrets);
    match (&one.from, &one.to) {
        (_, to) if to.is_only_secret() && !names.is_empty() => page.field(attribute, &names),
        (ShownValue::Content { content: before }, ShownValue::Content { content: after }) => {
            page.line(format!("{attribute}: {names}").trim_end());
            page.inside(|page| hunks::write(before, after, page));
        }
        (ShownValue::Content { content }, ShownValue::Nothing) => {
            page.line(&format!("{attribute}:"));
            page.inside(|page| new_body::write_lines(content, new_body::Sign::Removed, page));
        }
        (ShownValue::Hidden { .. }, _) | (_, ShownValue::Hidden { .. }) => {
            page.field(attribute, "[differs, contains a secret]");
        }
        (from, to) => page.field(attribute, &digests(from, to)),
    }
}

/// Formats `[secret a/b] differs`; empty without names.
fn differ(names: &[String]) -> String {
    let masks: Vec<String> = names.iter().map(|name| format!("[secret {name}]")).collect();
    match masks.len() {
        0 => String::new(),
        1 => format!("{} differs", listed(&masks)),
        _ => format!("{} differ", listed(&masks)),
    }
}

fn digests(from: &ShownValue, to: &ShownValue) -> String {
    match (digest(from), digest(to)) {
        (Some(from), Some(to)) => format!("differs (sha256 {} → {})", short(&from), short(&to)),
        (_, Some(to)) => format!("sha256 {}", short(&to)),
        (Some(from), None) => format!("sha256 {} → not set", short(&from)),
        (None, None) => "differs".to_owned(),
    }
}

/// Returns the digest, if it may be shown.
fn digest(value: &ShownValue) -> Option<String> {
    match value {
        ShownValue::Digest { sha256, .. } => Some(sha256.clone()),
        ShownValue::Content { content } => Some(sha256(content.as_bytes())),
        _ => None,
    }
}
