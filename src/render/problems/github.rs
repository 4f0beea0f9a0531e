//! Annotation lines: `::error file=…,line=…,col=…::message`. GitHub shows them at the lines of a pull request; the
//! runners of Forgejo and Gitea read the same format. GitHub's `actions/toolkit` defines the escaping
//! (`packages/core/src/command.ts`): `%`, line ends, and in properties also `:` and `,`.

use super::{CheckReport, FoundProblem, relative, whole};
use crate::diagnostic::Level;

/// One line for each problem.
pub fn github(report: &CheckReport) -> String {
    report.found.iter().map(|found| line(found) + "\n").collect()
}

fn line(found: &FoundProblem) -> String {
    let problem = &found.problem;
    let command = match problem.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut properties = vec![("title", problem.code.to_string())];
    match &problem.place {
        None => properties.insert(0, ("file", relative(&found.spec).to_owned())),
        Some((place, _)) => {
            let ((line, column), end) = (place.line_column(), place.end_line_column());
            let mut at = vec![("file", relative(&place.source.name).to_owned())];
            at.extend([("line", line.to_string()), ("endLine", end.0.to_string())]);
            at.push(("col", column.to_string()));
            // Columns apply to a single line only: a range over several lines has none.
            if end.0 == line && end.1 > column {
                at.push(("endColumn", (end.1 - 1).to_string()));
            }
            properties.splice(0..0, at);
        }
    }
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    format!("::{command} {}::{}", properties.join(","), data(&whole(problem)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
