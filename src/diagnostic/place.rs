//! Where a message points: a text with its name, and a byte range in it.

use std::ops::Range;
use std::sync::Arc;

/// A text that was read, with the name shown to the user.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path, as the user would type it.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// Returns a source with this name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: text.into() })
    }
}

/// A byte range in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The text.
    pub source: Arc<Source>,
    /// The byte range; clamped to the text when shown.
    pub span: Range<usize>,
}

impl Place {
    /// Returns the place of a span.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Place {
        Place { source: Arc::clone(source), span }
    }

    /// Returns the text of the span.
    pub fn text(&self) -> &str {
        self.source.text.get(self.span.clone()).unwrap_or_default()
    }

    /// Returns the line and column of its start, both from 1; columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        self.position(self.span.start)
    }

    /// Returns the line and column just after its end, both from 1; columns count characters.
    pub fn end_line_column(&self) -> (usize, usize) {
        self.position(self.span.end.max(self.span.start))
    }

    fn position(&self, at: usize) -> (usize, usize) {
        let at = at.min(self.source.text.len());
        let before = self.source.text.get(..at).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_start_at_one() {
        let source = Source::new("a.toml", "x = 1\nä = 2\n");
        assert_eq!(Place::new(&source, 0..1).to_string(), "a.toml:1:1");
        let equals = source.text.rfind('=').unwrap();
        assert_eq!(Place::new(&source, equals..equals + 1).to_string(), "a.toml:2:3");
    }
}
