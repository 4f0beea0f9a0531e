//! Tests the specification's cases: what is looked up and where the name leads.

use super::resolve::{Lookups, Resolved, SrvTarget, WellKnown, resolve};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A world with a few answers that records what it was asked.
#[derive(Default)]
struct Few {
    documents: BTreeMap<&'static str, &'static str>,
    services: BTreeMap<&'static str, Vec<(u16, u16, u16, &'static str)>>,
    asked: Mutex<Vec<String>>,
}

impl Lookups for Few {
    async fn document(&self, host: &str) -> WellKnown {
        self.asked.lock().unwrap().push(format!("document {host}"));
        match self.documents.get(host) {
            Some(text) => WellKnown::Text((*text).to_owned()),
            None => WellKnown::None("status 404".to_owned()),
        }
    }

    async fn services(&self, name: &str) -> Vec<SrvTarget> {
        self.asked.lock().unwrap().push(format!("SRV {name}"));
        let found = self.services.get(name).into_iter().flatten();
        found
            .map(|(priority, weight, port, target)| SrvTarget {
                priority: *priority,
                weight: *weight,
                port: *port,
                target: (*target).to_owned(),
            })
            .collect()
    }
}

fn go(name: &str, few: &Few) -> Result<Resolved, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(resolve(name, few))
}

/// Returns host and port, the certificate's name, and what was looked up.
fn way(name: &str, few: &Few) -> (String, String, String) {
    let resolved = go(name, few).unwrap();
    let asked = few.asked.lock().unwrap().join(", ");
    (format!("{} {}", resolved.host, resolved.port), resolved.certificate, asked)
}

fn document(text: &'static str) -> Few {
    Few { documents: BTreeMap::from([("a.example", text)]), ..Few::default() }
}

#[test]
fn explicit_names_need_no_lookup() {
    for (name, at, certificate) in [
        ("192.0.2.1", "192.0.2.1 8448", "192.0.2.1"),
        ("192.0.2.1:80", "192.0.2.1 80", "192.0.2.1"),
        ("[2001:db8::1]", "2001:db8::1 8448", "2001:db8::1"),
        ("[2001:db8::1]:80", "2001:db8::1 80", "2001:db8::1"),
        ("a.example:80", "a.example 80", "a.example"),
        ("A.Example:8448", "a.example 8448", "a.example"),
    ] {
        let few = document(r#"{"m.server": "b.example:1"}"#);
        assert_eq!(way(name, &few), (at.into(), certificate.into(), String::new()), "{name}");
    }
}

#[test]
fn a_document_delegates_only_once() {
    let asked = "document a.example";
    for (text, at, certificate, more) in [
        (r#"{"m.server": "192.0.2.1"}"#, "192.0.2.1 8448", "192.0.2.1", ""),
        (r#"{"m.server": "192.0.2.1:1"}"#, "192.0.2.1 1", "192.0.2.1", ""),
        (r#"{"m.server": "[2001:db8::1]:1"}"#, "2001:db8::1 1", "2001:db8::1", ""),
        (r#"{"m.server": "b.example:443"}"#, "b.example 443", "b.example", ""),
        (r#"{"m.server": "b.example:443", "x": 1}"#, "b.example 443", "b.example", ""),
        (
            r#"{"m.server": "b.example"}"#,
            "b.example 8448",
            "b.example",
            ", SRV _matrix-fed._tcp.b.example, SRV _matrix._tcp.b.example",
        ),
    ] {
        let wanted = (at.to_owned(), certificate.to_owned(), format!("{asked}{more}"));
        assert_eq!(way("a.example", &document(text)), wanted, "{text}");
    }
}

#[test]
fn an_invalid_document_is_ignored() {
    for (text, why) in [
        ("", "it is not JSON: "),
        ("<html>\u{1b}[2J", "it is not JSON: <html>\\u{1b}[2J"),
        ("[]", "it has no `m.server`"),
        ("{}", "it has no `m.server`"),
        (r#"{"m.server": 1}"#, "`m.server` is not text: 1"),
        (r#"{"m.server": ""}"#, "`m.server` is not a server name: ``"),
        (r#"{"m.server": "b_c.example"}"#, "`m.server` is not a server name: `b_c.example`"),
        (
            r#"{"m.server": "b.example:99999"}"#,
            "`m.server` is not a server name: `b.example:99999`",
        ),
        (r#"{"m.server": "b.example:"}"#, "`m.server` is not a server name: `b.example:`"),
        (
            r#"{"m.server": "https://b.example"}"#,
            "`m.server` is not a server name: `https://b.example`: a name and a port, without `https://`",
        ),
    ] {
        let resolved = go("a.example", &document(text)).unwrap();
        assert_eq!(resolved.broken.as_deref(), Some(why), "{text}");
        assert_eq!((resolved.host.as_str(), resolved.port), ("a.example", 8448), "{text}");
    }
}

#[test]
fn records_come_after_the_document() {
    let new = (
        "_matrix-fed._tcp.a.example",
        vec![(2, 9, 1, "c.example"), (1, 1, 2, "d.example"), (1, 5, 3, "e.example")],
    );
    let old = ("_matrix._tcp.a.example", vec![(1, 1, 4, "f.example")]);
    let first = "document a.example, SRV _matrix-fed._tcp.a.example";
    let few = Few { services: BTreeMap::from([new, old.clone()]), ..Few::default() };
    // The certificate is for the name that has the record, not for the record's target.
    let wanted = ("e.example 3".to_owned(), "a.example".to_owned(), first.to_owned());
    assert_eq!(way("a.example", &few), wanted);
    let few = Few { services: BTreeMap::from([old]), ..Few::default() };
    let wanted = ("f.example 4", "a.example", format!("{first}, SRV _matrix._tcp.a.example"));
    assert_eq!(way("a.example", &few), (wanted.0.into(), wanted.1.into(), wanted.2));
    let none = ("_matrix-fed._tcp.a.example", vec![(0, 0, 0, "")]);
    let few = Few { services: BTreeMap::from([none]), ..Few::default() };
    assert_eq!(way("a.example", &few).0, "a.example 8448");
}

#[test]
fn a_delegated_name_has_records_too() {
    let of = ("_matrix-fed._tcp.b.example", vec![(1, 1, 5, "c.example")]);
    let few = Few { services: BTreeMap::from([of]), ..document(r#"{"m.server": "b.example"}"#) };
    let asked = "document a.example, SRV _matrix-fed._tcp.b.example".to_owned();
    assert_eq!(way("a.example", &few), ("c.example 5".into(), "b.example".into(), asked));
}

#[test]
fn invalid_server_names_are_refused() {
    let long = "a".repeat(256);
    for name in
        ["", "a b", "a/b", "a.example:x", "[192.0.2.1]", "2001:db8::1", "a_b", "@a:b", &long]
    {
        assert!(go(name, &Few::default()).is_err(), "{name}");
    }
}
