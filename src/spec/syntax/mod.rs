//! Why a text is no TOML, in words of our own and with what to write. The parser finds the errors; what was
//! meant is told from the statements that they stand in. A line with several errors is told once, and a file
//! of another language as a whole. What is proposed has been parsed.

mod duplicate;
mod header;
mod line;
mod nested;
mod other_format;
mod statements;
mod value;

#[cfg(test)]
mod tests;

pub use statements::header_after;

use super::plain_secret::suspected;
use crate::diagnostic::{Diagnostic, Place, Problems, Source, conceal};
use duplicate::Definitions;
use statements::{Kind, Open, Statement, statements};
use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;
use value::Meant;

/// Statements longer than this are not read for what they were meant for (bytes).
const LONG: usize = 400;

/// This many statements are read so: the first ones alone are shown.
const MANY: usize = 100;

/// The problems of a text that the parser refuses with these errors.
pub(super) fn explain(source: &Arc<Source>, errors: &[toml::de::Error]) -> Problems {
    let text = source.text.as_str();
    // Nothing is known of the text but its lines, and a snippet shows whole ones.
    let hidden = suspected(text);
    // Those of values come after those of keys.
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
    conceal(&mut problems, &hidden);
    problems
}

struct Explaining<'a> {
    source: &'a Arc<Source>,
    text: &'a str,
    errors: &'a [&'a toml::de::Error],
    hidden: &'a [Range<usize>],
    statements: Vec<Statement>,
    /// Read when something stands twice.
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
            // What stands before it is in no statement: a comment with a control character.
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
                match problems.len() < MANY {
                    true => problems.extend(self.statement(statement, first, &own)),
                    false => problems.push(self.plain(first)),
                }
            }
        }
        problems.extend(rest.map(|error| self.plain(error)));
        problems
    }

    /// Line ends of old systems: the whole text is one line then.
    fn line_ends(&self) -> Option<Diagnostic> {
        let bytes = self.text.as_bytes();
        let lone = |at: &usize| bytes.get(*at) == Some(&b'\r') && bytes.get(at + 1) != Some(&b'\n');
        let at = (0..bytes.len()).find(lone)?;
        let message = "a lone carriage return (U+000D): this file has line endings of an old Mac";
        let help = format!(
            "save it with Unix line endings (LF), or run `tr '\\r' '\\n' <{0} >{0}.new`",
            self.source.name
        );
        Some(self.problem(at..at + 1, message).help(help))
    }

    /// What a merge leaves behind.
    fn conflict(&self) -> Option<Diagnostic> {
        let line = |one: &&Statement| {
            self.text.get(one.span.clone()).is_some_and(|line| line.starts_with("<<<<<<< "))
        };
        let span = self.statements.iter().find(line)?.span.clone();
        let help =
            "keep one of the two sides, and remove the lines `<<<<<<<`, `=======` and `>>>>>>>`";
        Some(self.problem(span, "a merge conflict of Git is not resolved here").help(help))
    }

    fn other_format(&self) -> Option<Diagnostic> {
        let found = other_format::find(self.text, &self.statements)?;
        let message = format!("this looks like {}, and a spec is TOML", found.what);
        Some(self.problem(found.span, message).help(found.help))
    }

    /// What begins in a statement and never ends.
    fn open(&self, statement: &Statement, open: &Open) -> Diagnostic {
        let (span, message, help) = match open {
            Open::Text { at, quote } if quote.len() > 1 => {
                let message =
                    format!("this string is never closed: `{quote}` is missing at its end");
                (*at..at + quote.len(), message, format!("write `{quote}` after its last line"))
            }
            Open::Text { at, quote } => {
                let message =
                    format!("this string is never closed: `{quote}` is missing at its end");
                let rest = statements::first_line(self.text.get(*at..).unwrap_or_default());
                let rest = rest.trim_end_matches('\r');
                let write = self.closed(statement, *at, rest, quote);
                let help = write.unwrap_or_else(|| format!("write `{quote}` at its end"));
                (*at..at + 1, message, help)
            }
            Open::Bracket { at, bracket } => {
                let close = if *bracket == '[' { ']' } else { '}' };
                let message = format!("this `{bracket}` is never closed");
                let end = self.text.get(..statement.span.end).unwrap_or_default().trim_end();
                let line = end.matches('\n').count() + 1;
                (*at..at + 1, message, format!("write `{close}` at the end of line {line}"))
            }
        };
        self.problem(span, message).help(help)
    }

    /// The line with its text closed.
    fn closed(&self, statement: &Statement, at: usize, rest: &str, quote: &str) -> Option<String> {
        let before = self.text.get(statement.span.start..at)?;
        let inside = rest.get(quote.len()..)?;
        let last = |c: char| "]},; \t".contains(c) && before.contains(['[', '{']);
        let text = inside.trim_end_matches(last).trim_end();
        let tail = inside.get(text.len()..)?.trim_end_matches(';');
        let line = format!("{before}{quote}{text}{quote}{tail}");
        let line = line.trim_end().trim_end_matches(';');
        let fits = line.len() <= LONG && value::is_toml(&format!("{line}\n"));
        (fits && self.may_show(&(at..at + rest.len()))).then(|| format!("write `{line}`"))
    }

    /// A statement that ends, with what it was meant for.
    fn statement(
        &self,
        statement: &Statement,
        first: &toml::de::Error,
        own: &[&toml::de::Error],
    ) -> Problems {
        let line = self.text.get(statement.span.clone()).unwrap_or_default();
        if let Some(control) = self.control(statement) {
            return vec![control];
        }
        let repeated = own.iter().filter(|error| is_repeated(error));
        let repeated: Problems =
            repeated.filter_map(|error| self.repeated(statement, start(error))).collect();
        if !repeated.is_empty() {
            return repeated;
        }
        let right = value::is_toml(&format!("{line}\n"));
        if line.len() > LONG || right {
            return own.iter().map(|error| self.plain(error)).collect();
        }
        vec![match &statement.kind {
            Kind::Header => self.meant(statement.span.clone(), &header::meant(line), None),
            Kind::Other => self.meant(statement.span.clone(), &line::meant(line), None),
            Kind::Pair { key, value } => match self.pair(statement, key, value, first) {
                Some(problem) => problem,
                None => self.plain(first),
            },
        }]
    }

    fn pair(
        &self,
        statement: &Statement,
        key: &Range<usize>,
        value: &Range<usize>,
        first: &toml::de::Error,
    ) -> Option<Diagnostic> {
        let (left, right) = (self.text.get(key.clone())?, self.text.get(value.clone())?);
        // `url: https://a.example/?b=c` has its `=` in the value.
        if let Some((name, _)) = left.split_once(':').filter(|(_, rest)| !rest.trim().is_empty()) {
            let whole = self.text.get(statement.span.clone())?;
            if name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.\"".contains(c)) {
                return Some(self.meant(statement.span.clone(), &line::meant(whole), None));
            }
        }
        let comment = self.text.get(value.end..statement.span.end)?.trim();
        let written = |key: &str, value: &str| match comment.is_empty() || value.contains(" # ") {
            true => format!("{key} = {value}"),
            false => format!("{key} = {value} {comment}"),
        };
        if let Some(wrong) = line::key(left) {
            let meant = Meant {
                write: wrong
                    .write
                    .zip(value::fixed(right))
                    .map(|(key, value)| written(&key, &value)),
                why: wrong.why,
                help: wrong.help,
            };
            return Some(self.meant(self.odd(key), &meant, None));
        }
        if value::is_value(right) {
            return None;
        }
        let meant = value::meant(right);
        let write =
            meant.write.as_ref().filter(|write| value::is_value(write) || write.contains(" # "));
        let write = write.map(|write| written(left, write));
        let spot = match value.is_empty() {
            true => key.clone(),
            // In brackets the parser knows better where it is.
            false if right.starts_with(['[', '{']) && !right.starts_with("{{") => {
                let at = start(first).clamp(value.start, value.end);
                at..at + self.text.get(at..)?.chars().next().map_or(0, char::len_utf8)
            }
            false => self.odd(value),
        };
        Some(self.meant(spot, &Meant { write, ..meant }, Some(value)))
    }

    /// A range from the first character in it that is none of ASCII.
    fn odd(&self, span: &Range<usize>) -> Range<usize> {
        let text = self.text.get(span.clone()).unwrap_or_default();
        let odd = text.char_indices().find(|(_, c)| crate::diagnostic::lookalike(*c).is_some());
        odd.map_or(span.clone(), |(at, c)| span.start + at..span.start + at + c.len_utf8())
    }

    fn meant(&self, span: Range<usize>, meant: &Meant, value: Option<&Range<usize>>) -> Diagnostic {
        let shown = self.may_show(&span) && value.is_none_or(|value| self.may_show(value));
        let span = span.start
            ..span.start + statements::first_line(self.text.get(span).unwrap_or_default()).len();
        let problem = match shown {
            true => self.problem(span, &meant.why),
            false => {
                // The message may quote the value.
                let quoted = value.and_then(|value| self.text.get(value.clone()));
                let safe = quoted.is_some_and(|text| !text.is_empty() && !meant.why.contains(text));
                let why = if safe { meant.why.as_str() } else { "this line is not valid TOML" };
                self.problem(span, why)
            }
        };
        match (&meant.write, meant.help) {
            (Some(write), _) if shown && !write.contains('\n') => {
                problem.help(format!("write `{write}`"))
            }
            (None, help) if !help.is_empty() => problem.help(help),
            _ => problem.help("a line is `[section]`, `key = \"value\"`, or a comment after `#`"),
        }
    }

    /// A character that no TOML has.
    fn control(&self, statement: &Statement) -> Option<Diagnostic> {
        let text = self.text.get(statement.span.clone())?;
        let odd = |c: char| c.is_control() && !"\n\r\t".contains(c);
        let (at, c) = text.char_indices().find(|(_, c)| odd(*c))?;
        let start = statement.span.start + at;
        let name = if c == '\0' { " (NUL)" } else { "" };
        let message =
            format!("the control character U+{:04X}{name} cannot stand in a spec", u32::from(c));
        let help = if c == '\0' {
            "remove it; a file full of them may be UTF-16: save it as UTF-8"
        } else {
            "remove it"
        };
        Some(self.problem(start..start + c.len_utf8(), message).help(help))
    }

    fn repeated(&self, statement: &Statement, at: usize) -> Option<Diagnostic> {
        let read = || Definitions::read(self.text, &self.statements);
        let found = self.definitions.get_or_init(read).repeated(self.text, statement, at)?;
        let word = |c: char| !(c.is_ascii_alphanumeric() || "_-.\"'".contains(c));
        let rest = self.text.get(at..)?;
        let end = at + rest.find(word).unwrap_or(rest.len());
        let first = Place::new(self.source, found.first);
        Some(self.problem(at..end, found.message).see(&first, found.label).help(found.help))
    }

    /// An error in the words of the parser, where there are none of our own.
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

/// Whether the parser reads what follows as a part of it.
fn swallows(open: &Open) -> bool {
    !matches!(open, Open::Text { quote, .. } if quote.len() == 1)
}

/// Whether it is about something that was said before.
fn is_repeated(error: &toml::de::Error) -> bool {
    let message = error.message();
    message.starts_with("duplicate key") || message.starts_with("cannot extend")
}

/// The start of the first key with more parts than the parser takes: the one error that it gives no
/// place for (toml_parser `RecursionGuard`, 80).
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
