//! A host's reports about its past, honest and not.

use super::*;
use crate::plan::drift::{ChangedBy, DriftedAttribute};
use crate::plan::shown;
use crate::run::history::{RunBegun, RunEnded};
use serde_json::Value;

fn answers(function: &str, key: &str, fields: &[(&str, &str)]) -> Answers {
    let mut answers = Answers::default();
    let fields: String = fields.iter().map(|(name, value)| format!("{name}={value}\0")).collect();
    answers.add(function, 0, format!("{key}\0{fields}\0").as_bytes());
    answers
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap() + "\n"
}

/// A run that began at this time and ended a second later with this status.
fn run(name: &str, time: &str, status: Option<u8>) -> String {
    let begun = RunBegun {
        run: name.into(),
        event: "begun".into(),
        time: time.into(),
        operation: "apply".into(),
        who: "alice".into(),
        ..RunBegun::default()
    };
    let at = seconds_of_utc(time).map_or_else(|| time.to_owned(), |at| utc(at + 1));
    let ended = |status| RunEnded {
        run: name.into(),
        event: "ended".into(),
        time: at.clone(),
        status,
        ..RunEnded::default()
    };
    line(&begun) + &status.map(|status| line(&ended(status))).unwrap_or_default()
}

/// A host with a successful run at 12:00, a failed one at 13:00, packages at 14:00 and a root session at 15:00.
fn past() -> Answers {
    let at = |time: &str| seconds_of_utc(time).unwrap();
    let text =
        run("one", "2026-11-27T12:00:00Z", Some(0)) + &run("two", "2026-11-27T13:00:00Z", Some(4));
    let mut all = answers(history::QUESTION, "history", &[("text", &text)]);
    let packages = "2026-11-27 14:00:00 upgrade gpgv:amd64 2.2 2.4";
    let times = at("2026-11-27T14:00:00Z").to_string();
    let dpkg = [("lines", packages), ("times", times.as_str())];
    all.extend(answers("past_packages_observe", "dpkg", &dpkg));
    let login = format!(
        "{}.000000 h sshd[1]: Accepted publickey for root from 192.0.2.7 port 1 ssh2: ED25519 SHA256:abc",
        at("2026-11-27T15:00:00Z")
    );
    all.extend(answers("past_sessions_observe", "journal", &[("lines", &login)]));
    all.extend(answers("past_sessions_observe", "first", &[("at", "1000"), ("own", "")]));
    all
}

fn mode_of(path: &str) -> Drifted {
    Drifted {
        address: format!("file:{path}"),
        missing: false,
        differences: vec![DriftedAttribute {
            attribute: "mode".to_owned(),
            applied: shown::ShownValue::Word("0644".to_owned()),
            found: shown::ShownValue::Word("0600".to_owned()),
            secrets: Vec::new(),
            whose: ChangedBy::Host,
        }],
        requested: Some("prod.toml:31".to_owned()),
    }
}

fn between(past: &DriftHistory, last: Option<&str>) -> Vec<&'static str> {
    let last = last.map(|time| (seconds_of_utc(time).unwrap(), "/etc/a".to_owned()));
    past.bounded(mode_of("/etc/a"), last).between.iter().map(|one| one.kind.as_str()).collect()
}

#[test]
fn only_events_between_the_bounds_are_listed() {
    let past = DriftHistory::read(&past(), None);
    assert!(past.gaps.is_empty(), "{:?}", past.gaps);
    assert_eq!(past.last_correct.as_ref().map(|last| last.run.as_str()), Some("one"));
    // A failed run confirmed nothing: it is one of those that may have caused the change.
    assert_eq!(between(&past, None), ["run", "packages", "session"]);
    assert_eq!(between(&past, Some("2026-11-27T14:30:00Z")), ["run", "packages"]);
    assert_eq!(between(&past, Some("2026-11-27T13:30:00Z")), ["run"]);
    // Changed while the successful run was still in progress, which never confirmed it.
    assert_eq!(between(&past, Some("2026-11-27T12:00:00Z")), [""; 0]);
}

#[test]
fn without_a_good_run_the_last_apply_is_the_bound() {
    let text =
        run("two", "2026-11-27T13:00:00Z", Some(4)) + &run("three", "2026-11-27T14:00:00Z", None);
    let answers = answers(history::QUESTION, "history", &[("text", &text)]);
    let began = seconds_of_utc("2026-11-27T13:30:00Z");
    let past = DriftHistory::read(&answers, began);
    assert!(past.last_correct.is_none());
    assert_eq!(between(&past, None), ["run"]);
    let past = DriftHistory::read(&answers, None);
    assert!(past.gaps.iter().any(|gap| gap.contains("no run on record")), "{:?}", past.gaps);
    assert_eq!(between(&past, None), ["run", "run"]);
}

#[test]
fn the_latest_events_are_listed_and_others_counted() {
    let lines: String = (0..200)
        .map(|number| {
            format!(
                "{}.0 h sshd[1]: Accepted publickey for root from 192.0.2.{number} port 1 ssh2\n",
                5000 + number
            )
        })
        .collect();
    let answers = answers("past_sessions_observe", "journal", &[("lines", &lines)]);
    let mut all = answers;
    all.extend(self::answers("past_sessions_observe", "first", &[("at", "10"), ("own", "")]));
    let bounded = DriftHistory::read(&all, Some(100)).bounded(mode_of("/etc/a"), None);
    assert_eq!((bounded.between.len(), bounded.omitted), (50, 150));
    assert!(bounded.between.last().unwrap().text.contains("192.0.2.199"));
}

/// Whatever the host reports is only text, and no time in it causes a panic.
#[test]
fn hostile_output_stays_plain_text() {
    let odd = "x\u{1b}[2J\r\u{202e}```\n# heading\n\u{7}";
    let huge = u64::MAX.to_string();
    let text = run(odd, "2026-11-27T12:00:00Z", Some(0))
        + &run(odd, odd, Some(0))
        + "{\"event\":\"ended\"}\n[[[";
    let mut all = answers(history::QUESTION, "history", &[("text", &text)]);
    let dpkg = [("lines", format!("a b install {odd} c d")), ("times", huge.clone())];
    let dpkg = dpkg.each_ref().map(|(name, value)| (*name, value.as_str()));
    all.extend(answers("past_packages_observe", "dpkg", &dpkg));
    let journal =
        format!("{huge}.0 h sshd[1]: Accepted {odd} for root from {odd} port 1 ssh2: {odd}");
    all.extend(answers("past_sessions_observe", "journal", &[("lines", &journal)]));
    all.extend(answers("past_sessions_observe", "first", &[("at", &huge), ("own", odd)]));
    let past = DriftHistory::read(&all, Some(u64::MAX));
    let bounded = past.bounded(mode_of("/etc/a"), Some((u64::MAX, odd.to_owned())));
    let is_odd = |c: char| c.is_control() || c == '\u{202e}';
    assert!(bounded.between.iter().all(|event| !event.text.contains(is_odd)), "{bounded:?}");
    let all = DriftHistory::read(&all, None).events;
    assert!(all.iter().all(|one| !one.event.text.contains(is_odd)), "{all:?}");
}

fn assert_valid(document: &Value) {
    let schema: Value =
        serde_json::from_str(include_str!("../../../docs/drift.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = schema.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

#[test]
fn the_schema_describes_the_example() {
    let page = include_str!("../../../docs/drift.md");
    let example = page.split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
    assert_valid(&serde_json::from_str(example).unwrap());
}
