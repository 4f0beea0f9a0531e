//! Tests the verdicts on DNS answers.

use super::*;
use crate::module::outside::Issue;

fn record(want: RecordWant) -> DnsRecord {
    DnsRecord { module: "m".into(), name: "a.example".into(), want, why: "it is needed".into() }
}

fn addresses_by(by: &str, all: &[&str]) -> Vec<ServerAnswer> {
    let answer = |family: bool, record_type: Type| ServerAnswer {
        by: by.into(),
        record_type,
        data: all
            .iter()
            .map(|one| one.parse::<IpAddr>().unwrap())
            .filter(|one| one.is_ipv4() == family)
            .map(Data::Address)
            .collect(),
    };
    vec![answer(true, Type::A), answer(false, Type::Aaaa)]
}

fn seen(record: &DnsRecord, answers: &[ServerAnswer], own: &[&str]) -> Vec<String> {
    let own: Vec<IpAddr> = own.iter().map(|one| one.parse().unwrap()).collect();
    let faults = find_faults(record, answers, (&own, true));
    let mark = |fault: &Fault| if fault.warning { "(" } else { "" };
    faults.iter().map(|fault| format!("{}{}", mark(fault), fault.seen)).collect()
}

#[test]
fn addresses_must_be_those_of_the_host() {
    let host = record(RecordWant::Host);
    let own = ["203.0.113.1", "2001:db8::1", "10.0.0.1"];
    let seen_in = |all: &[&str]| seen(&host, &addresses_by(HERE, all), &own);
    assert!(seen_in(&["203.0.113.1", "2001:db8::1"]).is_empty());
    assert_eq!(seen_in(&[]), ["no A and no AAAA"]);
    assert_eq!(seen_in(&["203.0.113.1"]), ["(no AAAA"]);
    assert_eq!(seen_in(&["2001:db8::1"]), ["no A"]);
    let other = "which is not an address of this host";
    assert_eq!(seen_in(&["203.0.113.9", "2001:db8::1"]), [format!("A 203.0.113.9, {other}")]);
    assert_eq!(seen_in(&["203.0.113.1", "2001:db8::9"]), [format!("AAAA 2001:db8::9, {other}")]);
}

#[test]
fn an_internal_address_says_nothing_about_public_ones() {
    let host = record(RecordWant::Host);
    let inside = addresses_by(HERE, &["10.0.0.9"]);
    assert_eq!(seen(&host, &inside, &["10.0.0.1"]).len(), 1);
    let outside = addresses_by(HERE, &["203.0.113.1"]);
    assert!(seen(&host, &outside, &["10.0.0.1"]).is_empty());
    let six = addresses_by(HERE, &["2001:db8::1"]);
    let own = ["10.0.0.1".parse().unwrap()];
    let faults = |knows_all| find_faults(&host, &six, (&own, knows_all));
    assert_eq!(faults(true)[0].seen, "AAAA 2001:db8::1, which is not an address of this host");
    assert!(faults(false)[0].warning, "it may be");
}

#[test]
fn differing_servers_are_named() {
    let host = record(RecordWant::Host);
    let own = ["203.0.113.1", "203.0.113.2"];
    let seen_by = |here: &str, one: &str, two: &str| {
        let mut all = addresses_by(HERE, &[here]);
        all.extend(addresses_by("ns1.example", &[one]));
        all.extend(addresses_by("ns2.example", &[two]));
        seen(&host, &all, &own)
    };
    let (a, b) = (own[0], own[1]);
    assert!(seen_by(a, a, a).is_empty());
    assert_eq!(seen_by(a, a, b), [format!("A: ns1.example says {a}, ns2.example says {b}")]);
    assert_eq!(seen_by(b, a, a), [format!("(A: {HERE} says {b}, ns1.example says {a}")]);
}

#[test]
fn the_authority_must_be_allowed_to_issue() {
    let caa = record(RecordWant::Issue(Issue { value: "ca.example".into(), method: None }));
    let seen_for = |values: &[(&str, &str)]| {
        let data = values.iter().map(|(tag, value)| Data::Authority {
            critical: false,
            tag: (*tag).into(),
            value: (*value).into(),
        });
        let answer = ServerAnswer { by: HERE.into(), record_type: Type::Caa, data: data.collect() };
        seen(&caa, &[answer], &[])
    };
    assert!(
        seen_for(&[("issue", "other.example"), ("issue", " CA.example; accounturi=x")]).is_empty()
    );
    assert_eq!(seen_for(&[]), ["(no CAA: any authority may issue"]);
    assert_eq!(seen_for(&[("iodef", "mailto:x")]), ["(no CAA: any authority may issue"]);
    assert_eq!(seen_for(&[("issue", "other.example")]), ["CAA 0 issue \"other.example\""]);
    assert_eq!(seen_for(&[("issue", ";")]), ["CAA 0 issue \";\""]);
}

#[test]
fn other_records_must_be_present_or_absent() {
    let text = |all: &[&str]| {
        let data = all.iter().map(|one| Data::Text((*one).into())).collect();
        vec![ServerAnswer { by: HERE.into(), record_type: Type::Txt, data }]
    };
    let some = record(RecordWant::Some(RecordType::Txt, "v=spf1".into()));
    assert!(seen(&some, &text(&["x", "v=spf1 -all"]), &[]).is_empty());
    assert_eq!(seen(&some, &text(&["x"]), &[]), ["(TXT x"]);
    let none = record(RecordWant::None(RecordType::Txt));
    assert!(seen(&none, &text(&[]), &[]).is_empty());
    assert_eq!(seen(&none, &text(&["x\u{1b}"]), &[]), ["(TXT x\\u{1b}"]);
    let is = record(RecordWant::Is(RecordType::Txt, "x".into()));
    assert_eq!(seen(&is, &text(&[]), &[]), ["no TXT"]);
}
