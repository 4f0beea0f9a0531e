//! What differs of one item: short attributes on a line, longer ones as a diff. A value that could
//! not be seen says why, and is never shown as absent.

use super::{body, hunks};
use crate::plan::shown::{Action, Difference, Value};
use crate::render::page::Page;
use crate::render::style::Label;
use crate::render::words::{counted, one_line};

/// Writes all differences; a reason that all of them share is said once.
pub(in crate::render) fn write_all(differences: &[Difference], action: Action, page: &mut Page) {
    let unseen = shared_reason(differences);
    if let Some(reason) = unseen {
        page.prose(Some(Label::Update), &format!("cannot be seen: {reason}"));
    }
    for difference in differences {
        if unseen.is_none() {
            write_unseen_body(difference, page);
        }
        match (&difference.from, &difference.to) {
            (_, to) if body::is_body(to) => body::write(difference, page),
            (Value::Content { .. }, Value::Nothing) => body::write(difference, page),
            (from, to) if is_long(from) || is_long(to) => write_long(difference, page),
            _ => write_short(difference, action, unseen.is_some(), page),
        }
    }
}

/// The reason for which nothing of them could be seen.
fn shared_reason(differences: &[Difference]) -> Option<&str> {
    let mut reasons = differences.iter().map(|difference| match &difference.from {
        Value::Unknown { unknown } => Some(unknown.as_str()),
        _ => None,
    });
    let first = reasons.next()??;
    (differences.len() > 1 && reasons.all(|reason| reason == Some(first))).then_some(first)
}

/// Why a content could not be seen; short values say it themselves.
fn write_unseen_body(difference: &Difference, page: &mut Page) {
    let Value::Unknown { unknown } = &difference.from else { return };
    if body::is_body(&difference.to) {
        let sentence = format!("{} cannot be seen: {unknown}", difference.attribute);
        page.prose(Some(Label::Update), &sentence);
    }
}

fn write_short(difference: &Difference, action: Action, unseen: bool, page: &mut Page) {
    let style = page.style();
    let to = style.paint(Label::Added, &shown(&difference.to));
    let is_new = action == Action::Create && difference.from == Value::Nothing;
    if is_new || unseen {
        return page.field(&difference.attribute, &to);
    }
    let from = style.paint(Label::Removed, &shown(&difference.from));
    page.field(&difference.attribute, &format!("{from} → {to}"));
}

/// Several lines of text: as a diff.
fn write_long(difference: &Difference, page: &mut Page) {
    page.line(&format!("{}:", one_line(&difference.attribute)));
    page.inside(|page| hunks::write(&long(&difference.from), &long(&difference.to), page));
}

fn is_long(value: &Value) -> bool {
    matches!(value, Value::Word(text) if text.contains('\n'))
}

fn long(value: &Value) -> String {
    match value {
        Value::Word(text) => text.clone(),
        Value::Nothing => String::new(),
        _ => shown(value),
    }
}

/// A value on one line.
fn shown(value: &Value) -> String {
    match value {
        Value::Word(text) if text.is_empty() => "empty".to_owned(),
        Value::Word(text) => one_line(text),
        Value::Content { content } => counted(content.len(), "byte"),
        Value::Digest { size, .. } => counted(usize::try_from(*size).unwrap_or(usize::MAX), "byte"),
        Value::Hidden { .. } => "[holds a secret]".to_owned(),
        Value::Nothing => "not set".to_owned(),
        Value::Unknown { unknown } => one_line(&format!("cannot be seen ({unknown})")),
    }
}
