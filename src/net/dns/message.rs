//! DNS messages (RFC 1035), as far as a few questions need them. Answers are untrusted: they are read within bounds,
//! and names cannot loop.

use super::reader::MessageReader;
use std::net::IpAddr;

/// The record types that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Type {
    /// An address of IPv4.
    A = 1,
    /// A name server of a zone.
    Ns = 2,
    /// Another name for this one.
    Cname = 5,
    /// The beginning of a zone.
    Soa = 6,
    /// The mail servers of a domain.
    Mx = 15,
    /// Text.
    Txt = 16,
    /// An address of IPv6.
    Aaaa = 28,
    /// The address of a service.
    Srv = 33,
    /// Which authorities may issue certificates.
    Caa = 257,
}

/// The content of a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Data {
    /// A or AAAA.
    Address(IpAddr),
    /// NS, CNAME.
    Name(String),
    /// SRV.
    Service {
        /// Lower values are tried first.
        priority: u16,
        /// The relative weight among targets with the same priority.
        weight: u16,
        /// The port.
        port: u16,
        /// The host.
        target: String,
    },
    /// MX.
    Mail(u16, String),
    /// TXT.
    Text(String),
    /// CAA (RFC 8659).
    Authority {
        /// Whether an issuer that does not know the tag must not issue.
        critical: bool,
        /// `issue`, `issuewild`, `iodef`.
        tag: String,
        /// The authority, and its parameters.
        value: String,
    },
    /// A type whose content is not read.
    Other,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsAnswer {
    /// The owner name.
    pub name: String,
    /// Its type, as a number.
    pub record_type: u16,
    /// Its content.
    pub data: Data,
}

/// A received message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whether the rest must be fetched over TCP.
    pub truncated: bool,
    /// Whether the server answers for its own zone.
    pub authoritative: bool,
    /// 0 no error, 2 server failure, 3 no such name, 5 refused.
    pub code: u8,
    /// The answers.
    pub answers: Vec<DnsAnswer>,
    /// The servers said to know the answer, if this one does not.
    pub authorities: Vec<DnsAnswer>,
}

/// The most records of one section that are read.
const RECORDS: usize = 200;

