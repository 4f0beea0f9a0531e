//! Small phrases shared by several renderings. All text from a host passes `one_line` or `visible`.

use crate::diagnostic::visible;
use std::time::Duration;

/// Returns the text on one line: newlines and tabs become visible too, so that no name can forge a line.
pub(super) fn one_line(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// Formats `a`, `a and b`, `a, b and 3 more`.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => one_line(only),
        [first, second] => format!("{} and {}", one_line(first), one_line(second)),
        [first, second, third] => {
            format!("{}, {} and {}", one_line(first), one_line(second), one_line(third))
        }
        [first, second, rest @ ..] => {
            format!("{}, {} and {} more", one_line(first), one_line(second), rest.len())
        }
    }
}

/// Formats `85 ms`, `12.3 s`.
pub(super) fn took(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        return format!("{} ms", time.as_millis());
    }
    format!("{:.1} s", time.as_secs_f64())
}

/// Returns the start of a digest.
pub(super) fn short(digest: &str) -> String {
    let start: String = digest.chars().take(12).collect();
    one_line(&format!("{start}…"))
}

/// Wraps the text at spaces into lines of at most `width` characters (a longer word is not split).
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_and_joined() {
        let items: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        assert_eq!(listed(&items[..2]), "a and b");
        assert_eq!(listed(&items[..3]), "a, b and c");
        assert_eq!(listed(&items), "a, b and 2 more");
    }

    #[test]
    fn prose_is_broken_at_spaces() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
    }

    #[test]
    fn a_name_cannot_forge_a_line() {
        assert_eq!(one_line("a\n  + create  x\u{1b}[2J"), "a\\n  + create  x\\u{1b}[2J");
    }
}
