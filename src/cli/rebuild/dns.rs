//! What DNS has to say once the server is on another host.

use super::old_server::net;
use crate::diagnostic::Diagnostic;
use crate::module::outside::RecordWant;
use crate::run::Snapshot;
use crate::verify::{ZoneRecord, is_public, listed};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Returns the A and AAAA records of the names that do not lead to this host, as this machine resolves them; `None` if its
/// public address is unknown.
pub(super) async fn missing(host: &str, snapshot: &Snapshot) -> Option<Vec<ZoneRecord>> {
    let net = net().ok()?;
    let own = snapshot.facts.addresses.iter();
    let mut own: Vec<IpAddr> = own.filter_map(|one| one.parse().ok()).filter(is_public).collect();
    // Behind NAT, which is common for IPv4 alone, a host does not know the address at which it was reached.
    let reached = net.addresses(host).await.into_iter().filter(is_public);
    let reached: Vec<IpAddr> =
        reached.filter(|one| own.iter().all(|known| known.is_ipv4() != one.is_ipv4())).collect();
    own.extend(reached);
    if own.is_empty() {
        return None;
    }
    let records = snapshot.expansion.records.iter();
    let rows = records.filter(|record| record.want == RecordWant::Host);
    let mut rows: Vec<ZoneRecord> = rows.flat_map(|record| listed(record, &own)).collect();
    rows.retain(|row| row.value.is_some());
    let mut answers = BTreeMap::new();
    for name in rows.iter().map(|row| &row.name).collect::<BTreeSet<_>>() {
        answers.insert(name.clone(), net.addresses(name).await);
    }
    Some(differing(rows, &own, &answers))
}

/// Returns the records of each name and address family whose answer is empty, or leads elsewhere too. A family of which the
/// host has no known address is not checked.
fn differing(
    rows: Vec<ZoneRecord>,
    own: &[IpAddr],
    answers: &BTreeMap<String, Vec<IpAddr>>,
) -> Vec<ZoneRecord> {
    let is_right = |row: &ZoneRecord| {
        let answer = answers.get(&row.name).into_iter().flatten();
        let mut family = answer.filter(|one| one.is_ipv4() == (row.record_type == "A")).peekable();
        family.peek().is_some() && family.all(|one| own.contains(one))
    };
    rows.into_iter().filter(|row| !is_right(row)).collect()
}

/// Returns the note about what to do next; `missing` are the records that were printed before it.
pub(super) fn note(missing: Option<&[ZoneRecord]>, spec: &str) -> Diagnostic {
    let then = format!(
        "`matrixform verify {spec}` tests the server from outside; then make a backup: `matrixform backup now {spec}`"
    );
    let dns = format!("`matrixform dns {spec}` tests all records");
    let missing = match missing {
        None => {
            let message = "the host may have a new address";
            return Diagnostic::note("rebuild/verify", message).help(format!("{dns}, {then}"));
        }
        Some([]) => {
            let message = "the server's names lead to this host";
            return Diagnostic::note("rebuild/verify", message).help(then);
        }
        Some(missing) => missing,
    };
    let mut names: Vec<&str> = missing.iter().map(|row| row.name.as_str()).collect();
    names.dedup();
    let message = format!(
        "DNS does not lead to this host yet: publish the records above for {}, and remove those that lead to the old host",
        names.join(", ")
    );
    Diagnostic::note("rebuild/dns", message).help(format!("{dns}; once they are published, {then}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, record_type: &'static str, value: &str) -> ZoneRecord {
        ZoneRecord {
            name: name.to_owned(),
            record_type,
            value: Some(value.to_owned()),
            absent: false,
            why: "clients".to_owned(),
        }
    }

    #[test]
    fn records_of_misdirected_names_are_printed() {
        let rows = || {
            vec![
                row("example.org", "A", "192.0.2.7"),
                row("matrix.example.org", "A", "192.0.2.7"),
                row("matrix.example.org", "AAAA", "2001:db8::7"),
            ]
        };
        let answers = |of: [&[&str]; 2]| {
            let all = of.map(|all| all.iter().map(|one| one.parse().unwrap()).collect());
            BTreeMap::from_iter(
                ["example.org", "matrix.example.org"].map(str::to_owned).into_iter().zip(all),
            )
        };
        let new = ["2001:db8::7", "192.0.2.7"];
        let own = new.map(|one| one.parse().unwrap());
        let differing = |of| super::differing(rows(), &own, &answers(of));
        assert_eq!(differing([&["192.0.2.7"], &new]), []);
        // The name does not exist; an AAAA record of the old host is left, or there is none.
        assert_eq!(differing([&["192.0.2.7"], &[]]), rows()[1..]);
        for wrong in [&["192.0.2.7", "2001:db8::9"][..], &["192.0.2.7"]] {
            assert_eq!(differing([&["192.0.2.7"], wrong]), rows()[2..]);
        }
        // Only IPv6 is known: the record of IPv4 may be right.
        let six = rows().split_off(2);
        let of = answers([&["198.51.100.4"], &["198.51.100.4", "2001:db8::7"]]);
        assert_eq!(super::differing(six, &own[..1], &of), []);
        let found = differing([&["192.0.2.1"], &new]);
        insta::assert_snapshot!(note(Some(&found), "prod.toml").render(false));
        let help = note(Some(&[]), "prod.toml").help.unwrap();
        assert!(help.starts_with("`matrixform verify prod.toml`"), "{help}");
    }
}
