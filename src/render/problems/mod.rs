//! The problems that `check` found, in formats for people, editors and forges. All have the same data.

mod github;
mod gitlab;
mod json;
mod text;

pub use github::github;
pub use gitlab::gitlab;
pub use json::json;
pub use text::text;

use crate::diagnostic::{Diagnostic, Level};

/// The problems found in some specs.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// The specs, as they were named.
    pub specs: Vec<String>,
    /// All problems, by spec and line.
    pub found: Vec<FoundProblem>,
}

/// One problem, and the spec whose check found it.
#[derive(Clone, Debug)]
pub struct FoundProblem {
    /// The spec as it was named: the problem itself may be in an included file.
    pub spec: String,
    /// What was found.
    pub problem: Diagnostic,
}

impl CheckReport {
    /// Returns how many problems have this level.
    pub fn count(&self, level: Level) -> usize {
        self.found.iter().filter(|found| found.problem.level == level).count()
    }
}

/// Returns the first problems of a list that may be very long, and how many are left out.
fn first(found: &[FoundProblem], limit: usize) -> (&[FoundProblem], usize) {
    let (shown, rest) = found.split_at(limit.min(found.len()));
    (shown, rest.len())
}

/// Formats the message with everything but its places, line by line.
fn whole(problem: &Diagnostic) -> String {
    let label = problem.place.as_ref().map(|(_, label)| label.as_str()).unwrap_or_default();
    let label = Some(label).filter(|label| !label.is_empty()).map(|label| format!(": {label}"));
    let first = format!("{}{}", problem.message, label.unwrap_or_default());
    let help = problem.help.as_ref().map(|help| format!("help: {help}"));
    let notes = problem.notes.iter().map(|note| format!("note: {note}"));
    let lines: Vec<String> = std::iter::once(first).chain(notes).chain(help).collect();
    crate::diagnostic::visible(&lines.join("\n"))
}

/// Returns a path as forges expect it: relative to the repository's root, where the command runs.
fn relative(path: &str) -> &str {
    path.trim_start_matches("./")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, Source};

    fn report() -> CheckReport {
        let source = Source::new("./inventory/prod,1.toml", "[host]\nädress = \"a\"\n");
        let found = |problem| FoundProblem { spec: "./inventory/prod,1.toml".into(), problem };
        let unknown = Diagnostic::error("spec/unknown-key", "unknown key `ädress`: 100%\nsure")
            .labelled(&Place::new(&source, 7..14), "here")
            .see(&Place::new(&source, 1..5), "of this")
            .note_line("a note")
            .help("did you mean `address`?");
        let bare = Diagnostic::warning("MF020", "no place");
        CheckReport {
            specs: vec!["./inventory/prod,1.toml".into()],
            found: vec![found(bare), found(unknown.clone()), found(unknown)],
        }
    }

    #[test]
    fn every_form_holds_the_same_data() {
        insta::assert_snapshot!("text", text(&report(), false));
        insta::assert_snapshot!("json", serde_json::to_string_pretty(&json(&report())).unwrap());
        insta::assert_snapshot!("github", github(&report()));
        let gitlab = gitlab(&report());
        insta::assert_snapshot!("gitlab", serde_json::to_string_pretty(&gitlab).unwrap());
        assert_ne!(gitlab[1]["fingerprint"], gitlab[2]["fingerprint"], "a forge shows both");
    }

    #[test]
    fn excess_problems_are_counted() {
        let mut many = report();
        many.found = vec![many.found[0].clone(); 2_000];
        assert!(text(&many, false).contains("1950 more not shown"));
        assert_eq!(json(&many)["left_out"], 1_000);
        assert_eq!(json(&many)["warnings"], 2_000);
    }

    #[test]
    fn a_clean_check_reports_no_problems() {
        let none = CheckReport { specs: vec!["a".into(), "b".into()], found: Vec::new() };
        assert_eq!(text(&none, false), "2 specs: no problems\n");
        assert_eq!(github(&none), "");
    }
}
