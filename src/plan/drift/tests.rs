//! Tests where a difference is attributed to.

use super::*;
use crate::diagnostic::{Place, Source};
use crate::plan::ledger::RunCoverage;
use crate::plan::make_simulated;
use crate::resource::{
    Action, Address, Attribute, Declared, DeclaredValue as Given, Origin, PackageVersions,
    SimulatedHost, declare,
};
use crate::secret::{Content, Secret};
use std::collections::BTreeMap;

fn file(mode: &str, content: Content) -> Wanted {
    let place = Place::new(&Source::new("prod.toml", ""), 0..0);
    let text = |text: Content| Attribute { value: Given::Text(text), place: place.clone() };
    let mode = text(Content::plain(mode));
    let declared = Declared {
        address: Address::new("file", "/etc/a"),
        attributes: [("content".to_owned(), text(content)), ("mode".to_owned(), mode)].into(),
        needs: Vec::new(),
        activation: None,
        effect: None,
        why: None,
        origin: Origin { module: "spec".to_owned(), declared: place.clone(), requested: None },
    };
    declare(vec![declared]).unwrap().remove(0)
}

fn plain(mode: &str, content: &str) -> Wanted {
    file(mode, Content::plain(content))
}

fn with_secret(content: &str, secret: &str) -> Wanted {
    let mut all = Content::plain(content);
    all.push_secret(&Secret::new("a/b", secret));
    file("0600", all)
}

fn ledger(applied: &Wanted) -> Ledger {
    let actions = BTreeMap::from([("file:/etc/a".to_owned(), Action::Create)]);
    Ledger::of("a", std::slice::from_ref(applied), None, &actions, RunCoverage::All)
}

/// Returns the drift on a host where `applied` was applied and `found` is found, while the spec wants `now`.
fn reported(applied: &Wanted, found: Option<&Wanted>, now: Wanted) -> Drift {
    let none = PackageVersions::new();
    let found = found.map(std::slice::from_ref).unwrap_or_default();
    let simulated = SimulatedHost::of(found, &none, &none);
    let plan = make_simulated("h", std::slice::from_ref(&now), &[], &simulated).unwrap();
    drift(&plan, &[now], &ledger(applied), "")
}

fn whose(drift: &Drift) -> Vec<(&str, &str)> {
    let all = drift.resources.iter().flat_map(|one| &one.differences);
    let word = |whose: &ChangedBy| match whose {
        ChangedBy::Host => "host",
        ChangedBy::Both => "both",
        ChangedBy::Unknown { .. } => "unknown",
    };
    all.map(|one| (one.attribute.as_str(), word(&one.whose))).collect()
}

#[test]
fn changes_on_the_host_are_drift() {
    let applied = plain("0644", "x");
    let drift = reported(&applied, Some(&plain("0600", "y")), plain("0644", "x"));
    assert_eq!(whose(&drift), [("content", "host"), ("mode", "host")]);
    assert!(drift.in_spec.is_empty());
    let mode = &drift.resources[0].differences[1];
    assert_eq!(mode.applied, ShownValue::Word("0644".to_owned()));
    assert_eq!(mode.found, ShownValue::Word("0600".to_owned()));
}

#[test]
fn changes_in_the_spec_are_not_drift() {
    let applied = plain("0644", "x");
    let drift = reported(&applied, Some(&applied), plain("0600", "y"));
    assert!(drift.resources.is_empty(), "{drift:?}");
    assert_eq!(drift.in_spec, ["file:/etc/a"]);
    // A manual change that matches the new spec is no drift either.
    assert!(reported(&applied, Some(&plain("0600", "x")), plain("0600", "x")).resources.is_empty());
}

#[test]
fn each_attribute_is_reported_on_its_own() {
    let applied = plain("0644", "x");
    let drift = reported(&applied, Some(&plain("0644", "by hand")), plain("0600", "x"));
    assert_eq!(whose(&drift), [("content", "host")]);
    let drift = reported(&applied, Some(&plain("0666", "x")), plain("0600", "x"));
    assert_eq!(whose(&drift), [("mode", "both")]);
    assert_eq!(drift.resources[0].differences[0].applied, ShownValue::Word("0644".to_owned()));
}

#[test]
fn missing_resources_are_always_drift() {
    let drift = reported(&plain("0644", "x"), None, plain("0600", "y"));
    assert!(drift.resources[0].missing && drift.resources[0].differences.is_empty(), "{drift:?}");
}

/// A secret that differs may have changed in its store.
#[test]
fn the_origin_of_a_changed_secret_is_unknown() {
    let applied = with_secret("p: ", "old");
    let drift = reported(&applied, Some(&with_secret("p: ", "other")), with_secret("p: ", "old"));
    assert_eq!(whose(&drift), [("content", "unknown")]);
    let drift = reported(&applied, Some(&with_secret("q: ", "old")), with_secret("p: ", "old"));
    assert_eq!(whose(&drift), [("content", "host")]);
}

#[test]
fn an_older_ledger_reports_nothing() {
    let applied = plain("0644", "x");
    let text = ledger(&applied).text();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut older = value.clone();
    let entry = older["resources"][0].as_object_mut().unwrap();
    entry.retain(|key, _| key != "asked" && key != "wanted");
    let older: Ledger = serde_json::from_value(older).unwrap();
    let none = PackageVersions::new();
    let found = [plain("0600", "x")];
    let simulated = SimulatedHost::of(&found, &none, &none);
    let now = [plain("0644", "x")];
    let plan = make_simulated("h", &now, &[], &simulated).unwrap();
    assert_eq!(whose(&drift(&plan, &now, &older, "")), [("mode", "unknown")]);
}

/// A run that did not end well leaves the record of what was applied before.
#[test]
fn an_interrupted_run_keeps_the_earlier_record() {
    let before = ledger(&plain("0644", "x"));
    let now = [plain("0600", "y")];
    let partial = Ledger::of("a", &now, Some(&before), &BTreeMap::new(), RunCoverage::Unknown);
    assert_eq!(partial.resources, before.resources);
}
