//! All formats of a report, by an honest host and by a hostile one.

use super::*;
use crate::plan::drift::Drifted;
use crate::plan::ledger::Applied;
use crate::plan::shown::ShownValue;
use crate::run::drift::{CleanRun, EventKind, FORMAT, LastChange};

fn event(time: &str, kind: EventKind, text: &str) -> HostEvent {
    HostEvent { time: time.to_owned(), kind, text: text.to_owned() }
}

fn difference(attribute: &str, applied: &str, found: &str, whose: ChangedBy) -> DriftedAttribute {
    DriftedAttribute {
        attribute: attribute.to_owned(),
        applied: ShownValue::Word(applied.to_owned()),
        found: ShownValue::Word(found.to_owned()),
        secrets: Vec::new(),
        whose,
    }
}

/// A report in which the host puts `word` wherever it can.
fn report(word: &str) -> DriftReport {
    let unknown = ChangedBy::Unknown { why: format!("the host said {word}") };
    let changed = DriftBounds {
        drifted: Drifted {
            address: "file:/etc/a".to_owned(),
            missing: false,
            differences: vec![
                difference("mode", "0644", word, ChangedBy::Host),
                difference("owner", word, "root", ChangedBy::Both),
                difference("group", "adm", "root", unknown),
            ],
            requested: Some("prod.toml:31".to_owned()),
        },
        last_correct: Some(CleanRun {
            run: word.to_owned(),
            time: "2026-11-27T12:00:01Z".to_owned(),
        }),
        changed_at: Some(LastChange {
            time: "2026-11-27T14:30:00Z".to_owned(),
            evidence: "/etc/a".to_owned(),
        }),
        between: vec![
            event("2026-11-27T13:00:00Z", EventKind::Run, word),
            event("2026-11-27T13:00:05Z", EventKind::Run, word),
            event("2026-11-27T14:00:00Z", EventKind::Packages, "upgrade gpgv 2.2 → 2.4"),
        ],
        omitted: 3,
    };
    let mut gone = changed.clone();
    gone.drifted.address = format!("file:/etc/{word}");
    gone.drifted.missing = true;
    gone.drifted.differences.clear();
    (gone.last_correct, gone.changed_at) = (None, None);
    let (run, time, who) = (word.to_owned(), word.to_owned(), word.to_owned());
    DriftReport {
        format: FORMAT,
        host: "matrix.example.org".to_owned(),
        applied: Some(Applied { run, time, who, commit: Some(word.to_owned()) }),
        resources: vec![changed, gone],
        in_spec: vec!["cron:tide".to_owned()],
        gaps: vec!["the journal cannot be read: sessions are unknown".to_owned()],
    }
}

fn assert_valid(report: &DriftReport) {
    let schema = include_str!("../../../docs/drift.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let document = serde_json::to_value(report).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        schema.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

#[test]
fn all_forms_of_a_report() {
    let report = report("something");
    assert_valid(&report);
    let json = serde_json::to_string_pretty(&report).unwrap();
    let text = text(&report, Style::plain());
    insta::assert_snapshot!(format!("{text}\n{}\n{json}\n", markdown(&report)));
    let none = DriftReport { host: "matrix.example.org".to_owned(), ..DriftReport::default() };
    assert_eq!(super::text(&none, Style::plain()), "matrix.example.org, no drift\n");
    assert_eq!(markdown(&none), "**matrix.example.org, no drift**\n");
}

/// No text from the host controls a terminal, ends a fence or breaks the JSON.
#[test]
fn hostile_output_stays_plain_text() {
    let report = report("x\u{1b}[2J\r\u{202e}```\n# heading\n````\n\u{7}");
    let is_odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    let shown = text(&report, Style::plain());
    assert!(!shown.contains(is_odd), "{shown:?}");
    let shown = markdown(&report);
    assert!(!shown.contains(is_odd), "{shown:?}");
    let fence = shown.lines().find(|line| line.ends_with("diff")).unwrap();
    let fence = fence.trim_end_matches("diff");
    let inner = shown.split(&format!("{fence}diff\n")).nth(1).unwrap();
    assert_eq!(inner.matches(fence).count(), 1, "{shown}");
    assert_valid(&report);
}
