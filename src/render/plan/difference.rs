//! What differs of one item: short attributes on a line, longer ones as a diff. A value that could
//! not be seen says why, and is never shown as absent.

use super::{body, hunks};
use crate::render::page::Page;
use crate::render::style::Label;
use crate::render::words::{counted, one_line};
use crate::resource::{Action, Comparison, Difference, Seen};

/// Writes all differences; a reason that all of them share is said once.
pub(super) fn write_all(change: &Comparison, page: &mut Page) {
    let unseen = shared_reason(change);
    if let Some(reason) = unseen {
        page.prose(Some(Label::Update), &format!("cannot be seen: {reason}"));
    }
    for difference in &change.differences {
        if unseen.is_none() {
            write_unseen_body(difference, page);
        }
        match (&difference.from, &difference.to) {
            (from, Seen::Body(to)) => body::write(difference.attribute, from, to, page),
            (from, to) if is_long(from) || is_long(to) => write_long(difference, page),
            _ => write_short(difference, change, unseen.is_some(), page),
        }
    }
}

/// The reason for which nothing of the item could be seen.
fn shared_reason(change: &Comparison) -> Option<&str> {
    let mut reasons = change.differences.iter().map(|difference| match &difference.from {
        Seen::Unknown(reason) => Some(reason.as_str()),
        _ => None,
    });
    let first = reasons.next()??;
    (change.differences.len() > 1 && reasons.all(|reason| reason == Some(first))).then_some(first)
}

/// Why a content could not be seen; short values say it themselves.
fn write_unseen_body(difference: &Difference, page: &mut Page) {
    let (Seen::Unknown(reason), Seen::Body(_)) = (&difference.from, &difference.to) else { return };
    let sentence = format!("{} cannot be seen: {reason}", difference.attribute);
    page.prose(Some(Label::Update), &sentence);
}

fn write_short(difference: &Difference, change: &Comparison, unseen: bool, page: &mut Page) {
    let style = page.style();
    let to = style.paint(Label::Added, &shown(&difference.to));
    let is_new = change.action == Action::Create && matches!(difference.from, Seen::Nothing);
    if is_new || unseen {
        return page.field(difference.attribute, &to);
    }
    let from = style.paint(Label::Removed, &shown(&difference.from));
    page.field(difference.attribute, &format!("{from} → {to}"));
}

/// Several lines of text: as a diff.
fn write_long(difference: &Difference, page: &mut Page) {
    page.line(&format!("{}:", difference.attribute));
    page.inside(|page| hunks::write(&long(&difference.from), &long(&difference.to), page));
}

fn is_long(seen: &Seen) -> bool {
    matches!(seen, Seen::Word(text) if text.contains('\n'))
}

fn long(seen: &Seen) -> String {
    match seen {
        Seen::Word(text) => text.clone(),
        Seen::Nothing => String::new(),
        _ => shown(seen),
    }
}

/// A value on one line.
fn shown(seen: &Seen) -> String {
    match seen {
        Seen::Word(text) if text.is_empty() => "empty".to_owned(),
        Seen::Word(text) => one_line(text),
        Seen::Body(body) => counted(usize::try_from(body.size).unwrap_or(usize::MAX), "byte"),
        Seen::Nothing => "not set".to_owned(),
        Seen::Unknown(reason) => one_line(&format!("cannot be seen ({reason})")),
    }
}
