//! DER (X.690) as far as certificates need it: values one after the other, and times.

/// DER's tags that are met on the way (X.690, RFC 5280).
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const TIME: u8 = 0x18;
pub(super) const VERSION: u8 = 0xa0;
pub(super) const EXTENSIONS: u8 = 0xa3;
pub(super) const KEY_ID: u8 = 0x80;
pub(super) const DNS_NAME: u8 = 0x82;
pub(super) const IP_ADDRESS: u8 = 0x87;

/// A time, and its day as it is written.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Since 1970.
    pub seconds: i64,
    /// `2027-01-31`.
    pub day: String,
}

/// Years of two digits are those of 1950 to 2049 (RFC 5280, 4.1.2.5.1).
pub(super) fn moment((tag, bytes): (u8, &[u8])) -> Option<Moment> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii())?;
    let digits = match tag {
        UTC_TIME => 2,
        TIME => 4,
        _ => return None,
    };
    let (year, rest) = (text.get(..digits)?.parse::<i64>().ok()?, text.get(digits..)?);
    let year = if digits == 4 {
        year
    } else if year < 50 {
        2000 + year
    } else {
        1900 + year
    };
    let day = format!("{year:04}-{}-{}", rest.get(..2)?, rest.get(2..4)?);
    Some(Moment { seconds: seconds(year, rest)?, day })
}

/// Seconds since 1970.
fn seconds(year: i64, rest: &str) -> Option<i64> {
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i64>().ok();
    let (month, day) = (part(0)?, part(2)?);
    // Years begin in March here, so that the day of a leap year is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = year * 365 + leap + (month * 153 + 2) / 5 + day - 719_469;
    Some(days * 86_400 + part(4)? * 3600 + part(6)? * 60 + part(8)?)
}

/// Values of DER, one after the other.
pub(super) struct Der<'a>(pub(super) &'a [u8]);

impl<'a> Der<'a> {
    /// The tag of the next value.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next value's tag and content; none at the end, and for what is cut off.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, content))
    }

    /// The content of the next value, when it has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<Der<'a>> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| Der(content))
    }
}
