//! Strings of a manifest that are executed: templates and expressions. Each knows its place, so that an error inside it
//! points into the file, even across TOML's escapes and line joins.

use super::syntax::{Reads, reads, reads_of_template};
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::filter::{TemplateFailure, inside_braces, parse, single_of};
use crate::spec::node::Node;
use std::ops::Range;

/// A bare expression, as in `when`, `for_each`, `if` and `[derive]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// As written.
    pub text: String,
    /// The place of the string in the manifest.
    pub place: Place,
    /// The names that it reads.
    pub(super) reads: Reads,
}

/// A string that may contain `{{ }}`, as everywhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// As written.
    pub text: String,
    /// The place of the string in the manifest.
    pub place: Place,
    /// How it is executed.
    pub form: TextForm,
    /// The names that it reads.
    pub(super) reads: Reads,
}

/// How a string is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextForm {
    /// Not at all: it contains nothing to render.
    Literal,
    /// As a single expression whose value keeps its type; the expression starts at this byte.
    Single(usize),
    /// As a template that renders to text.
    Template,
}

impl Expression {
    /// Reads the expression in a string; one that does not parse is a problem.
    pub fn read(node: &Node) -> Result<Expression, Problems> {
        let Some(text) = node.as_str() else {
            let message = format!("an expression must be a string, not {}", node.value.type_name());
            return Err(vec![Diagnostic::error("module/expression", message).at(&node.place)]);
        };
        let tree = parse::expression(text);
        let tree = tree.map_err(|error| vec![failed(&error, &node.place, text, 0)])?;
        Ok(Expression { text: text.to_owned(), place: node.place.clone(), reads: reads(&tree) })
    }

    /// A condition that always holds.
    pub fn always(place: &Place) -> Expression {
        Expression { text: "true".to_owned(), place: place.clone(), reads: Reads::new() }
    }

    /// Returns the diagnostic of a failure in the expression.
    pub fn failed(&self, failure: &TemplateFailure) -> Diagnostic {
        failed(failure, &self.place, &self.text, 0)
    }
}

impl Text {
    /// Reads the template in a string; one that does not parse is a problem.
    pub fn read(text: &str, place: &Place) -> Result<Text, Problems> {
        let (form, reads) = match ["{{", "{%", "{#"].iter().any(|open| text.contains(open)) {
            false => (TextForm::Literal, Reads::new()),
            true => {
                let tree = parse::template(text);
                let tree = tree.map_err(|error| vec![failed(&error, place, text, 0)])?;
                let single = single_of(&tree, text).map(|(at, _)| TextForm::Single(at));
                (single.unwrap_or(TextForm::Template), reads_of_template(&tree))
            }
        };
        Ok(Text { text: text.to_owned(), place: place.clone(), form, reads })
    }

    /// Returns the expression, if the text is a single one.
    pub fn expression(&self) -> Option<&str> {
        match self.form {
            TextForm::Single(_) => inside_braces(&self.text).map(|(_, expression)| expression),
            _ => None,
        }
    }

    /// Returns the diagnostic of a failure in the text.
    pub fn failed(&self, failure: &TemplateFailure) -> Diagnostic {
        failed(failure, &self.place, &self.text, 0)
    }
}

/// The diagnostic of a failure in `text`, which begins at byte `offset` of the string at `place`.
pub(super) fn failed(
    failure: &TemplateFailure,
    place: &Place,
    text: &str,
    offset: usize,
) -> Diagnostic {
    let range = failure.range.clone().map(|range| range.start + offset..range.end + offset);
    let place = range.map_or_else(|| place.clone(), |range| inside(place, text, range));
    Diagnostic::error("module/expression", failure.message.clone()).at(&place)
}

/// The place of a range of a string's value. A place that is a whole file maps to itself; in a TOML string, quotes,
/// escapes and joined lines are skipped.
pub(super) fn inside(place: &Place, text: &str, range: Range<usize>) -> Place {
    let raw = place.text();
    let starts = if raw == text { None } else { offsets(raw, text) };
    let at = |index: usize| match &starts {
        Some(starts) => starts.get(index).copied().unwrap_or(raw.len()),
        None => index,
    };
    if raw != text && starts.is_none() {
        return place.clone();
    }
    let (start, end) = (at(range.start), at(range.end.max(range.start)));
    Place::new(&place.source, place.span.start + start..place.span.start + end.max(start))
}

