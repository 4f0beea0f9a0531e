//! Conversions between times and text: RFC 3339 in UTC, days, and openssl's format.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns this machine's clock, in seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Formats seconds since 1970 as `2026-11-27T05:40:12Z`.
pub(crate) fn utc(seconds: u64) -> String {
    i64::try_from(seconds).ok().and_then(at).unwrap_or_default().to_string()
}

/// The inverse of `utc`: seconds since 1970. `None` for text in another form.
pub(crate) fn seconds_of_utc(text: &str) -> Option<u64> {
    let seconds = text.parse::<Timestamp>().ok()?.as_second();
    u64::try_from(seconds).ok().filter(|seconds| utc(*seconds) == text)
}

/// Parses a time with any offset, such as `2026-11-27T06:40:12.5+01:00`, into seconds since 1970; fractions are
/// dropped.
pub(crate) fn seconds_of_rfc3339(text: &str) -> Option<u64> {
    u64::try_from(text.parse::<Timestamp>().ok()?.as_second()).ok()
}

/// Formats seconds since 1970 as a day in UTC, such as `2026-11-27`.
pub(crate) fn day(seconds: i64) -> String {
    Offset::UTC.to_datetime(at(seconds).unwrap_or_default()).date().to_string()
}

/// Formats seconds since 1970 as a minute for people: `2026-11-27 01:30 UTC`.
pub(crate) fn minute(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(at).unwrap_or(Timestamp::MAX);
    Offset::UTC.to_datetime(time).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Parses a time as openssl prints it, `Nov  2 07:55:20 2026 GMT`, into seconds since 1970.
pub(crate) fn seconds_of_openssl(text: &str) -> Option<i64> {
    let time = DateTime::strptime("%b %d %H:%M:%S %Y GMT", text.trim()).ok()?;
    Some(Offset::UTC.to_timestamp(time).ok()?.as_second())
}

fn at(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_match_openssl() {
        assert_eq!(utc(1_793_605_988), "2026-11-02T07:53:08Z");
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(day(1_793_605_988), "2026-11-02");
        assert_eq!(seconds_of_openssl("Nov  2 07:55:20 2026 GMT"), Some(1_793_606_120));
        assert_eq!(seconds_of_openssl("Feb 29 00:00:00 2028 GMT"), Some(1_835_395_200));
        for bad in ["", "Nov 2 2026", "Feb 30 00:00:00 2028 GMT", "Nov  2 07:55:20 2026 CET"] {
            assert_eq!(seconds_of_openssl(bad), None, "{bad}");
        }
        for bad in ["", "2026-11-02", "2026-11-02T07:53:08+01:00", "2026-13-02T07:53:08Z"] {
            assert_eq!(seconds_of_utc(bad), None, "{bad}");
        }
    }

    #[test]
    fn minutes_are_given_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_795_740_730, "2026-11-27 00:52 UTC"),
            (4_107_542_399, "2100-02-28 23:59 UTC"),
            (u64::MAX - 1, "9999-12-30 22:00 UTC"),
        ] {
            assert_eq!(minute(seconds), text, "{seconds}");
        }
    }

    proptest! {
        #[test]
        fn utc_conversion_is_reversible(seconds in 0_u64..8_000_000_000) {
            prop_assert_eq!(seconds_of_utc(&utc(seconds)), Some(seconds));
        }
    }
}
