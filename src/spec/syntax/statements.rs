//! The statements of a text that need not be valid TOML: headers, pairs and the rest, as a person reads them. An
//! unclosed bracket or quote ends where the next statement begins.

use std::ops::Range;

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    /// From its first character to its last; may span lines.
    pub(super) span: Range<usize>,
    /// Its probable type.
    pub(super) kind: StatementKind,
    /// An unclosed quote or bracket in it.
    pub(super) open: Option<Open>,
}

/// The probable type of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StatementKind {
    /// `[name]`, `[[name]]`, or text that begins like one.
    Header,
    /// `key = value`.
    Pair {
        /// The text before the `=`.
        key: Range<usize>,
        /// The text after it, without a comment.
        value: Range<usize>,
    },
    /// Anything else.
    Other,
}

/// An unclosed delimiter, and its position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Open {
    /// A string on one line, or in triple quotes.
    Text { at: usize, quote: &'static str },
    /// `[` or `{`.
    Bracket { at: usize, bracket: char },
}

/// White space between words: any other Unicode white space is a mistake.
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// Returns all statements of a text, without blank lines and comments.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let line = first_line(rest);
        let start = at + (line.len() - line.trim_start_matches(BLANK).len());
        let next = at + line.len() + 1;
        let trimmed = line.trim_matches(BLANK);
        if trimmed.is_empty() || trimmed.starts_with('#') {
            at = next;
            continue;
        }
        let whole = start..start + trimmed.len();
        let statement = match equals(line).filter(|_| !trimmed.starts_with('[')) {
            _ if trimmed.starts_with('[') => {
                Statement { span: whole, kind: StatementKind::Header, open: None }
            }
            Some(equals) => pair(text, start, at + equals),
            None => Statement { span: whole, kind: StatementKind::Other, open: None },
        };
        let end = statement.span.end.max(start);
        at = text.get(end..).map_or(text.len(), |rest| end + first_line(rest).len() + 1);
        found.push(statement);
    }
    found
}

/// Returns the first header after this position.
pub fn header_after(text: &str, at: usize) -> Option<Range<usize>> {
    let headers = statements(text).into_iter().filter(|one| one.kind == StatementKind::Header);
    let mut spans = headers.map(|one| one.span);
    let span = spans.find(|span| span.start > at || (at == 0 && span.start == 0))?;
    let line = text.get(span.clone())?.split('#').next()?.trim_end();
    Some(span.start..span.start + line.len())
}

/// Returns the text up to the end of the line.
pub(super) fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

/// Returns the first `=` in a line outside quotes.
fn equals(line: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '=') => return Some(at),
            (None, '#') => return None,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

fn pair(text: &str, start: usize, equals: usize) -> Statement {
    let (end, code_end, open) =
        ValueText { text, brackets: Vec::new(), begins: true }.read(equals + 1);
    let trim = |range: Range<usize>| {
        let inside = text.get(range.clone()).unwrap_or_default();
        let from = range.start + (inside.len() - inside.trim_start_matches(BLANK).len());
        from.min(range.end)..(from + inside.trim_matches(BLANK).len()).min(range.end)
    };
    let kind = StatementKind::Pair { key: trim(start..equals), value: trim(equals + 1..code_end) };
    Statement { span: start..end.max(equals + 1), kind, open }
}

struct ValueText<'a> {
    text: &'a str,
    brackets: Vec<(char, usize)>,
    /// Whether a value may begin here: quotes inside a word have no meaning.
    begins: bool,
}

