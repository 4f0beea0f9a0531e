//! Tests what leaves the spec, by kind.

use super::*;
use crate::diagnostic::{Place, Source};
use crate::resource::{Address, Attribute, Declared, DeclaredValue, Origin, declare};
use crate::secret::Secret;
use indexmap::IndexMap;
use std::time::Duration;

fn place() -> Place {
    Place::new(&Source::new("prod.toml", ""), 0..0)
}

fn declared(address: &str, attributes: &[(&str, DeclaredValue)]) -> Declared {
    let (kind, name) = address.split_once(':').unwrap();
    let attributes: IndexMap<String, Attribute> = attributes
        .iter()
        .map(|(name, value)| {
            ((*name).to_owned(), Attribute { value: value.clone(), place: place() })
        })
        .collect();
    Declared {
        address: Address::new(kind, name),
        attributes,
        needs: Vec::new(),
        activation: None,
        effect: None,
        why: None,
        origin: Origin { module: "spec".to_owned(), declared: place(), requested: None },
    }
}

fn file(path: &str) -> Declared {
    declared(&format!("file:{path}"), &[("content", DeclaredValue::Text(Content::plain("x")))])
}

fn key(path: &str) -> Declared {
    let content = Content::secret(&Secret::new("a/key", "value"));
    declared(&format!("file:{path}"), &[("content", DeclaredValue::Text(content))])
}

fn wanted(all: &[Declared]) -> Vec<Wanted> {
    declare(all.to_vec()).unwrap()
}

/// Returns the ledger of a host on which all of these were created.
fn made(all: &[Declared]) -> Ledger {
    let wanted = wanted(all);
    let addresses = wanted.iter().map(|item| item.address().to_string());
    let actions = addresses.map(|address| (address, Action::Create)).collect();
    Ledger::of("a.example", &wanted, None, &actions, RunCoverage::All)
}

fn forgotten(ledger: &Ledger, now: &[Declared], allow: &[&str]) -> Orphans {
    let allow = allow.iter().map(|one| (*one).to_owned()).collect();
    orphans(ledger, &wanted(now), &allow, &place())
}

fn addresses(forgotten: &Orphans) -> Vec<String> {
    forgotten.declared.iter().map(|one| one.address.to_string()).collect()
}

/// Returns enough files that a few others are never half of them.
fn others() -> Vec<Declared> {
    (0..20).map(|number| file(&format!("/srv/{number}"))).collect()
}

fn and(more: &[Declared]) -> Vec<Declared> {
    [others(), more.to_vec()].concat()
}

#[test]
fn declared_resources_are_not_orphans() {
    let all = and(&[file("/etc/a")]);
    assert!(addresses(&forgotten(&made(&all), &all, &[])).is_empty());
}

#[test]
fn a_ledger_is_read_back() {
    let ledger = made(&and(&[key("/etc/key"), declared("apt:tree", &[])]));
    let mut answers = Answers::default();
    let body = [b"ledger\0text=", ledger.text().as_bytes(), b"\0\0"].concat();
    answers.add(LEDGER, 0, &body);
    assert_eq!(Ledger::read(&answers, "a.example").unwrap(), Some(ledger));
    assert_eq!(Ledger::read(&answers, "b.example").unwrap(), None, "another's is not ours");
}

fn read(text: &str) -> Result<Option<Ledger>, Diagnostic> {
    let mut answers = Answers::default();
    answers.add(LEDGER, 0, format!("ledger\0text={text}\0\0").as_bytes());
    Ledger::read(&answers, "a")
}

#[test]
fn newer_ledgers_are_refused_and_damaged_ones_ignored() {
    let problem = read("{\"format\":2,\"tool\":\"9.1.0\"}").unwrap_err();
    assert_eq!(
        problem.message,
        "this host's /var/lib/matrixform/ledger.json has format 2 (matrixform 9.1.0); this version reads 1"
    );
    for damaged in ["", "{", "{\"format\":1}", "[]"] {
        assert_eq!(read(damaged).unwrap(), None, "{damaged}");
    }
}

