//! Reads what openssl prints of a certificate. What it does not print in the known form counts as
//! not seen; dates are openssl's own (`Nov 22 07:55:20 2026 GMT`), as seconds since 1970.

use super::Record;
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
            not_before: seconds(line("notBefore=")?)?,
            not_after: seconds(line("notAfter=")?)?,
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
        let (year, month, day) = date(self.not_after.div_euclid(DAY));
        format!("{year}-{month:02}-{day:02}")
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

/// Seconds since 1970 of `Nov  2 07:55:20 2026 GMT`.
fn seconds(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let [month, day, time, year, "GMT"] = words.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| name == month)? as i64 + 1;
    let clock: Vec<i64> = time.split(':').filter_map(|part| part.parse().ok()).collect();
    let [hour, minute, second] = clock.as_slice() else { return None };
    let days = days(year.parse().ok()?, month, day.parse().ok()?);
    Some(days * DAY + hour * 3600 + minute * 60 + second)
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `2026-11-27T05:40:12Z` of seconds since 1970.
pub fn utc(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or_default();
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The inverse of `utc`; of a text that is no such time, none.
pub fn seconds_of_utc(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok().map(i64::from);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    u64::try_from(seconds).ok().filter(|seconds| utc(*seconds) == text)
}

/// The date of a day since 1970-01-01; the inverse of `days`.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_times() {
        assert_eq!(utc(1_793_605_988), "2026-11-02T07:53:08Z");
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn reads_dates() {
        assert_eq!(seconds("Nov  2 07:53:08 2026 GMT"), Some(1_793_605_988));
        assert_eq!(seconds("Jan  1 00:00:00 1970 GMT"), Some(0));
        assert_eq!(seconds("Feb 29 23:59:59 2096 GMT"), Some(3_981_398_399));
        for wrong in ["", "Nov 2 07:53:08 2026", "Nix 2 07:53:08 2026 GMT", "Nov 2 07 2026 GMT"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_have_one_spelling() {
        let names = ["DNS:B.example", "IP Address:0:0:0:0:0:0:0:1", "DNS:a", "email:x"];
        let names = sorted(names.into_iter().filter_map(name));
        assert_eq!(names, ["::1", "a", "b.example", "email:x"]);
    }

    proptest::proptest! {
        #[test]
        fn dates_go_both_ways(day in 0_i64..80_000) {
            let (year, month, of_month) = date(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }
}
