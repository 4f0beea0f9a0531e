//! Details of what a run reads and asks, as lines for users who want to follow it.

use super::Verbosity;
use super::phrases::{one_line, took};
use super::style::{Style, TextRole};
use crate::diagnostic::counted;
use crate::run::Detail;

/// A call's arguments are cut off at this length (characters): a batch may ask about hundreds of paths.
const CALL: usize = 400;

impl Detail {
    /// Returns the lowest verbosity at which it is shown.
    pub fn verbosity(&self) -> Verbosity {
        match self {
            Detail::Called { .. } => Verbosity::Everything,
            _ => Verbosity::Verbose,
        }
    }

    /// Formats it as one line for people.
    pub fn text(&self, style: Style) -> String {
        style.paint(TextRole::Quiet, &one_line(&self.sentence()))
    }

    fn sentence(&self) -> String {
        match self {
            Detail::Read { what, path } => format!("read the {what} {path}"),
            Detail::Module { name, directory } => format!("module `{name}` comes from {directory}"),
            Detail::Route(hops) => format!("connects to {}", hops.join(", then ")),
            Detail::Lap { part, took: time } => format!("{part}: {}", took(*time)),
            Detail::Asked { function, things } => {
                format!("runs {function} for {}", counted(*things, "thing"))
            }
            Detail::Called { function, args } => call(function, args),
        }
    }
}

/// Formats `calls FUNCTION WORD…`, truncated.
pub(super) fn call(function: &str, args: &[String]) -> String {
    let all = [format!("calls {function}")].into_iter().chain(args.iter().map(|arg| spelt(arg)));
    let text = all.collect::<Vec<String>>().join(" ");
    if text.chars().count() <= CALL {
        return text;
    }
    text.chars().take(CALL).chain(['…']).collect()
}

/// Formats a word so that its end is clear to a reader.
fn spelt(arg: &str) -> String {
    let plain = !arg.is_empty() && !arg.contains(|c: char| c.is_whitespace() || c == '\'');
    if plain { arg.to_owned() } else { format!("{arg:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_call_is_one_bounded_line() {
        let args = vec!["/etc/a b".to_owned(), String::new(), "x\ny".to_owned()];
        let detail = Detail::Called { function: "paths_observe", args };
        assert_eq!(detail.text(Style::plain()), r#"calls paths_observe "/etc/a b" "" "x\ny""#);
        let args = vec!["ä".repeat(CALL)];
        assert_eq!(call("f", &args).chars().count(), CALL + 1);
    }

    #[test]
    fn parts_are_reported_with_their_time() {
        let lap = Detail::Lap { part: "connecting", took: Duration::from_millis(85) };
        assert_eq!(lap.text(Style::plain()), "connecting: 85 ms");
        let asked = Detail::Asked { function: "stat", things: 1 };
        assert_eq!(asked.text(Style::plain()), "runs stat for 1 thing");
    }
}
