//! Every finding of the built-in modules in both directions: it fires for its spec in `tests/check/findings.txt`, at
//! the marked line, and does not fire once that line is changed. A finding without a case fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/any_secret.rs"]
mod any_secret;

use any_secret::Any;
use matrixform::for_tests::diagnostic::{Diagnostic, Problems, Source};
use matrixform::for_tests::facts::Facts;
use matrixform::for_tests::module::{Modules, check, embedded, expand, golden};
use matrixform::for_tests::spec::{Spec, files::InMemory};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

const CASES: [&str; 2] =
    [include_str!("check/findings.txt"), include_str!("check/findings_crossed.txt")];
const BASE: &str = include_str!("check/base.toml");

/// A spec of a case and the host it is checked against.
#[derive(Default)]
struct Side {
    lines: Vec<String>,
    off: Vec<String>,
    facts: Option<serde_json::Value>,
}

/// A case: the spec where the finding fires, the line it fires at, and a spec where it does not.
#[derive(Default)]
struct Case {
    id: String,
    fires: Side,
    line: usize,
    otherwise: Side,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let lines = |text: &'static str| text.lines().skip_while(|line| !line.starts_with("== "));
    for line in CASES.into_iter().flat_map(lines) {
        if let Some(id) = line.strip_prefix("== ") {
            cases.push(Case { id: id.to_owned(), ..Case::default() });
        } else if !line.is_empty() {
            cases.last_mut().unwrap().add(line);
        }
    }
    cases
}

impl Case {
    fn add(&mut self, line: &str) {
        if let Some(facts) = line.strip_prefix("#? ") {
            let facts: serde_json::Value = serde_json::from_str(facts).unwrap();
            self.fires.facts = Some(facts.clone());
            self.otherwise.facts = Some(facts);
        } else if line == "#=" {
            self.otherwise.facts = Some(serde_json::json!({}));
        } else if let Some(instead) = line.strip_prefix("#-") {
            self.otherwise.lines.pop().expect("a line above");
            let instead = instead.trim_start();
            self.otherwise.lines.extend((!instead.is_empty()).then(|| instead.to_owned()));
        } else if let Some(more) = line.strip_prefix("#+ ") {
            self.otherwise.lines.push(more.to_owned());
        } else if let Some(section) = line.strip_suffix(" off") {
            self.fires.off.push(section.to_owned());
            self.otherwise.off.push(section.to_owned());
        } else {
            let text = line.strip_suffix(" #!").unwrap_or(line);
            self.fires.lines.push(text.to_owned());
            self.otherwise.lines.push(text.to_owned());
            if text != line {
                self.line = self.fires.lines.len();
            }
        }
    }
}

impl Side {
    /// The spec: the lines of the case, followed by the base sections that they leave out.
    fn text(&self) -> String {
        let says = |section: &str| {
            let name = section.trim_matches(['[', ']']);
            let begins = [format!("[{name}]"), format!("[{name}."), format!("[[{name}]]")];
            let written = |line: &String| begins.iter().any(|begin| line.starts_with(begin));
            self.lines.iter().any(written) || self.off.iter().any(|off| off == section)
        };
        let base = BASE.split("\n\n").filter(|part| !says(part.lines().next().unwrap()));
        format!("{}\n\n{}\n", self.lines.join("\n"), base.collect::<Vec<_>>().join("\n\n"))
    }

    /// The problems found in it.
    fn problems(&self, modules: &Modules) -> Problems {
        let source = Source::new("case.toml", self.text());
        let spec = Spec::read(&source, Arc::new(files()))
            .unwrap_or_else(|problems| panic!("{}\n{}", shown(&problems), source.text));
        let Some(facts) = &self.facts else { return check(&spec, modules).problems };
        match expand(&spec, modules, &patched(facts), &Any) {
            Ok(expansion) => expansion.notes,
            Err(problems) => problems,
        }
    }
}

/// Recorded facts of a host, with these values replaced.
fn patched(with: &serde_json::Value) -> Facts {
    let mut facts = serde_json::to_value(golden::facts("debian-12").unwrap()).unwrap();
    for (key, value) in with.as_object().unwrap() {
        facts[key] = value.clone();
    }
    serde_json::from_value(facts).unwrap()
}

fn files() -> InMemory {
    let golden = |name: &str| {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("modules/tls/golden");
        std::fs::read_to_string(directory.join(name)).unwrap()
    };
    let (front, leaf) = (golden("front.crt"), golden("ending.crt"));
    let key = format!("{front}-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
    let all = [
        ("front.crt", front),
        ("leaf.crt", leaf),
        ("key.crt", key),
        ("empty.crt", "none\n".into()),
    ];
    let mut all: BTreeMap<String, Vec<u8>> =
        all.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
    let chains = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/tls");
    for chain in std::fs::read_dir(chains).unwrap().map(|entry| entry.unwrap().path()) {
        let name = chain.file_name().unwrap().to_str().unwrap().to_owned();
        all.insert(name, std::fs::read(chain).unwrap());
    }
    InMemory(all)
}

fn shown(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| problem.render(false) + "\n\n").collect()
}

#[test]
fn each_finding_fires_only_at_its_line() {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let mut wrong = String::new();
    for case in cases() {
        let problems = case.fires.problems(&modules);
        let fired: Vec<&Diagnostic> =
            problems.iter().filter(|problem| problem.code == case.id).collect();
        let lines = fired.iter().filter_map(|one| Some(one.place.as_ref()?.0.line_column().0));
        let lines: BTreeSet<usize> = lines.collect();
        let places = problems.iter().filter_map(|problem| problem.place.as_ref());
        for (place, _) in places.filter(|(place, _)| place.source.name != "case.toml") {
            wrong += &format!("{} is told at {place}, which nobody has before them\n", case.id);
        }
        if !lines.contains(&case.line) {
            let (id, line) = (&case.id, case.line);
            wrong += &format!("{id} does not fire at line {line}:\n{}\n", shown(&problems));
        }
        let otherwise = case.otherwise.problems(&modules);
        if otherwise.iter().any(|problem| problem.code == case.id) {
            wrong += &format!("{} fires in any case:\n{}\n", case.id, case.otherwise.text());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The spec without the finding must be checked in full, not refused for another reason before the finding is reached.
#[test]
fn counterexamples_are_fully_readable_specs() {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    for case in cases() {
        let problems = case.otherwise.problems(&modules);
        let unread = problems.iter().filter(|problem| !problem.code.starts_with("MF"));
        let unread: Vec<Diagnostic> = unread
            .filter(|one| one.level == matrixform::for_tests::diagnostic::Level::Error)
            .cloned()
            .collect();
        assert!(unread.is_empty(), "{}:\n{}", case.id, shown(&unread));
    }
}

#[test]
fn every_finding_has_a_case_and_a_reason() {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let findings: Vec<_> = modules.iter().flat_map(|manifest| &manifest.findings).collect();
    // Findings that need a host are covered by `tests/kinds/neighbours.rs` and the lab.
    let offline = findings.iter().filter(|finding| finding.survey.is_none());
    let ids: BTreeSet<String> = offline.map(|finding| finding.id.clone()).collect();
    let cases: Vec<String> = cases().into_iter().map(|case| case.id).collect();
    assert_eq!(ids, cases.into_iter().collect(), "tests/check/findings*.txt have a case of each");
    for finding in findings {
        assert!(finding.why.is_some(), "{} does not say why it matters", finding.id);
    }
}
