//! The differences of one item: short attributes on a line, longer ones as a diff. A value that could not be observed
//! is shown with the reason, and never as absent.

use super::{body, hunks};
use crate::diagnostic::counted;
use crate::plan::shown::{ShownAction, ShownDifference, ShownValue};
use crate::render::page::Page;
use crate::render::phrases::one_line;
use crate::render::style::TextRole;

/// Writes all differences; a reason that they all share is written once.
pub(in crate::render) fn write_all(
    differences: &[ShownDifference],
    action: ShownAction,
    page: &mut Page,
) {
    let unseen = shared_reason(differences);
    if let Some(reason) = unseen {
        page.prose(Some(TextRole::Update), &format!("cannot be determined: {reason}"));
    }
    for difference in differences {
        if unseen.is_none() {
            write_unseen_body(difference, page);
        }
        match (&difference.from, &difference.to) {
            (_, to) if body::is_body(to) => body::write(difference, page),
            (ShownValue::Content { .. }, ShownValue::Nothing) => body::write(difference, page),
            (from, to) if is_long(from) || is_long(to) => write_long(difference, page),
            _ => write_short(difference, action, unseen.is_some(), page),
        }
    }
}

/// Returns the shared reason why none of them could be observed.
fn shared_reason(differences: &[ShownDifference]) -> Option<&str> {
    let mut reasons = differences.iter().map(|difference| match &difference.from {
        ShownValue::Unknown { unknown } => Some(unknown.as_str()),
        _ => None,
    });
    let first = reasons.next()??;
    (differences.len() > 1 && reasons.all(|reason| reason == Some(first))).then_some(first)
}

/// Writes why content could not be observed; short values include the reason.
fn write_unseen_body(difference: &ShownDifference, page: &mut Page) {
    let ShownValue::Unknown { unknown } = &difference.from else { return };
    if body::is_body(&difference.to) {
        let sentence = format!("{} cannot be determined: {unknown}", difference.attribute);
        page.prose(Some(TextRole::Update), &sentence);
    }
}

fn write_short(difference: &ShownDifference, action: ShownAction, unseen: bool, page: &mut Page) {
    let style = page.style();
    let to = style.paint(TextRole::Added, &shown(&difference.to));
    let is_new = action == ShownAction::Create && difference.from == ShownValue::Nothing;
    if is_new || unseen {
        return page.field(&difference.attribute, &to);
    }
    let from = style.paint(TextRole::Removed, &shown(&difference.from));
    page.field(&difference.attribute, &format!("{from} → {to}"));
}

/// Writes multi-line text as a diff.
fn write_long(difference: &ShownDifference, page: &mut Page) {
    page.line(&format!("{}:", one_line(&difference.attribute)));
    page.inside(|page| hunks::write(&long(&difference.from), &long(&difference.to), page));
}

fn is_long(value: &ShownValue) -> bool {
    matches!(value, ShownValue::Word(text) if text.contains('\n'))
}

fn long(value: &ShownValue) -> String {
    match value {
        ShownValue::Word(text) => text.clone(),
        ShownValue::Nothing => String::new(),
        _ => shown(value),
    }
}

/// Formats a value on one line.
fn shown(value: &ShownValue) -> String {
    match value {
        ShownValue::Word(text) if text.is_empty() => "empty".to_owned(),
        ShownValue::Word(text) => one_line(text),
        ShownValue::Content { content } => counted(content.len(), "byte"),
        ShownValue::Digest { size, .. } => {
            counted(usize::try_from(*size).unwrap_or(usize::MAX), "byte")
        }
        ShownValue::Hidden { .. } => "[contains a secret]".to_owned(),
        ShownValue::Nothing => "not set".to_owned(),
        ShownValue::Unknown { unknown } => one_line(&format!("cannot be determined ({unknown})")),
    }
}