#[test]
fn each_kind_is_removed_in_its_own_way() {
    let text = |text: &str| DeclaredValue::Text(Content::plain(text));
    let gone = [
        file("/etc/app/a"),
        declared("directory:/etc/app", &[]),
        declared("symlink:/etc/link", &[("target", text("/etc/app/a"))]),
        declared("service:app.service", &[]),
        declared("apt:tree", &[]),
        declared("user:sailor", &[]),
        declared("group:crew", &[]),
        key("/etc/key"),
    ];
    let ledger = made(&and(&gone));
    let all = forgotten(&ledger, &others(), &[]);
    assert_eq!(
        addresses(&all),
        ["absent:/etc/app", "absent:/etc/app/a", "service:app.service", "absent:/etc/link"]
    );
    let needs = |address: &str| -> Vec<String> {
        let one = all.declared.iter().find(|one| one.address.to_string() == address).unwrap();
        one.needs.iter().map(|need| need.pattern.clone()).collect()
    };
    assert_eq!(needs("absent:/etc/app"), ["absent:/etc/app/a", "service:app.service"]);
    assert_eq!(needs("absent:/etc/app/a"), ["service:app.service"]);
    let destroys: Vec<String> = all.destroys.keys().map(ToString::to_string).collect();
    assert_eq!(destroys, ["service:app.service"]);
    let notes = all.notes();
    let lines: Vec<&str> = notes.iter().flat_map(|note| &note.notes).map(String::as_str).collect();
    assert_eq!(
        lines,
        [
            "group:crew: delgroup crew",
            "user:sailor: deluser sailor",
            "file:/etc/key: rm /etc/key",
            "apt:tree: matrixform apply SPEC --allow destroy:apt:tree",
        ]
    );
}

#[test]
fn only_our_packages_are_removed_if_allowed() {
    let tree = declared("apt:tree", &[("version", DeclaredValue::Text(Content::plain("2.1*")))]);
    let ledger = made(&and(std::slice::from_ref(&tree)));
    let pin = "absent:/etc/apt/preferences.d/matrixform-tree";
    let all = forgotten(&ledger, &others(), &["destroy:apt:tree"]);
    assert_eq!(addresses(&all), [pin, "apt:tree"]);
    assert_eq!(addresses(&forgotten(&ledger, &others(), &[])), [pin]);
    let was_there =
        Ledger::of("a.example", &wanted(&and(&[tree])), None, &BTreeMap::new(), RunCoverage::All);
    let all = forgotten(&was_there, &others(), &["destroy:apt:tree"]);
    assert!(!addresses(&all).contains(&"apt:tree".to_owned()));
}

#[test]
fn preexisting_resources_are_kept() {
    let all = and(&[file("/etc/motd"), declared("service:cron.service", &[])]);
    let ledger = Ledger::of("a.example", &wanted(&all), None, &BTreeMap::new(), RunCoverage::All);
    let left = forgotten(&ledger, &others(), &[]);
    assert!(addresses(&left).is_empty());
    let notes = left.notes();
    assert_eq!(
        notes[0].notes,
        [
            "file:/etc/motd: rm /etc/motd",
            "service:cron.service: systemctl disable --now cron.service"
        ]
    );
    // Without a ledger, its name makes it ours.
    let all = and(&[file("/etc/nginx/conf.d/matrixform.conf")]);
    let ledger = Ledger::of("a.example", &wanted(&all), None, &BTreeMap::new(), RunCoverage::All);
    assert_eq!(
        addresses(&forgotten(&ledger, &others(), &[])),
        ["absent:/etc/nginx/conf.d/matrixform.conf"]
    );
}

#[test]
fn a_path_or_unit_with_a_new_owner_is_kept() {
    let ledger = made(&and(&[file("/etc/a"), declared("service:a.service", &[])]));
    let link =
        declared("symlink:/etc/a", &[("target", DeclaredValue::Text(Content::plain("/etc/b")))]);
    let now =
        and(&[link, declared("service:a.service", &[("enabled", DeclaredValue::Bool(false))])]);
    assert!(addresses(&forgotten(&ledger, &now, &[])).is_empty());
}

#[test]
fn removing_more_than_half_needs_permission_each() {
    let ledger = made(&others());
    let half = forgotten(&ledger, &others()[..10], &[]);
    assert_eq!((half.declared.len(), half.destroys.len()), (10, 0));
    let more = forgotten(&ledger, &others()[..9], &[]);
    assert_eq!((more.declared.len(), more.destroys.len()), (11, 11));
}

/// A run that failed half-way forgets nothing that existed before, and nothing that it may have created.
#[test]
fn a_failed_run_forgets_nothing() {
    let before = made(&and(&[file("/etc/a"), declared("apt:tree", &[])]));
    let now = wanted(&and(&[file("/etc/b")]));
    let actions: BTreeMap<String, Action> = [("file:/etc/b".to_owned(), Action::Create)].into();
    let names = |reached: RunCoverage<'_>| -> Vec<String> {
        let ledger = Ledger::of("a.example", &now, Some(&before), &actions, reached);
        let all = ledger.resources.iter().map(|entry| entry.address.clone());
        all.filter(|address| !address.starts_with("file:/srv")).collect()
    };
    assert_eq!(names(RunCoverage::Unknown), ["apt:tree", "file:/etc/a", "file:/etc/b"]);
    assert_eq!(
        names(RunCoverage::All),
        ["apt:tree", "file:/etc/b"],
        "a package may still be asked to go"
    );
}