/// The offset in the literal of every byte of a TOML string's value; none if the literal does not spell the value
/// (which would be a bug, so the whole string is shown).
fn offsets(raw: &str, value: &str) -> Option<Vec<usize>> {
    let (open, literal) = quotes(raw)?;
    let body = raw.get(open..raw.len().checked_sub(open)?)?;
    let trimmed = match body.strip_prefix("\r\n").or_else(|| body.strip_prefix('\n')) {
        Some(trimmed) if open == 3 => trimmed,
        _ => body,
    };
    let at = open + body.len() - trimmed.len();
    let mut walk = LiteralWalk { rest: trimmed, at, starts: Vec::new() };
    let mut spelt = String::new();
    while !walk.rest.is_empty() {
        spelt.extend(walk.step(literal)?);
    }
    walk.starts.push(walk.at);
    (spelt == value).then_some(walk.starts)
}

/// The length of the quotes, and whether escapes are disabled.
fn quotes(raw: &str) -> Option<(usize, bool)> {
    match raw.get(..3) {
        Some("\"\"\"") if raw.len() >= 6 => Some((3, false)),
        Some("'''") if raw.len() >= 6 => Some((3, true)),
        _ if raw.starts_with('"') => Some((1, false)),
        _ if raw.starts_with('\'') => Some((1, true)),
        _ => None,
    }
}

struct LiteralWalk<'a> {
    rest: &'a str,
    at: usize,
    starts: Vec<usize>,
}

impl LiteralWalk<'_> {
    /// The next character, or nothing where lines are joined; none for invalid TOML.
    fn step(&mut self, literal: bool) -> Option<Option<char>> {
        let c = self.rest.chars().next()?;
        if c != '\\' || literal {
            return self.take(c, c.len_utf8());
        }
        let escape = self.rest.get(1..)?.chars().next()?;
        match escape {
            'b' => self.take('\u{8}', 2),
            't' => self.take('\t', 2),
            'n' => self.take('\n', 2),
            'f' => self.take('\u{c}', 2),
            'r' => self.take('\r', 2),
            'e' => self.take('\u{1b}', 2),
            '"' | '\\' => self.take(escape, 2),
            'x' => self.code(2),
            'u' => self.code(4),
            'U' => self.code(8),
            _ => self.join(),
        }
    }

    /// `\u00e4`.
    fn code(&mut self, digits: usize) -> Option<Option<char>> {
        let code = u32::from_str_radix(self.rest.get(2..2 + digits)?, 16).ok()?;
        self.take(char::from_u32(code)?, 2 + digits)
    }

    /// A backslash at the end of a line: skips to the next word.
    fn join(&mut self) -> Option<Option<char>> {
        let after = self.rest.get(1..)?.trim_start();
        self.at += self.rest.len() - after.len();
        self.rest = after;
        Some(None)
    }

    fn take(&mut self, c: char, raw: usize) -> Option<Option<char>> {
        self.starts.extend(std::iter::repeat_n(self.at, c.len_utf8()));
        self.at += raw;
        self.rest = self.rest.get(raw..)?;
        Some(Some(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::spec::node::parse;

    fn place_of(toml: &str, needle: &str) -> String {
        let source = Source::new("m.toml", toml);
        let root = parse(&source).unwrap();
        let node = &root.as_table().unwrap()["x"].node;
        let text = node.as_str().unwrap();
        let at = text.find(needle).unwrap();
        let place = inside(&node.place, text, at..at + needle.len());
        assert_eq!(&source.text[place.span.clone()], needle);
        place.to_string()
    }

    #[test]
    fn points_into_strings_of_all_four_kinds() {
        assert_eq!(place_of("x = \"a\\n\\u00e4b zed\"\n", "zed"), "m.toml:1:17");
        assert_eq!(place_of("x = 'a\\n zed'\n", "zed"), "m.toml:1:10");
        assert_eq!(place_of("x = \"\"\"\na \\\n   b\nzed\"\"\"\n", "zed"), "m.toml:4:1");
        assert_eq!(place_of("x = '''\nä\n zed'''\n", "zed"), "m.toml:3:2");
    }

    #[test]
    fn distinguishes_single_expressions_from_templates() {
        let source = Source::new("m.toml", "");
        let form = |text: &str| Text::read(text, &Place::new(&source, 0..0)).unwrap().form;
        assert_eq!(form("plain"), TextForm::Literal);
        assert_eq!(form("{{ a or b }}"), TextForm::Single(3));
        assert_eq!(form("{{ a }}\n"), TextForm::Template);
        assert_eq!(form("{{ a }}{{ b }}"), TextForm::Template);
    }

    #[test]
    fn a_template_that_does_not_parse_is_shown_in_its_string() {
        let source = Source::new("m.toml", "x = \"a\\\"b {{ c d }}\"\n");
        let root = parse(&source).unwrap();
        let node = &root.as_table().unwrap()["x"].node;
        let problems = Text::read(node.as_str().unwrap(), &node.place).unwrap_err();
        insta::assert_snapshot!(problems[0].render(false));
    }
}
