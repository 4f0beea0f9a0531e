//! Certificates read at home: `certificates` gives what a chain in PEM says of itself, so that a wrong
//! or ending one is told before anything is connected to. Nothing is verified here: whether the key
//! fits is the host's checker's to say, whether the chain is trusted is the client's.

use super::argument::Arguments;
use super::der::{
    BITS, DNS_NAME, Der, EXTENSIONS, INTEGER, IP_ADDRESS, Moment, OCTETS, OID, SEQUENCE, SET,
    VERSION, moment,
};
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
pub(in crate::module) const FIELDS: [&str; 11] = [
    "index",
    "subject",
    "issuer",
    "names",
    "not_before",
    "first_day",
    "not_after",
    "last_day",
    "self_signed",
    "by_next",
    "weak",
];

/// The object identifier of commonName, 2.5.4.3.
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

/// The object identifier of subjectAltName, 2.5.29.17.
const ALT_NAME: [u8; 3] = [0x55, 0x1d, 0x11];

/// All certificates of a PEM file, in its order; none at all when one of them cannot be read.
fn certificates(_: &mut State, value: Value, _: &mut Arguments) -> Result<Value, Error> {
    let text = text(&value)?;
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let found: Option<Vec<Vec<u8>>> = blocks.map(decoded).collect();
    let found = found.unwrap_or_default();
    let read: Option<Vec<Certificate<'_>>> =
        found.iter().map(|der| Certificate::read(der)).collect();
    let read = read.unwrap_or_default();
    let issuers = read.iter().skip(1).map(|one| Some(one.subject)).chain([None]);
    Ok(read
        .iter()
        .enumerate()
        .zip(issuers)
        .map(|((index, one), next)| one.to_value(index, next))
        .collect())
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

/// What a certificate says.
struct Certificate<'a> {
    issuer: &'a [u8],
    subject: &'a [u8],
    not_before: Moment,
    not_after: Moment,
    weak: Option<&'static str>,
    names: Vec<String>,
}

impl<'a> Certificate<'a> {
    fn read(der: &'a [u8]) -> Option<Certificate<'a>> {
        let mut whole = Der(der).expect(SEQUENCE)?;
        let mut body = whole.expect(SEQUENCE)?;
        if body.peek() == Some(VERSION) {
            body.next()?;
        }
        body.next()?; // the serial number
        let signed_by = body.expect(SEQUENCE)?.expect(OID)?.0;
        let (_, issuer) = body.next()?;
        let mut validity = body.expect(SEQUENCE)?;
        let (_, subject) = body.next()?;
        let key = body.expect(SEQUENCE)?;
        let (not_before, not_after) = (moment(validity.next()?)?, moment(validity.next()?)?);
        // Nobody asks how a certificate is signed that is trusted by itself.
        let weak =
            weak_key(key).or_else(|| weak_signature(signed_by).filter(|_| issuer != subject));
        Some(Certificate { issuer, subject, not_before, not_after, weak, names: names(body) })
    }

    /// With the subject of the certificate that follows.
    fn to_value(&self, index: usize, next: Option<&[u8]>) -> Value {
        let by_next = next.is_none_or(|subject| subject == self.issuer);
        Value::from_pairs([
            ("index", Value::from(index)),
            ("subject", Value::from(common_name(self.subject))),
            ("issuer", Value::from(common_name(self.issuer))),
            ("names", Value::from(self.names.clone())),
            ("not_before", Value::from(self.not_before.seconds)),
            ("first_day", Value::from(self.not_before.day.as_str())),
            ("not_after", Value::from(self.not_after.seconds)),
            ("last_day", Value::from(self.not_after.day.as_str())),
            ("self_signed", Value::from(self.issuer == self.subject)),
            ("by_next", Value::from(by_next)),
            ("weak", self.weak.map_or(Value::from(()), Value::from)),
        ])
    }
}

/// The name in a distinguished name that people read: its common name (2.5.4.3), else the last one.
fn common_name(name: &[u8]) -> String {
    let mut sets = Der(name);
    let mut found = String::from("?");
    while let Some(mut pair) = sets.expect(SET).and_then(|mut set| set.expect(SEQUENCE)) {
        let (Some(id), Some((_, text))) = (pair.expect(OID), pair.next()) else { break };
        found = String::from_utf8_lossy(text).chars().filter(|c| !c.is_control()).collect();
        if id.0 == COMMON_NAME {
            break;
        }
    }
    found
}

/// Why a signature of this algorithm is worth nothing: 1.2.840.113549.1.1.{4, 5}, 1.2.840.10045.4.1.
fn weak_signature(algorithm: &[u8]) -> Option<&'static str> {
    match algorithm {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04] => Some("is signed with MD5"),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => Some("is signed with SHA-1"),
        _ => None,
    }
}

/// What is wrong with a public key: one of RSA (1.2.840.113549.1.1.1) has 2048 bits or more.
fn weak_key(mut key: Der<'_>) -> Option<&'static str> {
    const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let algorithm = key.expect(SEQUENCE)?.expect(OID)?;
    let (_, content) = key.next().filter(|(tag, _)| *tag == BITS && algorithm.0 == RSA)?;
    let modulus = Der(content.get(1..)?).expect(SEQUENCE)?.expect(INTEGER)?.0;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    let digits = modulus.get(first..)?;
    let bits = digits.len() * 8 - digits.first()?.leading_zeros() as usize;
    (bits < 2048).then_some("has an RSA key of fewer than 2048 bits")
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
            let _ = super::Certificate::read(&bytes);
        }
    }
}
