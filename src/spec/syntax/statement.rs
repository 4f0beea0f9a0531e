//! One statement that is not valid TOML: what it was meant to be, at its place.

use super::statements::{Open, Statement, StatementKind, first_line};
use super::value::Correction;
use super::{Explaining, MAX_STATEMENT_BYTES, header, is_repeated, line, start, value};
use crate::diagnostic::{Diagnostic, Problems, lookalike};
use std::ops::Range;

impl Explaining<'_> {
    /// Explains an unclosed quote or bracket in a statement.
    pub(super) fn open(&self, statement: &Statement, open: &Open) -> Diagnostic {
        let (span, message, help) = match open {
            Open::Text { at, quote } if quote.len() > 1 => {
                let message =
                    format!("this string is never closed: `{quote}` is missing at its end");
                (*at..at + quote.len(), message, format!("write `{quote}` after its last line"))
            }
            Open::Text { at, quote } => {
                let message =
                    format!("this string is never closed: `{quote}` is missing at its end");
                let rest = first_line(self.text.get(*at..).unwrap_or_default());
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

    /// Returns the line with its text closed.
    fn closed(&self, statement: &Statement, at: usize, rest: &str, quote: &str) -> Option<String> {
        let before = self.text.get(statement.span.start..at)?;
        let inside = rest.get(quote.len()..)?;
        let last = |c: char| "]},; \t".contains(c) && before.contains(['[', '{']);
        let text = inside.trim_end_matches(last).trim_end();
        let tail = inside.get(text.len()..)?.trim_end_matches(';');
        // `"a”`: there is a closing quote, but not a valid one.
        let text =
            text.strip_suffix(|c| lookalike(c).is_some_and(|one| one.is_quote())).unwrap_or(text);
        let line = format!("{before}{quote}{text}{quote}{tail}");
        let line = line.trim_end().trim_end_matches(';');
        let fits = line.len() <= MAX_STATEMENT_BYTES && value::is_toml(&format!("{line}\n"));
        (fits && self.may_show(&(at..at + rest.len()))).then(|| format!("write `{line}`"))
    }

    /// Explains a complete statement.
    pub(super) fn statement(
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
        if line.len() > MAX_STATEMENT_BYTES || right {
            return own.iter().map(|error| self.plain(error)).collect();
        }
        vec![match &statement.kind {
            StatementKind::Header => self.meant(statement.span.clone(), &header::meant(line), None),
            StatementKind::Other => self.meant(statement.span.clone(), &line::meant(line), None),
            StatementKind::Pair { key, value } => match self.pair(statement, key, value, first) {
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
            let meant = Correction {
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
            // Inside brackets the parser's position is more precise.
            false if right.starts_with(['[', '{']) && !right.starts_with("{{") => {
                let at = start(first).clamp(value.start, value.end);
                at..at + self.text.get(at..)?.chars().next().map_or(0, char::len_utf8)
            }
            false => self.odd(value),
        };
        Some(self.meant(spot, &Correction { write, ..meant }, Some(value)))
    }

    /// Shortens a range to start at its first character outside ASCII.
    fn odd(&self, span: &Range<usize>) -> Range<usize> {
        let text = self.text.get(span.clone()).unwrap_or_default();
        let odd = text.char_indices().find(|(_, c)| lookalike(*c).is_some());
        odd.map_or(span.clone(), |(at, c)| span.start + at..span.start + at + c.len_utf8())
    }

    fn meant(
        &self,
        span: Range<usize>,
        meant: &Correction,
        value: Option<&Range<usize>>,
    ) -> Diagnostic {
        let shown = self.may_show(&span) && value.is_none_or(|value| self.may_show(value));
        let span =
            span.start..span.start + first_line(self.text.get(span).unwrap_or_default()).len();
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

    /// Explains a character that TOML does not allow.
    fn control(&self, statement: &Statement) -> Option<Diagnostic> {
        let text = self.text.get(statement.span.clone())?;
        let odd = |c: char| c.is_control() && !"\n\r\t".contains(c);
        let (at, c) = text.char_indices().find(|(_, c)| odd(*c))?;
        let start = statement.span.start + at;
        let name = if c == '\0' { " (NUL)" } else { "" };
        let message =
            format!("the control character U+{:04X}{name} is not allowed in a spec", u32::from(c));
        let help = if c == '\0' {
            "remove it; a file full of them may be UTF-16: save it as UTF-8"
        } else {
            "remove it"
        };
        Some(self.problem(start..start + c.len_utf8(), message).help(help))
    }
}