impl ValueText<'_> {
    /// Returns the end of the value, the end without a comment, and anything unclosed.
    fn read(mut self, from: usize) -> (usize, usize, Option<Open>) {
        let (mut at, mut code) = (from, from);
        while let Some(c) = self.rest(at).chars().next() {
            match c {
                '\n' if self.brackets.is_empty() => return (at, code, None),
                '\n' if self.is_next_statement(at + 1) => return (at, code, self.innermost()),
                '#' if self.begins
                    || self.before(at).ends_with([' ', '\t', ']', '}', '"', '\'']) =>
                {
                    at += first_line(self.rest(at)).len();
                    continue;
                }
                '"' | '\'' if self.begins => match self.quoted(at) {
                    Ok(end) => {
                        (at, code) = (end, end);
                        self.begins = false;
                        continue;
                    }
                    Err((end, open)) => return (end, end, Some(open)),
                },
                '[' | '{' => self.brackets.push((c, at)),
                ']' | '}' => drop(self.brackets.pop()),
                _ => {}
            }
            at += c.len_utf8();
            if !BLANK.contains(&c) {
                code = at;
                self.begins = "=[{,:".contains(c);
            }
        }
        (self.text.len(), code, self.innermost())
    }

    fn rest(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or_default()
    }

    fn before(&self, at: usize) -> &str {
        self.text.get(..at).unwrap_or_default()
    }

    fn innermost(&self) -> Option<Open> {
        let (bracket, at) = *self.brackets.last()?;
        Some(Open::Bracket { at, bracket })
    }

    /// Returns the end of the string that begins here.
    fn quoted(&self, at: usize) -> Result<usize, (usize, Open)> {
        let rest = self.rest(at);
        for quote in ["\"\"\"", "'''"] {
            if let Some(inside) = rest.strip_prefix(quote) {
                let end = inside.find(quote).map(|end| at + 2 * quote.len() + end);
                let open = || (self.text.len(), Open::Text { at, quote });
                return end.ok_or_else(open);
            }
        }
        let quote = if rest.starts_with('"') { "\"" } else { "'" };
        let mut escaped = false;
        for (offset, c) in rest.char_indices().skip(1) {
            match c {
                '\n' => return Err((at + offset, Open::Text { at, quote })),
                _ if escaped => escaped = false,
                '\\' if quote == "\"" => escaped = true,
                c if quote.starts_with(c) => return Ok(at + offset + 1),
                _ => {}
            }
        }
        Err((self.text.len(), Open::Text { at, quote }))
    }

    /// Whether the line cannot be part of the brackets' contents.
    fn is_next_statement(&self, at: usize) -> bool {
        let line = first_line(self.rest(at)).trim();
        let in_list = self.brackets.last().is_some_and(|(bracket, _)| *bracket == '[');
        is_header(line) || (in_list && starts_pair(line))
    }
}

/// Whether it is `[name]` or `[[name]]`, with a name that cannot be a value in a list.
fn is_header(line: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default().trim();
    let inside = code.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let Some(name) = inside else { return false };
    let name = name.trim_start_matches('[').trim_end_matches(']').trim();
    let is_key_char = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(is_key_char)
        && !["true", "false", "inf", "nan"].contains(&name)
}

/// Whether it starts with `key = `.
fn starts_pair(line: &str) -> bool {
    let is_key_char = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let rest = line.trim_start_matches(is_key_char);
    rest.len() < line.len() && rest.trim_start().starts_with('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let kind = |one: &Statement| match &one.kind {
            StatementKind::Header => format!("header {}", &text[one.span.clone()]),
            StatementKind::Pair { key, value } => {
                format!("{} -> {}", &text[key.clone()], &text[value.clone()])
            }
            StatementKind::Other => format!("other {}", &text[one.span.clone()]),
        };
        let all = statements(text);
        all.iter().map(|one| kind(one) + if one.open.is_some() { " (open)" } else { "" }).collect()
    }

    #[test]
    fn statements_are_distinguished() {
        assert_eq!(
            shown("# c\n[a] # x\nb = 1 # c\n  c = \"#=\"\nd: e\n"),
            ["header [a] # x", "b -> 1", "c -> \"#=\"", "other d: e"]
        );
        assert_eq!(
            shown("a = [\n 1, # x\n [2],\n]\nb = 2\n"),
            ["a -> [\n 1, # x\n [2],\n]", "b -> 2"]
        );
        assert_eq!(shown("a = {\n b = 1,\n}\n"), ["a -> {\n b = 1,\n}"]);
        assert_eq!(shown("a = \"\"\"\n[b]\n\"\"\"\n"), ["a -> \"\"\"\n[b]\n\"\"\""]);
    }

    #[test]
    fn an_unclosed_value_ends_at_the_next_statement() {
        assert_eq!(
            shown("a = [1,\n2\n[b]\nc = 1\n"),
            ["a -> [1,\n2 (open)", "header [b]", "c -> 1"]
        );
        assert_eq!(shown("a = [1\nc = 1\n"), ["a -> [1 (open)", "c -> 1"]);
        assert_eq!(
            shown("a = { x = 1\nc = 1\n[d]\n"),
            ["a -> { x = 1\nc = 1 (open)", "header [d]"]
        );
        assert_eq!(shown("a = \"x\nb = 'y\n"), ["a -> \"x (open)", "b -> 'y (open)"]);
        assert_eq!(shown("a = \"\"\"x\nb = 1"), ["a -> \"\"\"x\nb = 1 (open)"]);
        assert_eq!(shown("a = it's\nb"), ["a -> it's", "other b"]);
    }
}
