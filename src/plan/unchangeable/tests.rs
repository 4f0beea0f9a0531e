//! Tests a value that is kept, and every way to lose it.

use super::*;
use crate::diagnostic::{Place, Source};
use crate::resource::{Address, Attribute, Declared, Need, Origin, declare};
use crate::secret::{Content, Secret};
use indexmap::IndexMap;

const FILE: &str = "/etc/app/conf.d/50-ours.yaml";
/// One of our files, which does not set the value.
const MORE: &str = "/etc/app/conf.d/40-more.yaml";
const OTHER: &str = "/etc/app/app.yaml";

fn declared(kind: &str, name: &str, attributes: Vec<(&str, DeclaredValue)>) -> Declared {
    let place = Place::new(&Source::new("test.toml", ""), 0..0);
    let attribute = |value| Attribute { value, place: place.clone() };
    let attributes = attributes.into_iter().map(|(key, value)| (key.into(), attribute(value)));
    Declared {
        address: Address::new(kind, name),
        attributes: attributes.collect::<IndexMap<_, _>>(),
        needs: vec![],
        activation: None,
        effect: None,
        why: None,
        origin: Origin { module: "app".into(), declared: place.clone(), requested: None },
    }
}

fn text(text: &str) -> DeclaredValue {
    DeclaredValue::Text(Content::plain(text))
}

fn list(items: &[&str]) -> DeclaredValue {
    DeclaredValue::List(items.iter().map(|item| text(item)).collect())
}

fn ours(pepper: Option<&str>) -> Content {
    let mut content = Content::plain("passwords:\n  enabled: true\n");
    if let Some(pepper) = pepper {
        content.push(b"  pepper: \"");
        content.push_secret(&Secret::new("app/pepper", pepper));
        content.push(b"\"\n");
    }
    content
}

/// A host: whether it has the database, our file, and another file.
struct TestHost<'a> {
    database: bool,
    ours: Option<&'a str>,
    other: Option<&'a str>,
}

const BLANK: TestHost<'_> = TestHost { database: false, ours: None, other: None };

fn refusal(pepper: Option<&str>, host: &TestHost<'_>) -> Option<Diagnostic> {
    let wanted = ours(pepper);
    let digest = wanted.digest();
    let mut file = declared("file", FILE, vec![("content", DeclaredValue::Text(wanted.clone()))]);
    file.needs.push(Need { pattern: "postgres_database:app".into(), optional: false });
    let merged = declared(
        "merged_yaml",
        "/etc/app",
        vec![
            ("paths", list(&["/etc/app/conf.d"])),
            ("own", list(&[MORE, FILE])),
            ("earlier", list(&[OTHER])),
            (FOREVER, list(&["passwords.pepper=no password works any more"])),
        ],
    );
    let database = vec![("cluster", text("15/main")), ("owner", text("x"))];
    let more = declared("file", MORE, vec![("content", text("more: 1\n"))]);
    let database_of_it = declared("postgres_database", "app", database);
    let wanted_all = declare(vec![file, more, merged, database_of_it]).unwrap();
    let mut answers = Answers::default();
    let database: &[u8] =
        if host.database { b"database 15/main app\0owner=x\0encoding=UTF8\0\0" } else { b"" };
    let cluster = [b"cluster 15/main\0state=up\0\0".as_slice(), database].concat();
    answers.add("postgres_observe", 0, &cluster);
    let record = |path: &str, content: &str| {
        format!("{path}\0content={}\0\0", STANDARD.encode(content)).into_bytes()
    };
    let more = format!("{MORE}\0sha256={}\0\0", Content::plain("more: 1\n").digest());
    answers.add("file_observe", 0, more.as_bytes());
    if let Some(content) = host.ours {
        let sum = Content::plain(content).digest();
        let mut file = format!("{FILE}\0sha256={sum}\0\0").into_bytes();
        if sum != digest {
            file.extend(record(FILE, content));
        }
        answers.add("file_observe", 0, &file);
    }
    let mut others = b"/\0files=1\0\0".to_vec();
    others.extend(host.other.map(|content| record(OTHER, content)).unwrap_or_default());
    answers.add("merged_yaml_observe", 0, &others);
    let mut found = changed_permanent_values(&wanted_all, &answers);
    assert!(found.len() < 2, "{found:?}");
    found.pop()
}

const WITH: &str = "passwords:\n  enabled: true\n  pepper: \"one\"\n";
const WITHOUT: &str = "passwords:\n  enabled: true\n";

#[test]
fn an_unchanged_value_passes() {
    let host = |ours| TestHost { database: true, ours: Some(ours), ..BLANK };
    assert_eq!(refusal(Some("one"), &host(WITH)), None);
    assert_eq!(refusal(Some("one"), &host("passwords: {pepper: 'one'}\nnew: 1\n")), None);
    assert_eq!(refusal(None, &host(WITHOUT)), None);
    assert_eq!(refusal(None, &host("passwords:\n  pepper: ''\n")), None);
    // Without a database nothing depends on a value, and a host that is rebuilt has no file yet.
    assert_eq!(refusal(Some("two"), &TestHost { ours: Some(WITH), ..BLANK }), None);
    assert_eq!(refusal(Some("one"), &TestHost { database: true, ..BLANK }), None);
}

#[test]
fn a_changed_value_is_refused_with_both_remedies() {
    for host in [
        TestHost { database: true, ours: Some(WITH), other: None },
        TestHost { database: true, ours: None, other: Some(WITH) },
        // The later file wins.
        TestHost { database: true, ours: Some(WITH), other: Some("passwords: {pepper: two}\n") },
    ] {
        let found = refusal(Some("two"), &host).unwrap();
        assert_eq!(found.code, "plan/for-ever");
        assert!(
            found.message.contains("`passwords.pepper`, and then no password works"),
            "{found:?}"
        );
        let help = found.help.clone().unwrap();
        assert!(help.contains("import SPEC --from-host") && help.contains("by hand"), "{help}");
        // The instructions, once followed, pass.
        let by_hand = TestHost { database: true, ours: None, other: None };
        assert_eq!(refusal(Some("two"), &by_hand), None);
        let shown = format!("{found:?}");
        assert!(!shown.contains("\"one\"") && !shown.contains("two"), "{shown}");
    }
}

#[test]
fn dropping_and_adding_are_refused_too() {
    let host = TestHost { database: true, ours: Some(WITH), other: None };
    let found = refusal(None, &host).unwrap();
    assert!(found.message.starts_with("this plan would remove `passwords.pepper`"), "{found:?}");
    assert!(found.notes[0].contains(FILE), "{found:?}");
    let found = refusal(None, &TestHost { database: true, ours: None, other: Some(WITH) }).unwrap();
    assert!(found.notes[0].contains(OTHER), "{found:?}");
    let found =
        refusal(Some("one"), &TestHost { database: true, ours: Some(WITHOUT), other: None })
            .unwrap();
    assert!(found.message.starts_with("the host runs without one"), "{found:?}");
}

#[test]
fn unreadable_settings_are_ignored() {
    for content in ["passwords: [", "- a\n"] {
        assert_eq!(
            refusal(Some("one"), &TestHost { database: true, ours: Some(content), other: None }),
            None
        );
    }
}
