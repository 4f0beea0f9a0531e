//! Parses openssl's output about a certificate. Anything not in the known form counts as not seen. Dates in openssl's
//! format (`Nov 22 07:55:20 2026 GMT`) become seconds since 1970.

use super::Record;
use crate::time::{day, seconds_of_openssl};
use std::net::IpAddr;

/// Seconds per day.
pub(super) const DAY: i64 = 86_400;

/// The fields of a certificate.
#[derive(Debug, PartialEq)]
pub(super) struct CertificateText {
    /// The subject, as `CN=name`.
    pub(super) subject: String,
    /// The issuer.
    pub(super) issuer: String,
    /// Its names and addresses, sorted.
    pub(super) names: Vec<String>,
    /// Start of validity.
    pub(super) not_before: i64,
    /// End of validity.
    pub(super) not_after: i64,
}

impl CertificateText {
    /// Parses a record; `None` if there is no certificate, or none that openssl can read.
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

    /// Returns the whole lifetime, in seconds.
    pub(super) fn lifetime(&self) -> i64 {
        self.not_after - self.not_before
    }

    /// Returns the lifetime that was asked for, in days.
    pub(super) fn days(&self) -> i64 {
        self.lifetime() / DAY
    }

    /// Returns the day it expires, as `2026-11-22`.
    pub(super) fn last_day(&self) -> String {
        day(self.not_after)
    }
}

/// Normalizes and sorts names so that they compare.
pub(super) fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.map(|name| spelt(&name)).collect();
    names.sort();
    names.dedup();
    names
}

/// Normalizes a name: lower case; addresses as Rust prints them.
fn spelt(name: &str) -> String {
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => name.to_lowercase(),
    }
}

/// Parses `DNS:a` or `IP Address:0:0:0:0:0:0:0:1`; other types keep their prefix.
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