/// A question. `recurse`: whether the server should ask others.
pub(super) fn question(id: u16, name: &str, record_type: Type, recurse: bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend(id.to_be_bytes());
    bytes.extend([u8::from(recurse), 0]);
    // One question, and one additional record for EDNS.
    bytes.extend([0, 1, 0, 0, 0, 0, 0, 1]);
    let bare = name.trim_end_matches('.');
    if bare.len() > 253 {
        return None;
    }
    for label in bare.split('.').filter(|label| !label.is_empty()) {
        let length = u8::try_from(label.len()).ok().filter(|length| *length <= 63)?;
        bytes.push(length);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend((record_type as u16).to_be_bytes());
    bytes.extend([0, 1]);
    // OPT with a payload of 1232 bytes, which passes everywhere unfragmented.
    bytes.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    Some(bytes)
}

/// Returns the answer to the question with this id; none if the bytes are not one.
pub fn answer(bytes: &[u8], id: u16, name: &str, record_type: Type) -> Option<Message> {
    let mut reader = MessageReader { bytes, at: 0 };
    if reader.short()? != id {
        return None;
    }
    let flags = reader.short()?;
    let [questions, answers, authorities, _] =
        [reader.short()?, reader.short()?, reader.short()?, reader.short()?];
    if flags & 0x8000 == 0 || questions != 1 {
        return None;
    }
    let asked = reader.name()?;
    let asked = asked.eq_ignore_ascii_case(name.trim_end_matches('.'));
    if !asked || reader.short()? != record_type as u16 || reader.short()? != 1 {
        return None;
    }
    let truncated = flags & 0x0200 != 0;
    let mut section = |count: u16| -> Option<Vec<DnsAnswer>> {
        let mut found = Vec::new();
        for _ in 0..usize::from(count).min(RECORDS) {
            match reader.record() {
                Some(record) => found.push(record),
                // The cut-off part is fetched again over TCP.
                None if truncated => break,
                None => return None,
            }
        }
        Some(found)
    };
    let (answers, authorities) = (section(answers)?, section(authorities)?);
    let code = u8::try_from(flags & 0x000f).ok()?;
    let authoritative = flags & 0x0400 != 0;
    Some(Message { truncated, authoritative, code, answers, authorities })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_query_has_the_standard_form() {
        let bytes = question(0x1234, "a.example.org.", Type::Caa, true).unwrap();
        let wanted = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x01a\x07example\x03org\x00\x01\x01\x00\x01\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";
        assert_eq!(bytes, wanted);
        assert_eq!(question(1, &"a".repeat(64), Type::A, true), None);
        assert_eq!(question(1, &"abcd.".repeat(60), Type::A, true), None);
    }

    /// The header of a message with this many answers.
    fn head(record_type: u16, answers: u8) -> Vec<u8> {
        let mut bytes = b"\x12\x34\x85\x80\x00\x01\x00".to_vec();
        bytes.extend([answers, 0, 0, 0, 0]);
        bytes.extend(b"\x01a\x07example\x03org\x00");
        bytes.extend(record_type.to_be_bytes());
        bytes.extend([0, 1]);
        bytes
    }

    fn record(record_type: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\xc0\x0c".to_vec();
        bytes.extend(record_type.to_be_bytes());
        bytes.extend([0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
        bytes.extend(data);
        bytes
    }

    fn read(record_type: Type, data: &[u8]) -> Data {
        let mut bytes = head(record_type as u16, 1);
        bytes.extend(record(record_type as u16, data));
        let message = answer(&bytes, 0x1234, "A.example.org", record_type).unwrap();
        assert!(message.authoritative && !message.truncated && message.code == 0);
        assert_eq!(message.answers[0].name, "a.example.org");
        message.answers[0].data.clone()
    }

    #[test]
    fn every_type_is_read() {
        let four = Data::Address("192.0.2.1".parse().unwrap());
        assert_eq!(read(Type::A, &[192, 0, 2, 1]), four);
        let six = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        assert_eq!(read(Type::Aaaa, &six), Data::Address("2001:db8::1".parse().unwrap()));
        let target = "b.example.org".to_owned();
        assert_eq!(read(Type::Cname, b"\x01b\xc0\x0e"), Data::Name(target.clone()));
        assert_eq!(read(Type::Mx, b"\x00\x0a\x01b\xc0\x0e"), Data::Mail(10, target.clone()));
        let service = Data::Service { priority: 1, weight: 2, port: 8448, target };
        assert_eq!(read(Type::Srv, b"\x00\x01\x00\x02\x21\x00\x01b\xc0\x0e"), service);
        assert_eq!(read(Type::Txt, b"\x03v=s\x03pf1"), Data::Text("v=spf1".to_owned()));
        let authority = read(Type::Caa, b"\x80\x05IssueCA.example");
        let value = "CA.example".to_owned();
        assert_eq!(authority, Data::Authority { critical: true, tag: "issue".into(), value });
        assert_eq!(read(Type::A, b"short"), Data::Other);
        assert_eq!(read(Type::Caa, b"\x80\x50short"), Data::Other);
    }

    #[test]
    fn mismatched_answers_are_ignored() {
        let mut bytes = head(1, 1);
        bytes.extend(record(1, &[192, 0, 2, 1]));
        assert!(answer(&bytes, 0x1234, "a.example.org", Type::A).is_some());
        assert!(answer(&bytes, 0x1235, "a.example.org", Type::A).is_none(), "another id");
        assert!(answer(&bytes, 0x1234, "b.example.org", Type::A).is_none(), "another name");
        assert!(answer(&bytes, 0x1234, "a.example.org", Type::Aaaa).is_none(), "another type");
        bytes[2] = 0x01;
        assert!(answer(&bytes, 0x1234, "a.example.org", Type::A).is_none(), "a question");
    }

    #[test]
    fn circular_names_terminate() {
        let mut bytes = head(5, 1);
        let at = u8::try_from(bytes.len() + 12).unwrap();
        bytes.extend(record(5, &[0xc0, at]));
        let message = answer(&bytes, 0x1234, "a.example.org", Type::Cname).unwrap();
        assert_eq!(message.answers[0].data, Data::Other);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), good: bool) {
            let mut all = if good { head(33, 3) } else { Vec::new() };
            all.extend(bytes);
            let _ = answer(&all, 0x1234, "a.example.org", Type::Srv);
        }

        #[test]
        fn arbitrary_pointers_terminate(data in proptest::collection::vec(prop_oneof![Just(0xc0u8), 0u8..80], 0..200)) {
            let mut all = head(5, 200);
            all.extend(data);
            let _ = answer(&all, 0x1234, "a.example.org", Type::Cname);
        }
    }
}
