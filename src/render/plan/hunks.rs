//! Two texts as a unified diff with three lines of context; inside changed lines the changed words
//! stand out. Without colour the diff is an ordinary one, fit for `patch`.

use crate::diagnostic::visible;
use crate::render::page::Page;
use crate::render::style::{Label, Style};
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, DiffOp, InlineChange, TextDiff};
use std::time::Duration;

/// What `diff` says of a last line without a line end.
pub(super) const NO_NEWLINE: &str = "\\ no newline at end";

/// Lines around a change.
const CONTEXT: usize = 3;

/// After this the diff gets coarser instead of slower.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Writes the hunks; nothing when the texts are equal.
pub(super) fn write(old: &str, new: &str, page: &mut Page) {
    let diff = TextDiff::configure().timeout(TIMEOUT).diff_lines(old, new);
    for ops in diff.grouped_ops(CONTEXT) {
        if ops.is_empty() {
            continue;
        }
        page.painted(Label::Hunk, &UnifiedHunkHeader::new(&ops).to_string());
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
        page.painted(Label::Quiet, NO_NEWLINE);
    }
}

fn painted(change: &InlineChange<'_, str>, style: Style) -> String {
    let (line, word) = match change.tag() {
        ChangeTag::Equal => return equal(change),
        ChangeTag::Delete => (Label::Removed, Label::RemovedWord),
        ChangeTag::Insert => (Label::Added, Label::AddedWord),
    };
    let mut text = style.paint(line, sign(change.tag()));
    for (emphasised, piece) in change.values() {
        let label = if *emphasised { word } else { line };
        text.push_str(&style.paint(label, &visible_line(piece)));
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

/// A line without its line end, control characters visible.
pub(super) fn visible_line(line: &str) -> String {
    visible(line.strip_suffix('\n').unwrap_or(line))
}
