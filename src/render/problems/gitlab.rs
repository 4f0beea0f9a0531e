//! GitLab's Code Quality report: a list of issues, each with a fingerprint by which GitLab distinguishes old issues
//! from new ones. It is computed from the problem and the text of the line, so it survives lines inserted above.

use super::{CheckReport, FoundProblem, relative, whole};
use crate::diagnostic::{Level, Place};
use serde_json::{Value, json as value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The report.
pub fn gitlab(report: &CheckReport) -> Value {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let issues = report.found.iter().map(|found| {
        let key = key(found);
        let earlier = seen.entry(key.clone()).or_default();
        *earlier += 1;
        issue(found, &format!("{key}\0{earlier}"))
    });
    Value::Array(issues.collect())
}

fn issue(found: &FoundProblem, key: &str) -> Value {
    let problem = &found.problem;
    let severity = match problem.level {
        Level::Error => "critical",
        Level::Warning => "minor",
        Level::Note => "info",
    };
    let (path, line) = match &problem.place {
        Some((place, _)) => (place.source.name.as_str(), place.line_column().0),
        None => (found.spec.as_str(), 1),
    };
    value!({
        "description": whole(problem),
        "check_name": problem.code,
        "fingerprint": fingerprint(key),
        "severity": severity,
        "location": { "path": relative(path), "lines": { "begin": line } },
    })
}

/// Returns what identifies a problem as one found earlier.
fn key(found: &FoundProblem) -> String {
    let problem = &found.problem;
    let place = problem.place.as_ref().map(|(place, _)| place);
    let path = place.map_or(found.spec.as_str(), |place| place.source.name.as_str());
    let line = place.map(text_of_line).unwrap_or_default();
    [relative(path), &problem.code, &problem.message, line].join("\0")
}

fn text_of_line(place: &Place) -> &str {
    let (line, _) = place.line_column();
    place.source.text.lines().nth(line - 1).unwrap_or_default().trim()
}

fn fingerprint(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
