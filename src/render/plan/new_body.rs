//! The content of a file that is added or removed: its first lines, or one line about content that is not text.

use super::hunks;
use crate::diagnostic::counted;
use crate::plan::shown::ShownValue;
use crate::render::page::Page;
use crate::render::phrases::{one_line, short};
use crate::render::style::TextRole;

/// The number of lines shown, unless all are requested.
const LINES: usize = 24;

/// Whether lines are added or removed.
#[derive(Clone, Copy)]
pub(super) enum Sign {
    /// They are added.
    Added,
    /// They are removed.
    Removed,
}

/// Writes content that is added.
pub(super) fn write(attribute: &str, to: &ShownValue, page: &mut Page) {
    match to {
        ShownValue::Content { content } if content.is_empty() => page.field(attribute, "empty"),
        ShownValue::Content { content } if to.is_only_secret() => {
            page.field(attribute, &one_line(content.trim_end()));
        }
        ShownValue::Content { content } => {
            page.line(&format!("{attribute}:"));
            page.inside(|page| write_lines(content, Sign::Added, page));
        }
        ShownValue::Digest { sha256, size } => {
            let size = counted(usize::try_from(*size).unwrap_or(usize::MAX), "byte");
            page.field(attribute, &format!("{size}, not text (sha256 {})", short(sha256)));
        }
        _ => page.field(attribute, "[not text, contains a secret]"),
    }
}

/// Writes content as lines of a diff.
pub(super) fn write_lines(text: &str, sign: Sign, page: &mut Page) {
    let style = page.style();
    let (role, sign) = match sign {
        Sign::Added => (TextRole::Added, '+'),
        Sign::Removed => (TextRole::Removed, '-'),
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    // A single line over the limit is shown rather than announced.
    let whole = style.full || lines.len() <= LINES + 1;
    let shown = if whole { lines.len() } else { LINES };
    for line in lines.iter().take(shown) {
        let line = hunks::visible_line(line);
        page.line(&style.paint(role, &format!("{sign}{line}")));
    }
    if shown < lines.len() {
        page.painted(TextRole::Quiet, &format!("… {} more lines", lines.len() - shown));
    } else if !text.ends_with('\n') {
        page.painted(TextRole::Quiet, hunks::NO_NEWLINE);
    }
}
