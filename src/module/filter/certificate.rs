//! Certificates read at home: `certificates` gives what a chain in PEM says of itself, so that a wrong
//! or ending one is told before anything is connected to. Nothing is verified here: whether the key
//! fits is the host's checker's to say, whether the chain is trusted is the client's.

use super::argument::Arguments;
use super::list::items;
use super::print::text;
use super::registry::{Filter, Takes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Error, State, Value};
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) const ALL: &[Filter] = &[
    Filter { name: "certificates", takes: Takes::Plain, run: certificates },
    Filter { name: "covers", takes: Takes::Plain, run: covers },
];

/// The fields of a certificate, for the lint.
pub(in crate::module) const FIELDS: [&str; 4] = ["names", "not_after", "last_day", "self_signed"];

/// DER's tags that are met on the way (X.690, RFC 5280).
const SEQUENCE: u8 = 0x30;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;

/// The object identifier of subjectAltName, 2.5.29.17.
const ALT_NAME: [u8; 3] = [0x55, 0x1d, 0x11];

/// All certificates of a PEM file, in its order; none at all when one of them cannot be read.
fn certificates(_: &mut State, value: Value, _: &mut Arguments) -> Result<Value, Error> {
    let text = text(&value)?;
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let found: Option<Vec<Value>> = blocks.map(|block| certificate(&decoded(block)?)).collect();
    Ok(Value::from(found.unwrap_or_default()))
}

/// Whether one of the names is this name, or `*` with its parent.
fn covers(_: &mut State, value: Value, arguments: &mut Arguments) -> Result<Value, Error> {
    let wanted = arguments.text("name")?.to_ascii_lowercase();
    let parent = wanted.split_once('.').map(|(_, parent)| format!("*.{parent}"));
    for name in items("covers", &value)? {
        let name = text(&name)?.to_ascii_lowercase();
        if name == wanted || Some(&name) == parent.as_ref() {
            return Ok(Value::from(true));
        }
    }
    Ok(Value::from(false))
}

fn decoded(block: &str) -> Option<Vec<u8>> {
    let (body, _) = block.split_once("-----END CERTIFICATE-----")?;
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(body).ok()
}

fn certificate(der: &[u8]) -> Option<Value> {
    let mut whole = Der(der).expect(SEQUENCE)?;
    let mut body = whole.expect(SEQUENCE)?;
    if body.peek() == Some(VERSION) {
        body.next()?;
    }
    body.next()?; // the serial number
    body.next()?; // the algorithm of the signature
    let (_, issuer) = body.next()?;
    let mut validity = body.expect(SEQUENCE)?;
    let (_, subject) = body.next()?;
    body.next()?; // the public key
    validity.next()?;
    let (year, rest) = time(validity.next()?)?;
    let last_day = format!("{year:04}-{}-{}", rest.get(..2)?, rest.get(2..4)?);
    Some(Value::from_pairs([
        ("names", Value::from(names(body))),
        ("not_after", Value::from(seconds(year, rest)?)),
        ("last_day", Value::from(last_day)),
        ("self_signed", Value::from(issuer == subject)),
    ]))
}

/// What is left of a certificate's body, searched for its names.
fn names(mut body: Der<'_>) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((tag, content)) = body.next() {
        let Some(mut extensions) =
            (tag == EXTENSIONS).then(|| Der(content).expect(SEQUENCE)).flatten()
        else {
            continue;
        };
        while let Some(mut extension) = extensions.expect(SEQUENCE) {
            found.extend(alt_names(&mut extension).unwrap_or_default());
        }
    }
    found
}

fn alt_names(extension: &mut Der<'_>) -> Option<Vec<String>> {
    let id = extension.expect(OID)?;
    if id.0 != ALT_NAME {
        return None;
    }
    let mut value = loop {
        let (tag, content) = extension.next()?;
        if tag == OCTETS {
            break Der(content).expect(SEQUENCE)?;
        }
    };
    let mut names = Vec::new();
    while let Some((tag, content)) = value.next() {
        match tag {
            DNS_NAME => names.push(String::from_utf8_lossy(content).into_owned()),
            IP_ADDRESS => names.extend(address(content)),
            _ => {}
        }
    }
    Some(names)
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(|four| Ipv4Addr::from(four).to_string());
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(|all| Ipv6Addr::from(all).to_string())).ok()
}

/// The year, and `MMDDHHMMSSZ`. Years of two digits are those of 1950 to 2049 (RFC 5280, 4.1.2.5.1).
fn time((tag, bytes): (u8, &[u8])) -> Option<(i64, &str)> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii())?;
    let (year, rest) = match tag {
        UTC_TIME => (text.get(..2)?.parse::<i64>().ok()?, text.get(2..)?),
        TIME => return Some((text.get(..4)?.parse().ok()?, text.get(4..)?)),
        _ => return None,
    };
    Some((if year < 50 { 2000 + year } else { 1900 + year }, rest))
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
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next value's tag and content; none at the end, and for what is cut off.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
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
    fn expect(&mut self, tag: u8) -> Option<Der<'a>> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| Der(content))
    }
}

#[cfg(test)]
mod tests {
    use crate::module::filter::{environment, eval};
    use minijinja::Value;
    use proptest::prelude::*;

    /// Names `a.example`, `*.b.example`, `127.0.0.1`, `::1`; ends 2051-02-03 04:05:06; self-signed.
    const OLD: &str = include_str!("certificate_2051.pem");

    fn value(expression: &str, pem: &str) -> String {
        let context = Value::from_pairs([("pem", pem)]);
        eval(&environment(), expression, &context).unwrap().to_string()
    }

    #[test]
    fn reads_what_a_certificate_says() {
        let first = |field: &str| value(&format!("(pem | certificates | first).{field}"), OLD);
        assert_eq!(first("names | join(' ')"), "a.example *.b.example 127.0.0.1 ::1");
        // date -u -d '2051-02-03 04:05:06' +%s
        assert_eq!(first("not_after"), "2559009906");
        assert_eq!(first("last_day"), "2051-02-03");
        assert_eq!(first("self_signed"), "True");
        assert_eq!(value("pem | certificates | length", &OLD.repeat(2)), "2");
    }

    #[test]
    fn names_cover_what_tls_says_they_cover() {
        let covers = |name: &str| {
            value(&format!("(pem | certificates | first).names | covers('{name}')"), OLD)
        };
        for name in ["a.example", "A.Example", "x.b.example"] {
            assert_eq!(covers(name), "True", "{name}");
        }
        for name in ["b.example", "x.y.b.example", "x.a.example"] {
            assert_eq!(covers(name), "False", "{name}");
        }
    }

    #[test]
    fn what_is_no_certificate_gives_none() {
        let cut = OLD.replace("MII", "");
        for pem in ["", "x", "-----BEGIN CERTIFICATE-----", cut.as_str()] {
            assert_eq!(value("pem | certificates | length", pem), "0", "{pem}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = super::certificate(&bytes);
        }
    }
}
