//! Compares DNS answers with what is wanted. Pure.

use super::super::report::Fault;
use super::super::shortened;
use super::{HERE, authority};
use crate::module::outside::{DnsRecord, RecordType, RecordWant};
use crate::net::dns::{Data, Type};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The answer of one server.
#[derive(Clone, Debug)]
pub(super) struct ServerAnswer {
    /// The server.
    pub(super) by: String,
    /// The record type.
    pub(super) record_type: Type,
    /// The records.
    pub(super) data: Vec<Data>,
}

/// Returns what is wrong.
///
/// `own` are the host's addresses, and whether the list is complete.
pub(super) fn find_faults(
    record: &DnsRecord,
    answers: &[ServerAnswer],
    own: (&[IpAddr], bool),
) -> Vec<Fault> {
    let faults = match &record.want {
        RecordWant::Host => addresses(&record.name, answers, own),
        RecordWant::Issue(issue) => {
            let here = answers.iter().filter(|one| one.by == HERE).flat_map(|one| &one.data);
            authority::find_faults(&record.name, &here.collect::<Vec<_>>(), issue)
        }
        RecordWant::Is(record_type, value) => is(record, *record_type, answers, value),
        RecordWant::Some(record_type, begins) => some(record, *record_type, answers, begins),
        RecordWant::None(record_type) => none(record, *record_type, answers),
    };
    faults.into_iter().chain(differing(&record.name, answers)).collect()
}

fn addresses(
    name: &str,
    answers: &[ServerAnswer],
    (own, knows_all): (&[IpAddr], bool),
) -> Vec<Fault> {
    let found: BTreeSet<IpAddr> =
        answers.iter().flat_map(|one| &one.data).filter_map(address).collect();
    let lists = "`matrixform dns` lists all records";
    let wanted = reachable(own).iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
    if found.is_empty() {
        let expected = format!("A or AAAA with an address of this host: {wanted}");
        let fix = format!("create the record at your DNS provider; {lists}");
        return vec![Fault::new(name, "no A and no AAAA", expected).fix(fix)];
    }
    let mut faults = Vec::new();
    for address in found.iter().filter(|one| !own.contains(one)) {
        let record_type = if address.is_ipv4() { "A" } else { "AAAA" };
        let has = own.iter().any(|one| one.is_ipv4() == address.is_ipv4() && is_public(one));
        // Behind NAT, a host does not know its public IPv4 address; a host that was never looked at may have any
        // address.
        if is_public(address) && !has && (address.is_ipv4() || !knows_all) {
            if !knows_all {
                let seen = format!("{record_type} {address}, which may or may not be this host");
                let fix = "run `matrixform plan` from this machine once, which records the host's addresses";
                let fault =
                    Fault::new(name, seen, format!("{record_type} with an address of this host"));
                faults.push(fault.fix(fix).warning());
            }
            continue;
        }
        let seen = format!("{record_type} {address}, which is not an address of this host");
        let expected = match own.iter().any(|one| one.is_ipv4() == address.is_ipv4()) {
            true => format!("{record_type} with one of {wanted}"),
            false => format!("no {record_type}: this host has no such address"),
        };
        let fix = "correct or remove the record; it is fine if that is a proxy or load balancer in front of this host";
        faults.push(Fault::new(name, seen, expected).fix(fix));
    }
    for (record_type, family) in [("A", true), ("AAAA", false)] {
        let has = found.iter().any(|one| one.is_ipv4() == family);
        let mut mine = own.iter().filter(|one| one.is_ipv4() == family && is_public(one));
        if let (false, Some(address)) = (has, mine.next()) {
            let fix = format!(
                "create the record, for clients that only have this address family; {lists}"
            );
            let fault =
                Fault::new(name, format!("no {record_type}"), format!("{record_type} {address}"))
                    .fix(fix);
            faults.push(if family { fault } else { fault.warning() });
        }
    }
    faults
}

fn address(data: &Data) -> Option<IpAddr> {
    match data {
        Data::Address(address) => Some(*address),
        _ => None,
    }
}

/// Returns the addresses to publish: the public ones, or all if none is public.
pub(super) fn reachable(own: &[IpAddr]) -> Vec<IpAddr> {
    let public: Vec<IpAddr> = own.iter().copied().filter(is_public).collect();
    if public.is_empty() { own.to_vec() } else { public }
}

