//! Secrets in a text that is not TOML: YAML, JSON, INI, files with variables, scripts. They are recognized by their
//! form, or by the key before them; outside lines of the form `key: value`, the value must meet stricter conditions.

use super::beginning;
use super::name::{may_name_a_secret, names_a_secret};
use super::shape::shapes;
use super::value::{is_random, is_secret_value};
use std::ops::Range;

/// How much of a text is searched (bytes), and how many secrets are reported.
const LOOKED_AT: usize = 1 << 18;
const MOST_REPORTED: usize = 100;

/// The longest key and value that are considered (bytes).
const KEY: usize = 80;
const VALUE: usize = 512;

/// A line with this text contains no secret.
pub(super) const PUBLIC: &str = "matrixform: public";

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundSecret {
    /// Its bytes.
    pub(super) range: Range<usize>,
    /// The key before it, if it was recognized by that.
    pub(super) key: Option<String>,
    /// Its description, if recognized by its form.
    pub(super) what: Option<&'static str>,
}

/// Returns all secrets in a text, in order.
pub(super) fn secrets(text: &str) -> Vec<FoundSecret> {
    let text = beginning(text, LOOKED_AT);
    let mut found: Vec<FoundSecret> = shapes(text)
        .into_iter()
        .map(|(range, what)| FoundSecret { range, key: None, what: Some(what) })
        .collect();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        by_keys(text, at..at + line.len(), &mut found);
        at += line.len();
        if found.len() > MOST_REPORTED * 10 {
            break;
        }
    }
    found.retain(|one| !is_public(text, &one.range));
    found.sort_by_key(|one| (one.range.start, std::cmp::Reverse(one.range.end)));
    // A secret recognized both by its form and by its key is reported once.
    let mut end = 0;
    found.retain(|one| {
        let new = one.range.start >= end;
        end = end.max(one.range.end);
        new
    });
    found.truncate(MOST_REPORTED);
    found
}

fn is_public(text: &str, range: &Range<usize>) -> bool {
    let start =
        text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line = text.get(start..).unwrap_or_default().split('\n').next().unwrap_or_default();
    line.contains(PUBLIC)
}

/// A key in a line: its name, its start, the earliest start of its value, and the sign in between.
struct AssignmentKey<'t> {
    name: &'t str,
    start: usize,
    value: usize,
    sign: char,
}

/// Returns the key before the `=` or `:` at this position.
fn key(line: &str, sign: usize) -> Option<AssignmentKey<'_>> {
    let before = line.get(..sign)?.trim_end_matches([' ', '\t']);
    // Ignores `:=`, and the quotes of JSON.
    let before = before.strip_suffix(':').unwrap_or(before);
    let before = before.strip_suffix(['"', '\'']).unwrap_or(before);
    let is_key_char = |c: &char| c.is_ascii_alphanumeric() || "_.-".contains(*c);
    let long = before.chars().rev().take(KEY).take_while(is_key_char).count();
    let start = before.len() - long;
    let name = before.get(start..)?.trim_start_matches('-');
    let after = line.get(sign + 1..)?;
    let after = after.strip_prefix('>').unwrap_or(after).trim_start_matches([' ', '\t']);
    let quoted = line.get(..start)?.ends_with(['"', '\'']);
    let start = start - usize::from(quoted);
    (!name.is_empty()).then(|| AssignmentKey {
        name,
        start,
        value: line.len() - after.len(),
        sign: line.get(sign..).and_then(|rest| rest.chars().next()).unwrap_or('='),
    })
}

/// Finds the values after the keys of one line.
fn by_keys(text: &str, line: Range<usize>, found: &mut Vec<FoundSecret>) {
    let here = text.get(line.clone()).unwrap_or_default();
    let begins = here.len() - here.trim_start_matches([' ', '\t', '-']).len();
    let mut behind = 0;
    for (sign, _) in here.match_indices(['=', ':']) {
        let Some(key) = key(here, sign).filter(|_| sign >= behind) else { continue };
        let of_many = key.name.strip_suffix('s').unwrap_or_default();
        let sure = names_a_secret(key.name);
        if !sure && !names_a_secret(of_many) && !may_name_a_secret(key.name) {
            continue;
        }
        let whole_line = key.start <= begins;
        let rest = here.get(key.value..).unwrap_or_default();
        if whole_line && is_block(rest) {
            below(text, &line, begins, key.name, found);
            continue;
        }
        let Some((inner, quoted)) = value(rest, whole_line && key.sign == ':') else { continue };
        let candidate = rest.get(inner.clone()).unwrap_or_default();
        // A sentence may contain a colon too.
        let plain = quoted || key.sign != ':' || (whole_line && !candidate.contains(' '));
        if is_secret_value(candidate) && (sure && plain || is_random(candidate)) {
            let range = line.start + key.value + inner.start..line.start + key.value + inner.end;
            behind = range.end - line.start;
            found.push(FoundSecret { range, key: Some(key.name.to_owned()), what: None });
        }
    }
}

/// Whether the value is in the lines below.
fn is_block(rest: &str) -> bool {
    let rest = rest.trim_end();
    rest.is_empty() || (rest.len() <= 2 && rest.starts_with(['|', '>']))
}

/// Finds the values of a list or block in the indented lines below.
fn below(text: &str, line: &Range<usize>, indent: usize, key: &str, found: &mut Vec<FoundSecret>) {
    let mut at = line.end;
    for next in text.get(at..).unwrap_or_default().split_inclusive('\n').take(MOST_REPORTED) {
        let trimmed = next.trim_start_matches([' ', '\t']);
        let (inside, item) = (next.len() - trimmed.len(), trimmed.strip_prefix("- "));
        if !next.trim().is_empty() && inside <= indent && item.is_none() {
            break;
        }
        let candidate = item.unwrap_or(trimmed);
        let start = at + next.len() - candidate.len();
        if let Some((inner, _)) = value(candidate, true) {
            let text = candidate.get(inner.clone()).unwrap_or_default();
            // A line with a key of its own is examined separately.
            if is_secret_value(text) && !text.contains([' ', ':']) {
                let range = start + inner.start..start + inner.end;
                found.push(FoundSecret { range, key: Some(key.to_owned()), what: None });
            }
        }
        at += next.len();
    }
}

/// Returns the value that begins here, and whether it is quoted; with `to_the_end`, an unquoted value extends to the
/// end of the line.
fn value(rest: &str, to_the_end: bool) -> Option<(Range<usize>, bool)> {
    let line = rest.trim_end_matches(['\n', '\r']);
    let rest = beginning(line, VALUE);
    // Anything after the cut is part of it.
    let cut = (rest.len() < line.len()).then_some(line.len());
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let mut escaped = false;
        let inner = rest.get(1..)?;
        let end = inner.find(|c| {
            let ends = c == quote && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        // A quote that is not closed ends a sentence.
        return end.map(|end| 1 + end).or(cut).map(|end| (1..end, true));
    }
    let end = match to_the_end {
        true => rest.find(" #").unwrap_or(rest.len()),
        false => {
            rest.find(|c: char| c.is_whitespace() || ",;\"'})]".contains(c)).unwrap_or(rest.len())
        }
    };
    let candidate = rest.get(..end)?.trim_end().trim_end_matches(',');
    let end = cut.filter(|_| end == rest.len()).unwrap_or(candidate.len());
    (!candidate.is_empty()).then_some((0..end, false))
}

#[cfg(test)]
mod tests;
