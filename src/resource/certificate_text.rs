//! Reads what openssl prints of a certificate. What it does not print in the known form counts as
//! not seen; dates are openssl's own (`Nov 22 07:55:20 2026 GMT`), as seconds since 1970.

use super::Record;
use crate::time::{day, seconds_of_openssl};
use std::net::IpAddr;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// What a certificate says of itself.
#[derive(Debug, PartialEq)]
pub(super) struct CertificateText {
    /// Whose it is, as `CN=name`.
    pub(super) subject: String,
    /// Who signed it.
    pub(super) issuer: String,
    /// Its names and addresses, sorted.
    pub(super) names: Vec<String>,
    /// From when it holds.
    pub(super) not_before: i64,
    /// Until when.
    pub(super) not_after: i64,
}

impl CertificateText {
    /// Out of an answer's record; `None` when there is no certificate, or none that openssl reads.
    pub(super) fn of(record: &Record) -> Option<CertificateText> {
        let text = record.text("text")?;
        let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start));
        let mut lines = text.lines().skip_while(|line| !line.contains("Subject Alternative Name"));
        let names = lines.nth(1).unwrap_or_default();
        Some(CertificateText {
            subject: line("subject=")?.trim().to_owned(),
            issuer: line("issuer=")?.trim().to_owned(),
            names: sorted(names.split(", ").filter_map(name)),
            not_before: seconds_of_openssl(line("notBefore=")?)?,
            not_after: seconds_of_openssl(line("notAfter=")?)?,
        })
    }

    /// Its whole life, in seconds.
    pub(super) fn life(&self) -> i64 {
        self.not_after - self.not_before
    }

    /// For how many days it was made.
    pub(super) fn days(&self) -> i64 {
        self.life() / DAY
    }

    /// The day it ends, as `2026-11-22`.
    pub(super) fn last_day(&self) -> String {
        day(self.not_after)
    }
}

/// Names in one spelling and order, so that they compare.
pub(super) fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.map(|name| spelt(&name)).collect();
    names.sort();
    names.dedup();
    names
}

/// A name's one spelling: lower case; an address as Rust prints it.
fn spelt(name: &str) -> String {
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => name.to_lowercase(),
    }
}

/// One of `DNS:a`, `IP Address:0:0:0:0:0:0:0:1`; other kinds keep their prefix.
fn name(item: &str) -> Option<String> {
    let item = item.trim();
    let bare = item.strip_prefix("DNS:").or_else(|| item.strip_prefix("IP Address:"));
    (!item.is_empty()).then(|| bare.unwrap_or(item).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_spelling() {
        let names = ["DNS:B.example", "IP Address:0:0:0:0:0:0:0:1", "DNS:a", "email:x"];
        let names = sorted(names.into_iter().filter_map(name));
        assert_eq!(names, ["::1", "a", "b.example", "email:x"]);
    }
}
