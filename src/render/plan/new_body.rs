//! The content of a file that comes anew: its first lines, or one line about what is no text.

use super::hunks;
use crate::render::page::Page;
use crate::render::style::Label;
use crate::render::words::{counted, one_line, short};
use crate::secret::Content;

/// Lines that are shown, unless all are asked for.
const LINES: usize = 24;

/// Writes the content.
pub(super) fn write(attribute: &str, wanted: &Content, page: &mut Page) {
    match wanted.masked_text() {
        Some(text) if text.is_empty() => page.field(attribute, "empty"),
        Some(text) if wanted.is_only_secret() => page.field(attribute, &one_line(text.trim_end())),
        Some(text) => {
            page.line(&format!("{attribute}:"));
            page.inside(|page| write_lines(&text, page));
        }
        None if wanted.has_secrets() => page.field(attribute, "[not text, holds a secret]"),
        None => {
            // No secret in it: masked, it is the whole content.
            let size = counted(wanted.masked().len(), "byte");
            let digest = short(&wanted.digest());
            page.field(attribute, &format!("{size}, not text (sha256 {digest})"));
        }
    }
}

fn write_lines(text: &str, page: &mut Page) {
    let style = page.style();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    // One line over the limit is shown rather than announced.
    let whole = style.full || lines.len() <= LINES + 1;
    let shown = if whole { lines.len() } else { LINES };
    for line in lines.iter().take(shown) {
        let line = hunks::visible_line(line);
        page.line(&style.paint(Label::Added, &format!("+{line}")));
    }
    if shown < lines.len() {
        page.painted(Label::Quiet, &format!("… {} more lines", lines.len() - shown));
    } else if !text.ends_with('\n') {
        page.painted(Label::Quiet, hunks::NO_NEWLINE);
    }
}
