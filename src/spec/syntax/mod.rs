//! Explains why a text is not valid TOML, in our own words and with a suggestion. The parser finds the errors; the
//! surrounding statement shows what was meant. A line with several errors is reported once, and a file in another
//! language as a whole. Every suggestion has been parsed.

mod duplicate;
mod header;
mod line;
mod nested;
mod other_format;
mod scalar;
mod statement;
mod statements;
mod value;

#[cfg(test)]
mod tests;

pub use statements::header_after;

use super::plain_secret::suspected;
use crate::diagnostic::{Diagnostic, Place, Problems, Source, redact};
use duplicate::Definitions;
use statements::{Open, Statement, statements};
use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

/// Longer statements are not interpreted (bytes).
const MAX_STATEMENT_BYTES: usize = 400;

/// How many statements are interpreted: only the first ones are shown.
const MAX_STATEMENTS: usize = 100;

/// Returns the problems for these errors of the parser.
pub(super) fn explain(source: &Arc<Source>, errors: &[toml::de::Error]) -> Problems {
    let text = source.text.as_str();
    // Nothing but the lines is known of this text, and a snippet shows whole lines.
    let hidden = suspected(text);
    // The errors of values come after those of keys.
    let mut errors: Vec<&toml::de::Error> = errors.iter().collect();
    errors.sort_by_key(|error| start(error));
    let statements = statements(text);
    let explaining = Explaining {
        source,
        text,
        errors: &errors,
        hidden: &hidden,
        statements,
        definitions: OnceCell::new(),
    };
    let mut problems = explaining.all();
    let hidden: Vec<Place> = hidden.into_iter().map(|span| Place::new(source, span)).collect();
    redact(&mut problems, &hidden);
    problems
}

struct Explaining<'a> {
    source: &'a Arc<Source>,
    text: &'a str,
    errors: &'a [&'a toml::de::Error],
    hidden: &'a [Range<usize>],
    statements: Vec<Statement>,
    /// Collected if there is a duplicate.
    definitions: OnceCell<Definitions>,
}

impl Explaining<'_> {
    fn all(&self) -> Problems {
        let whole = self.line_ends().or_else(|| self.conflict());
        if let Some(whole) = whole.or_else(|| self.other_format()) {
            return vec![whole];
        }
        let mut problems = Problems::new();
        let mut rest = self.errors.iter().copied().peekable();
        for statement in &self.statements {
            // Text before the statement belongs to none: a comment with a control character.
            while let Some(error) = rest.next_if(|error| start(error) < statement.span.start) {
                problems.push(self.plain(error));
            }
            let inside = |error: &&toml::de::Error| start(error) <= statement.span.end;
            let mut own = Vec::new();
            while let Some(error) = rest.next_if(inside) {
                own.push(error);
            }
            let opens = statement.open.filter(|open| {
                let later = |error: &toml::de::Error| start(error) >= at(open);
                own.iter().any(|error| later(error))
                    || rest.peek().is_some_and(|error| later(error))
            });
            if let Some(open) = opens {
                problems.push(self.open(statement, &open));
                if swallows(&open) {
                    return problems;
                }
            } else if let Some(first) = own.first() {
                match problems.len() < MAX_STATEMENTS {
                    true => problems.extend(self.statement(statement, first, &own)),
                    false => problems.push(self.plain(first)),
                }
            }
        }
        problems.extend(rest.map(|error| self.plain(error)));
        problems
    }

    /// Reports carriage returns as line ends: the whole text would be one line.
    fn line_ends(&self) -> Option<Diagnostic> {
        let bytes = self.text.as_bytes();
        let lone = |at: &usize| bytes.get(*at) == Some(&b'\r') && bytes.get(at + 1) != Some(&b'\n');
        let at = (0..bytes.len()).find(lone)?;
        let message = "a lone carriage return (U+000D): this file has old Mac line endings";
        let help = format!(
            "save it with Unix line endings (LF), or run `tr '\\r' '\\n' <{0} >{0}.new`",
            self.source.name
        );
        Some(self.problem(at..at + 1, message).help(help))
    }

    /// Reports merge conflict markers.
    fn conflict(&self) -> Option<Diagnostic> {
        let line = |one: &&Statement| {
            self.text.get(one.span.clone()).is_some_and(|line| line.starts_with("<<<<<<< "))
        };
        let span = self.statements.iter().find(line)?.span.clone();
        let help =
            "keep one of the two sides, and remove the lines `<<<<<<<`, `=======` and `>>>>>>>`";
        Some(self.problem(span, "a Git merge conflict is not resolved here").help(help))
    }

    fn other_format(&self) -> Option<Diagnostic> {
        let found = other_format::find(self.text, &self.statements)?;
        let message = format!("this looks like {}, and a spec is TOML", found.what);
        Some(self.problem(found.span, message).help(found.help))
    }

    fn repeated(&self, statement: &Statement, at: usize) -> Option<Diagnostic> {
        let read = || Definitions::read(self.text, &self.statements);
        let found = self.definitions.get_or_init(read).repeated(self.text, statement, at)?;
        let ends_key = |c: char| !(c.is_ascii_alphanumeric() || "_-.\"'".contains(c));
        let rest = self.text.get(at..)?;
        let end = at + rest.find(ends_key).unwrap_or(rest.len());
        let first = Place::new(self.source, found.first);
        Some(self.problem(at..end, found.message).see(&first, found.label).help(found.help))
    }

    /// Reports an error in the parser's words, if there are none of our own.
    fn plain(&self, error: &toml::de::Error) -> Diagnostic {
        let span = error.span().or_else(|| deepest_key(self.text)).unwrap_or(0..0);
        let message = format!("this is not TOML: {}", error.message());
        self.problem(span, message)
            .help("a line is `[section]`, `key = \"value\"`, or a comment after `#`")
    }

    fn may_show(&self, span: &Range<usize>) -> bool {
        !self.hidden.iter().any(|one| one.start < span.end && span.start < one.end)
    }

    fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error("spec/syntax", message).at(&Place::new(self.source, span))
    }
}

fn start(error: &toml::de::Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

fn at(open: &Open) -> usize {
    match open {
        Open::Text { at, .. } | Open::Bracket { at, .. } => *at,
    }
}

/// Whether the parser reads the following text as part of it.
fn swallows(open: &Open) -> bool {
    !matches!(open, Open::Text { quote, .. } if quote.len() == 1)
}

/// Whether it is about something already reported.
fn is_repeated(error: &toml::de::Error) -> bool {
    let message = error.message();
    message.starts_with("duplicate key") || message.starts_with("cannot extend")
}

/// Returns the start of the first key with more parts than the parser allows: the only error without a position
/// (toml_parser `RecursionGuard`, 80).
fn deepest_key(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.matches('.').count() > 80 {
            return Some(at..at + 1);
        }
        at += line.len();
    }
    None
}
