//! The problems for people: each with its line and a caret, and a count at the end.

use super::{CheckReport, FoundProblem, first};
use crate::diagnostic::{Level, counted};

/// How many problems are shown: a thousand equal ones have one cause.
const MAX_SHOWN: usize = 50;

/// Formats the text; `styled` adds colour.
pub fn text(report: &CheckReport, styled: bool) -> String {
    let (shown, left_out) = first(&report.found, MAX_SHOWN);
    let mut text = String::new();
    for (at, found) in shown.iter().enumerate() {
        let is_brief = |found: Option<&FoundProblem>| found.is_some_and(|one| one.problem.is_brief);
        // One-line messages stay together.
        let is_joined = is_brief(Some(found)) && is_brief(shown.get(at + 1));
        text += found.problem.render(styled).trim_end();
        text += if is_joined { "\n" } else { "\n\n" };
    }
    if left_out > 0 {
        text += &format!("{left_out} more not shown; see `--format json`\n\n");
    }
    text + &summary(report)
}

fn summary(report: &CheckReport) -> String {
    let specs = counted(report.specs.len(), "spec");
    let levels = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")];
    let counts = levels.map(|(level, word)| (report.count(level), word));
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| counted(count, word))
        .collect();
    match counts.is_empty() {
        true => format!("{specs}: no problems\n"),
        false => format!("{specs}: {}\n", counts.join(", ")),
    }
}
