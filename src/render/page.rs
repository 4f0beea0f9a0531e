//! Text that grows line by line, indented in steps of two columns. Callers pass in text without control characters;
//! `prose` and `field` replace them.

use super::phrases::{one_line, wrapped};
use super::style::{Style, TextRole};

/// A text being written.
pub(super) struct Page {
    text: String,
    style: Style,
    depth: usize,
    step: usize,
}

impl Page {
    /// Creates an empty page.
    pub(super) fn new(style: Style) -> Page {
        Page { text: String::new(), style, depth: 0, step: 1 }
    }

    /// Creates an empty page without indentation, so that a forge recognizes the lines of a diff.
    pub(super) fn flat(style: Style) -> Page {
        Page { step: 0, ..Page::new(style) }
    }

    /// Returns the style.
    pub(super) fn style(&self) -> Style {
        self.style
    }

    /// Adds a line as it is.
    pub(super) fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', self.depth * 2));
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a painted line.
    pub(super) fn painted(&mut self, role: TextRole, line: &str) {
        let line = self.style.paint(role, &one_line(line));
        self.line(&line);
    }

    /// Adds a sentence, wrapped to the width; further lines are indented by two columns.
    pub(super) fn prose(&mut self, role: Option<TextRole>, sentence: &str) {
        let width = self.style.width.saturating_sub(self.depth * 2 + 2).max(20);
        for (number, line) in wrapped(&one_line(sentence), width).iter().enumerate() {
            let indent = if number == 0 { "" } else { "  " };
            let line = role.map_or_else(|| line.clone(), |role| self.style.paint(role, line));
            self.line(&format!("{indent}{line}"));
        }
    }

    /// Adds `name: value`; the value must not contain control characters.
    pub(super) fn field(&mut self, name: &str, value: &str) {
        self.line(&format!("{}: {value}", one_line(name)));
    }

    /// Indents everything that `write` writes.
    pub(super) fn inside(&mut self, write: impl FnOnce(&mut Page)) {
        self.depth += self.step;
        write(self);
        self.depth -= self.step;
    }

    /// Adds an empty line, unless the page is empty.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Returns the text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}
