//! Text that grows line by line, indented in steps of two columns. Callers hand in text that is
//! visible already; `prose` and `field` make it so themselves.

use super::style::{Label, Style};
use super::words::{one_line, wrapped};

/// A text being written.
pub(super) struct Page {
    text: String,
    style: Style,
    depth: usize,
    step: usize,
}

impl Page {
    /// An empty page.
    pub(super) fn new(style: Style) -> Page {
        Page { text: String::new(), style, depth: 0, step: 1 }
    }

    /// An empty page on which nothing is indented: so a forge sees which lines of it are a diff.
    pub(super) fn flat(style: Style) -> Page {
        Page { step: 0, ..Page::new(style) }
    }

    /// How it is painted.
    pub(super) fn style(&self) -> Style {
        self.style
    }

    /// One line, as it is.
    pub(super) fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', self.depth * 2));
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// One painted line.
    pub(super) fn painted(&mut self, label: Label, line: &str) {
        let line = self.style.paint(label, &one_line(line));
        self.line(&line);
    }

    /// A sentence, broken to the width; further lines stand two columns in.
    pub(super) fn prose(&mut self, label: Option<Label>, sentence: &str) {
        let width = self.style.width.saturating_sub(self.depth * 2 + 2).max(20);
        for (number, line) in wrapped(&one_line(sentence), width).iter().enumerate() {
            let indent = if number == 0 { "" } else { "  " };
            let line = label.map_or_else(|| line.clone(), |label| self.style.paint(label, line));
            self.line(&format!("{indent}{line}"));
        }
    }

    /// `name: value`; the value is visible already.
    pub(super) fn field(&mut self, name: &str, value: &str) {
        self.line(&format!("{}: {value}", one_line(name)));
    }

    /// Writes what `write` writes one step further in.
    pub(super) fn inside(&mut self, write: impl FnOnce(&mut Page)) {
        self.depth += self.step;
        write(self);
        self.depth -= self.step;
    }

    /// An empty line, unless the page is empty.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}
