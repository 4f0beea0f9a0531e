//! A spec that is not valid TOML: finds where it may contain secrets, so that the message does not show them.

use super::name::names_a_secret;
use std::ops::Range;

/// Returns where invalid TOML may contain secrets: from the `=` or `:` after a key of a secret to the end of the line,
/// or of the triple-quoted text that begins there; also after such a word at the start of a line.
pub(in crate::spec) fn suspected(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (equals, _) in text.match_indices(['=', ':']) {
        // Ranges already hidden are skipped: there may be very many.
        if found.last().is_some_and(|last| equals < last.end) {
            continue;
        }
        let before = text.get(..equals).unwrap_or_default().trim_end();
        let key = before.rsplit(|c: char| c.is_whitespace() || "{},.\"'[=".contains(c));
        let key = key.take(2).find(|part| !part.is_empty()).unwrap_or_default();
        let after = text.get(equals + 1..).unwrap_or_default();
        if !names_a_secret(key) || is_named(before, after) {
            continue;
        }
        let line = after.split('\n').next().unwrap_or_default();
        let long = ["\"\"\"", "'''"].into_iter().find_map(|quotes| {
            let inside = line.trim_start().strip_prefix(quotes)?;
            let start = after.len() - after.trim_start().len() + quotes.len();
            let end = after.get(start..)?.find(quotes).map_or(after.len(), |end| start + end);
            (!inside.contains(quotes)).then_some(end)
        });
        found.push(equals + 1..equals + 1 + long.unwrap_or(line.len()));
    }
    found.extend(after_a_name(text));
    found
}

/// Finds `password hunter2`: the rest of a line that begins with the name of a secret, without a separator.
fn after_a_name(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let at = start;
        start += line.len();
        let indent = line.len() - line.trim_start().len();
        let (first, rest) = line.trim_start().split_once([' ', '\t'])?;
        let is = names_a_secret(first.trim_matches(['"', '\'']))
            && !rest.trim_start().starts_with(['=', ':']);
        is.then(|| at + indent + first.len()..at + line.trim_end_matches('\n').len())
    })
}

/// Whether this is the inside of `{ secret = "name" }`.
fn is_named(before: &str, after: &str) -> bool {
    let opens = before.strip_suffix("secret").is_some_and(|rest| rest.trim_end().ends_with('{'));
    let rest = after.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'));
    opens && rest.is_some_and(|(_, rest)| rest.trim_start().starts_with('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_toml_is_searched_line_by_line() {
        let hidden = |text: &str| {
            suspected(text).into_iter().map(|at| text[at].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(hidden("a = 1\nx.\"admin_token\" = hunter\n"), [" hunter"]);
        assert_eq!(hidden("key = { secret = \"a/b\" } x"), [""; 0]);
        assert_eq!(hidden("pepper = \"\"\"a\nb\"\"\"\nc = "), [" \"\"\"a\nb"]);
        assert_eq!(hidden("p = { pepper = \"a\" "), [" \"a\" "]);
        assert_eq!(hidden("pepper = '''a"), [" '''a"]);
        assert_eq!(hidden("a:\n  \"password\": hunter\n"), [" hunter"]);
        assert_eq!(hidden("x = 1\n admin_token hunter\n"), [" hunter"]);
        assert_eq!(hidden(&"token=".repeat(100_000)).len(), 1, "a line is hidden once");
    }
}
