//! Duplicate sections and keys: where the first one is, and how to resolve the conflict.

use super::statements::{Statement, StatementKind};
use super::value::is_toml;
use std::ops::Range;
use toml::de::DeTable;

/// A duplicate.
pub(super) struct Duplicate {
    /// The message.
    pub(super) message: String,
    /// The position of the first one.
    pub(super) first: Range<usize>,
    /// The label of the first one.
    pub(super) label: &'static str,
    /// The advice.
    pub(super) help: String,
}

/// A definition: its whole path of keys, how it is written, and the position of its name.
struct Defined {
    path: Vec<String>,
    notation: Notation,
    span: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Notation {
    Section,
    List,
    Key,
}

/// All definitions in a text, in order.
pub(super) struct Definitions(Vec<Defined>);

impl Definitions {
    /// Collects the definitions.
    pub(super) fn read(text: &str, statements: &[Statement]) -> Definitions {
        let mut section = Vec::new();
        let mut all: Vec<Defined> = Vec::new();
        for statement in statements {
            let Some(defined) = defined(text, statement, &section) else { continue };
            if defined.notation != Notation::Key {
                section.clone_from(&defined.path);
            }
            all.push(defined);
        }
        Definitions(all)
    }

    /// Returns what the definition at this position repeats.
    pub(super) fn repeated(
        &self,
        text: &str,
        statement: &Statement,
        at: usize,
    ) -> Option<Duplicate> {
        let number = self.0.partition_point(|defined| defined.span.end <= at);
        let (seen, rest) = self.0.split_at_checked(number)?;
        match rest.first().filter(|defined| defined.span.contains(&at)) {
            Some(second) => clash(second, seen, text),
            None => within(text, statement, at),
        }
    }
}

fn defined(text: &str, statement: &Statement, section: &[String]) -> Option<Defined> {
    match &statement.kind {
        StatementKind::Header => {
            let line = text.get(statement.span.clone())?;
            let open = line.len() - line.trim_start_matches('[').len();
            let end = line.find(']')?;
            let name = line.get(open..end)?;
            let notation = if open > 1 { Notation::List } else { Notation::Section };
            let start = statement.span.start + open;
            Some(Defined { path: path(name)?, notation, span: start..start + name.len() })
        }
        StatementKind::Pair { key, .. } => {
            let mut all = section.to_vec();
            all.extend(path(text.get(key.clone())?)?);
            Some(Defined { path: all, notation: Notation::Key, span: key.clone() })
        }
        StatementKind::Other => None,
    }
}

/// Splits a dotted key.
fn path(name: &str) -> Option<Vec<String>> {
    let is_key_char = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if name.split('.').all(|part| !part.is_empty() && part.chars().all(is_key_char)) {
        return Some(name.split('.').map(str::to_owned).collect());
    }
    let text = format!("{name} = 1\n");
    if name.len() > 200 || !is_toml(&text) {
        return None;
    }
    let mut parts = Vec::new();
    let (table, _) = DeTable::parse_recoverable(&text);
    let mut table = Some(table.into_inner());
    while let Some((key, value)) = table.take().and_then(|table| table.into_iter().next()) {
        parts.push(key.into_inner().to_string());
        table = match value.into_inner() {
            toml::de::DeValue::Table(below) => Some(below),
            _ => None,
        };
    }
    Some(parts)
}

fn clash(second: &Defined, seen: &[Defined], text: &str) -> Option<Duplicate> {
    let same = seen.iter().find(|first| first.path == second.path);
    // `a.b = 1` creates the table `a`; `a = 1` conflicts with `[a.b]`.
    let first = same
        .or_else(|| seen.iter().find(|first| first.path.starts_with(&second.path)))
        .or_else(|| {
            seen.iter().find(|first| {
                second.path.starts_with(&first.path) && first.notation == Notation::Key
            })
        })?;
    let name = second.path.join(".");
    let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    let (message, help) = match (first.notation, second.notation) {
        (Notation::Section, Notation::Section) => (
            format!("section `[{name}]` is defined twice"),
            format!(
                "move its lines to the first `[{name}]`, at line {}, and remove this header",
                line(first.span.start)
            ),
        ),
        (Notation::List, Notation::Section) => (
            format!("`[{name}]` is a single section, but `[[{name}]]` above made it a list"),
            format!("write `[[{name}]]` to add another entry"),
        ),
        (Notation::Section, Notation::List) => (
            format!("`[[{name}]]` is an entry of a list, but `[{name}]` above is a single section"),
            format!(
                "write `[[{name}]]` at line {} as well if there can be several; otherwise remove one of the two",
                line(first.span.start)
            ),
        ),
        (Notation::Key, Notation::Key) if same.is_some() => (
            format!("`{}` is set twice", text.get(second.span.clone())?.trim()),
            format!("remove this line or line {}", line(first.span.start)),
        ),
        _ => (
            format!("`{name}` already has a value, at line {}", line(first.span.start)),
            "put all keys of the table under one header, or all in one inline table".to_owned(),
        ),
    };
    Some(Duplicate { message, first: first.span.clone(), label: "first defined here", help })
}

/// Finds duplicates within `{ a = 1, a = 2 }`.
fn within(text: &str, statement: &Statement, at: usize) -> Option<Duplicate> {
    let rest = text.get(at..statement.span.end)?;
    let is_key_char = |c: char| c.is_ascii_alphanumeric() || "_-.\"'".contains(c);
    let key = rest.get(..rest.find(|c: char| !is_key_char(c))?)?;
    let before = text.get(statement.span.start..at)?;
    let is_key = |found: &usize| {
        let (left, right) = (before.get(..*found), before.get(*found + key.len()..));
        let begins = left.is_some_and(|left| left.trim_end().ends_with(['{', ',']));
        begins && right.is_some_and(|right| right.trim_start().starts_with(['=', '.']))
    };
    let first = before.match_indices(key).map(|(found, _)| found).filter(is_key).last()?;
    let first = statement.span.start + first;
    Some(Duplicate {
        message: format!("`{key}` is set twice between these braces"),
        first: first..first + key.len(),
        label: "first defined here",
        help: format!("remove one of the two `{key}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::statements::statements;
    use super::*;

    fn reported(text: &str) -> (String, usize) {
        let errors = DeTable::parse_recoverable(text).1;
        let at = errors[0].span().unwrap().start;
        let all = statements(text);
        let statement = all.iter().find(|one| one.span.contains(&at)).unwrap();
        let found = Definitions::read(text, &all).repeated(text, statement, at).unwrap();
        (found.message, found.first.start)
    }

    #[test]
    fn duplicates_are_reported_with_both_places() {
        for (text, message, first) in [
            ("[a]\nx = 1\n[b]\n[a]\n", "section `[a]` is defined twice", 1),
            ("[a]\nx = 1\nx = 2\n", "`x` is set twice", 4),
            ("[[a]]\n[a]\n", "`[a]` is a single section, but `[[a]]` above made it a list", 2),
            (
                "[a]\n[[a]]\n",
                "`[[a]]` is an entry of a list, but `[a]` above is a single section",
                1,
            ),
            ("a.b = 1\n[a]\n", "`a` already has a value, at line 1", 0),
            ("a = { x = 1 }\n[a.b]\n", "`a.b` already has a value, at line 1", 0),
            ("a = { x = 1, x = 2 }\n", "`x` is set twice between these braces", 6),
            ("[a]\n\"x\" = 1\nx = 2\n", "`x` is set twice", 4),
        ] {
            assert_eq!(reported(text), (message.to_owned(), first), "{text}");
        }
    }
}
