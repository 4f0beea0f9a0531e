//! A unified diff of two texts with three lines of context; within changed lines the changed words are highlighted.
//! Without colour it is an ordinary diff, fit for `patch`.

use crate::diagnostic::visible;
use crate::render::page::Page;
use crate::render::style::{Style, TextRole};
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, DiffOp, InlineChange, TextDiff};
use std::time::Duration;

/// The note for a last line without a newline, as in `diff`.
pub(super) const NO_NEWLINE: &str = "\\ no newline at end";

/// Context lines around a change.
const CONTEXT: usize = 3;

/// After this time the diff gets coarser instead of slower.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Writes the hunks; nothing if the texts are equal.
pub(super) fn write(old: &str, new: &str, page: &mut Page) {
    let diff = TextDiff::configure().timeout(TIMEOUT).diff_lines(old, new);
    for ops in diff.grouped_ops(CONTEXT) {
        if ops.is_empty() {
            continue;
        }
        page.painted(TextRole::Hunk, &UnifiedHunkHeader::new(&ops).to_string());
        ops.iter().for_each(|op| write_op(&diff, op, page));
    }
}

fn write_op(diff: &TextDiff<'_, '_, str>, op: &DiffOp, page: &mut Page) {
    let style = page.style();
    if style.colour {
        diff.iter_inline_changes(op).for_each(|change| {
            page.line(&painted(&change, style));
            ending(change.missing_newline(), page);
        });
        return;
    }
    for change in diff.iter_changes(op) {
        page.line(&format!("{}{}", sign(change.tag()), visible_line(change.value())));
        ending(change.missing_newline(), page);
    }
}

fn ending(missing_newline: bool, page: &mut Page) {
    if missing_newline {
        page.painted(TextRole::Quiet, NO_NEWLINE);
    }
}

fn painted(change: &InlineChange<'_, str>, style: Style) -> String {
    let (line, word) = match change.tag() {
        ChangeTag::Equal => return equal(change),
        ChangeTag::Delete => (TextRole::Removed, TextRole::RemovedWord),
        ChangeTag::Insert => (TextRole::Added, TextRole::AddedWord),
    };
    let mut text = style.paint(line, sign(change.tag()));
    for (emphasised, piece) in change.values() {
        let role = if *emphasised { word } else { line };
        text.push_str(&style.paint(role, &visible_line(piece)));
    }
    text
}

fn equal(change: &InlineChange<'_, str>) -> String {
    let text: String = change.values().iter().map(|(_, piece)| visible_line(piece)).collect();
    format!(" {text}")
}

fn sign(tag: ChangeTag) -> &'static str {
    match tag {
        ChangeTag::Equal => " ",
        ChangeTag::Delete => "-",
        ChangeTag::Insert => "+",
    }
}

/// Returns a line without its newline, with visible control characters.
pub(super) fn visible_line(line: &str) -> String {
    visible(line.strip_suffix('\n').unwrap_or(line))
}