/// Returns whether an address may be reachable from anywhere.
pub fn is_public(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [a, b, ..] = four.octets();
            !(four.is_private()
                || four.is_loopback()
                || four.is_link_local()
                || four.is_unspecified()
                || (a == 100 && (64..128).contains(&b)))
        }
        IpAddr::V6(six) => {
            let first = six.segments().first().copied().unwrap_or_default();
            !(six.is_loopback()
                || six.is_unspecified()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80)
        }
    }
}

fn is(
    record: &DnsRecord,
    record_type: RecordType,
    answers: &[ServerAnswer],
    value: &str,
) -> Vec<Fault> {
    let found = texts(answers);
    if found.iter().any(|text| text.eq_ignore_ascii_case(value)) {
        return Vec::new();
    }
    vec![missing(record, record_type, &found, value)]
}

fn some(
    record: &DnsRecord,
    record_type: RecordType,
    answers: &[ServerAnswer],
    begins: &str,
) -> Vec<Fault> {
    let found = texts(answers);
    let has = |text: &String| text.to_ascii_lowercase().starts_with(&begins.to_ascii_lowercase());
    if found.iter().any(has) {
        return Vec::new();
    }
    vec![missing(record, record_type, &found, &format!("{begins} …")).warning()]
}

fn missing(record: &DnsRecord, record_type: RecordType, found: &[String], wanted: &str) -> Fault {
    let name = record_type.name();
    let seen = match found {
        [] => format!("no {name}"),
        found => format!("{name} {}", shortened(&found.join(", "))),
    };
    let fix = format!("create the record: {}", record.why);
    Fault::new(&record.name, seen, format!("{name} {wanted}")).fix(fix)
}

fn none(record: &DnsRecord, record_type: RecordType, answers: &[ServerAnswer]) -> Vec<Fault> {
    let found = texts(answers);
    if found.is_empty() {
        return Vec::new();
    }
    let seen = format!("{} {}", record_type.name(), shortened(&found.join(", ")));
    let fix = format!("remove it: {}", record.why);
    let fault = Fault::new(&record.name, seen, format!("no {}", record_type.name())).fix(fix);
    vec![fault.warning()]
}

fn texts(answers: &[ServerAnswer]) -> Vec<String> {
    let all: BTreeSet<String> = answers.iter().flat_map(|one| &one.data).map(text).collect();
    all.into_iter().collect()
}

fn text(data: &Data) -> String {
    match data {
        Data::Address(address) => address.to_string(),
        Data::Name(name) => name.clone(),
        Data::Service { priority, weight, port, target } => {
            format!("{priority} {weight} {port} {target}.")
        }
        Data::Mail(preference, name) => format!("{preference} {name}."),
        Data::Text(text) => text.clone(),
        Data::Authority { critical, tag, value } => {
            format!("{} {tag} \"{value}\"", if *critical { 128 } else { 0 })
        }
        Data::Other => "?".to_owned(),
    }
}

/// Reports differences among the zone's servers, and between them and this machine's resolver.
fn differing(name: &str, answers: &[ServerAnswer]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let types: BTreeSet<Type> = answers.iter().map(|one| one.record_type).collect();
    for record_type in types {
        let shown = |one: &ServerAnswer| {
            let all = texts(std::slice::from_ref(one)).join(", ");
            if all.is_empty() { "nothing".to_owned() } else { shortened(&all) }
        };
        let own: Vec<&ServerAnswer> =
            answers.iter().filter(|one| one.record_type == record_type && one.by != HERE).collect();
        let Some(first) = own.first() else { continue };
        let kind = format!("{record_type:?}").to_uppercase();
        if let Some(other) = own.iter().find(|one| shown(one) != shown(first)) {
            let seen = format!(
                "{kind}: {} says {}, {} says {}",
                first.by,
                shown(first),
                other.by,
                shown(other)
            );
            let fix = "find out why the zone's name servers differ: one of them has an old copy";
            faults.push(
                Fault::new(name, seen, "the same answer from all name servers of the zone")
                    .fix(fix),
            );
            continue;
        }
        let here = answers.iter().find(|one| one.record_type == record_type && one.by == HERE);
        if let Some(here) = here.filter(|here| shown(here) != shown(first)) {
            let seen =
                format!("{kind}: {HERE} says {}, {} says {}", shown(here), first.by, shown(first));
            let fix = "wait: cached answers expire after the record's TTL";
            faults.push(Fault::new(name, seen, "the same everywhere").fix(fix).warning());
        }
    }
    faults
}

#[cfg(test)]
mod tests;