/// After a run about a part of the spec, the rest keeps its earlier record, and the part has the new one.
#[test]
fn a_partial_run_keeps_the_record_of_the_rest() {
    let with_mode = |path: &str, mode: &str| {
        let mode = ("mode", DeclaredValue::Text(Content::plain(mode)));
        declared(
            &format!("file:{path}"),
            &[("content", DeclaredValue::Text(Content::plain("x"))), mode],
        )
    };
    let before =
        made(&and(&[with_mode("/etc/a", "0600"), with_mode("/etc/b", "0600"), file("/etc/c")]));
    let now =
        wanted(&and(&[with_mode("/etc/a", "0644"), with_mode("/etc/b", "0644"), file("/etc/d")]));
    let actions = BTreeMap::from([("file:/etc/a".to_owned(), Action::Update)]);
    let left = BTreeSet::from(["file:/etc/b", "file:/etc/d"].map(str::to_owned));
    let ledger = Ledger::of("a.example", &now, Some(&before), &actions, RunCoverage::AllBut(&left));
    let whole = made(&and(&[with_mode("/etc/a", "0644")]));
    let entry = |ledger: &Ledger, address: &str| {
        let entry = ledger.entry(address).unwrap();
        (entry.asked.clone(), entry.wanted.clone())
    };
    assert_eq!(entry(&ledger, "file:/etc/a"), entry(&whole, "file:/etc/a"));
    assert_eq!(entry(&ledger, "file:/etc/b"), entry(&before, "file:/etc/b"));
    assert_eq!(
        entry(&ledger, "file:/etc/d"),
        (String::new(), BTreeMap::new()),
        "it was never applied"
    );
    assert!(ledger.entry("file:/etc/c").is_some(), "no orphan is forgotten");
}

/// A measured restart is kept as long as its unit is ours.
#[test]
fn restarts_are_kept_with_their_unit() {
    let service = || declared("service:a.service", &[]);
    let mut before = made(&and(&[service()]));
    before
        .restarts
        .renew(&[("a.service".to_owned(), Duration::from_secs(3))], "2026-11-27T05:40:12Z");
    let mut answers = Answers::default();
    answers.add(LEDGER, 0, format!("ledger\0text={}\0\0", before.text()).as_bytes());
    assert_eq!(Ledger::read(&answers, "a.example").unwrap().as_ref(), Some(&before));
    let of = |now: &[Declared]| {
        Ledger::of("a.example", &wanted(now), Some(&before), &BTreeMap::new(), RunCoverage::All)
    };
    assert_eq!(of(&and(&[service()])).restarts, before.restarts);
    assert!(of(&others()).restarts.is_empty());
}

/// The ledger comes from the host: an invalid path or address in it is not removed.
#[test]
fn a_forged_ledger_cannot_remove_invalid_paths() {
    let entry = |address: &str, path: &str| LedgerEntry {
        address: address.to_owned(),
        paths: vec![path.to_owned()],
        made: true,
        ..LedgerEntry::default()
    };
    let mut ledger = made(&others());
    for path in ["", "etc/a", "/", "//", "/etc/../x", "/etc/./x", "/etc/a/", "/a\nb"] {
        ledger.resources.push(entry(&format!("file:{path}"), path));
    }
    ledger.resources.push(entry("nonsense", "/etc/x"));
    ledger.resources.push(entry("future_kind:/etc/x", "/etc/x"));
    ledger.resources.push(entry("service:../x", "/etc/x"));
    let all = forgotten(&ledger, &others(), &[]);
    assert!(addresses(&all).is_empty(), "{:?}", addresses(&all));
}

/// A run that was interrupted may or may not have changed a secret: its version is then unknown.
#[test]
fn secret_versions_come_from_successful_runs() {
    let version = |name: &str, version: &str| (name.to_owned(), version.to_owned());
    let before = Ledger {
        secrets: BTreeMap::from([version("a/key", "1"), version("b/key", "2")]),
        ..made(&[key("/srv/key")])
    };
    let changing = BTreeSet::from(["a/key".to_owned()]);
    let now = BTreeMap::from([version("a/key", "3")]);
    let none = BTreeSet::new();
    let after = |at_hand: Option<&SecretVersions>, reached: RunCoverage<'_>| {
        before.clone().with_secrets(at_hand, &changing, reached).secrets
    };
    let others = BTreeMap::from([version("b/key", "2")]);
    for (at_hand, reached) in [(Some(&now), RunCoverage::Unknown), (None, RunCoverage::All)] {
        assert_eq!(after(at_hand, reached), others);
    }
    let both = BTreeMap::from([version("a/key", "3"), version("b/key", "2")]);
    assert_eq!(after(Some(&now), RunCoverage::AllBut(&none)), both, "a part of the spec");
    assert_eq!(after(Some(&now), RunCoverage::All), now);
    let entry = &before.resources[0];
    assert_eq!(entry.secrets, BTreeSet::from(["a/key".to_owned()]));
    let read: Ledger = serde_json::from_str(&before.text()).unwrap();
    assert_eq!(read, before);
}
