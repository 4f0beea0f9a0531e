//! Old TLS, written by hand: a ClientHello that no current TLS library sends any more, and the server's reply. The
//! handshake goes no further.

/// A server's reply to a ClientHello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelloReply {
    /// It accepts, with this version and suite.
    Agreed(u16, u16),
    /// It refuses, with an alert.
    Alert(u8),
    /// It closes the connection silently.
    Closed,
    /// It is not TLS.
    Other,
}

/// Outdated versions of TLS, by their number on the wire.
pub const OLD_VERSIONS: [(u16, &str); 3] =
    [(0x0300, "SSL 3.0"), (0x0301, "TLS 1.0"), (0x0302, "TLS 1.1")];

/// The number of TLS 1.2.
pub const TLS_1_2: u16 = 0x0303;

/// Suites of TLS 1.2 and earlier that should not be used, by their weakness.
pub const WEAK_SUITES: [(&str, &[u16]); 6] = [
    ("no encryption", &[0x0001, 0x0002, 0x003b, 0xc006, 0xc010]),
    (
        "no certificate",
        &[0x0018, 0x001b, 0x0034, 0x003a, 0x006c, 0x006d, 0x00a6, 0x00a7, 0xc018, 0xc019],
    ),
    ("RC4", &[0x0004, 0x0005, 0xc007, 0xc011]),
    ("3DES", &[0x000a, 0x0016, 0xc008, 0xc012]),
    ("no forward secrecy", &[0x002f, 0x0035, 0x003c, 0x003d, 0x009c, 0x009d]),
    (
        "CBC",
        &[
            0x0033, 0x0039, 0x0067, 0x006b, 0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc024, 0xc027,
            0xc028,
        ],
    ),
];

/// Returns the suites that old clients offer: all weak ones, which newer clients may offer too.
pub fn old_suites() -> Vec<u16> {
    WEAK_SUITES.iter().flat_map(|(_, suites)| suites.iter().copied()).collect()
}

/// Returns a ClientHello with this version and these suites, as a record.
pub fn client_hello(version: u16, suites: &[u16], name: &str, random: [u8; 32]) -> Vec<u8> {
    let mut hello = version.to_be_bytes().to_vec();
    hello.extend(random);
    hello.push(0); // no session to resume
    let mut offered: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    offered.extend(0x00ff_u16.to_be_bytes()); // secure renegotiation, as all clients signal since RFC 5746
    long(&mut hello, &offered);
    hello.extend([1, 0]); // no compression
    // SSL 3.0 has no extensions.
    if version > 0x0300 {
        long(&mut hello, &extensions(version, name));
    }
    let mut message = vec![1, 0]; // the length has three bytes, the first of which is zero
    long(&mut message, &hello);
    // Like other clients, puts TLS 1.0 into the record for all later versions.
    let mut record = vec![22, 3, u8::from(version > 0x0300)];
    long(&mut record, &message);
    record
}

fn extensions(version: u16, name: &str) -> Vec<u8> {
    let mut all = Vec::new();
    let mut add = |extension_type: u16, content: &[u8]| {
        all.extend(extension_type.to_be_bytes());
        long(&mut all, content);
    };
    // An IP address is not a host name (RFC 6066, 3).
    if name.parse::<std::net::IpAddr>().is_err() {
        let mut entry = vec![0];
        long(&mut entry, name.as_bytes());
        let mut list = Vec::new();
        long(&mut list, &entry);
        add(0, &list);
    }
    add(10, &[0, 8, 0, 29, 0, 23, 0, 24, 0, 25]); // x25519, P-256, P-384, P-521
    add(11, &[1, 0]); // uncompressed points
    if version >= TLS_1_2 {
        // ECDSA, PSS and PKCS #1 with SHA-256 to 512, and with SHA-1.
        add(13, &[0, 22, 4, 3, 5, 3, 6, 3, 8, 4, 8, 5, 8, 6, 4, 1, 5, 1, 6, 1, 2, 3, 2, 1]);
    }
    all
}

/// Appends a two-byte length, and the content.
fn long(to: &mut Vec<u8>, content: &[u8]) {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    to.extend(length.to_be_bytes());
    to.extend(content);
}

/// Reads the reply so far; none while more bytes are needed.
pub fn reply(bytes: &[u8]) -> Option<HelloReply> {
    match bytes {
        [22, 3, _, _, _, 2, _, _, _, major, minor, rest @ ..] => {
            // The random bytes, the session id with its length, the suite.
            let session = usize::from(*rest.get(32)?);
            let suite = rest.get(33 + session..35 + session)?;
            let suite = u16::from_be_bytes(suite.try_into().ok()?);
            Some(HelloReply::Agreed(u16::from_be_bytes([*major, *minor]), suite))
        }
        [22, 3, _, _, _, other, ..] if *other != 2 => Some(HelloReply::Other),
        [21, 3, _, _, _, _, alert, ..] => Some(HelloReply::Alert(*alert)),
        [21 | 22, 3, ..] | [21 | 22] | [] => None,
        _ => Some(HelloReply::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_hello_is_well_formed() {
        let hello = client_hello(0x0301, &[0x002f], "a.example", [7; 32]);
        let mut wanted = vec![22, 3, 1, 0, 93, 1, 0, 0, 89, 3, 1];
        wanted.extend([7; 32]);
        wanted.extend([0, 0, 4, 0, 0x2f, 0, 0xff, 1, 0, 0, 44]);
        wanted.extend([0, 0, 0, 14, 0, 12, 0, 0, 9]);
        wanted.extend(b"a.example");
        wanted.extend([0, 10, 0, 10, 0, 8, 0, 29, 0, 23, 0, 24, 0, 25, 0, 11, 0, 2, 1, 0]);
        let lengths = |bytes: &mut Vec<u8>| {
            let whole = u16::try_from(bytes.len() - 5).unwrap().to_be_bytes();
            bytes[3..5].copy_from_slice(&whole);
            let inner = u16::try_from(bytes.len() - 9).unwrap().to_be_bytes();
            bytes[7..9].copy_from_slice(&inner);
            let ext = u16::try_from(bytes.len() - 54).unwrap().to_be_bytes();
            bytes[52..54].copy_from_slice(&ext);
        };
        lengths(&mut wanted);
        assert_eq!(hello, wanted);
    }

    #[test]
    fn addresses_get_no_sni_and_ssl3_no_extensions() {
        let with = client_hello(TLS_1_2, &[1], "192.0.2.1", [0; 32]);
        assert_eq!(&with[54..56], &[0, 10], "the groups come first");
        let old = client_hello(0x0300, &[1], "a.example", [0; 32]);
        assert_eq!((old[2], old.len()), (0, 5 + 4 + 2 + 32 + 1 + 6 + 2));
    }

    #[test]
    fn replies_are_distinguished() {
        assert_eq!(reply(&[21, 3, 1, 0, 2, 2, 70]), Some(HelloReply::Alert(70)));
        assert_eq!(reply(&[21, 3, 1, 0]), None);
        assert_eq!(reply(b"HTTP/1.1 400 Bad Request"), Some(HelloReply::Other));
        let mut hello = vec![22, 3, 1, 0, 60, 2, 0, 0, 56, 3, 2];
        hello.extend([9; 32]);
        hello.extend([2, 1, 1]);
        assert_eq!(reply(&hello), None);
        hello.extend([0xc0, 0x13]);
        assert_eq!(reply(&hello), Some(HelloReply::Agreed(0x0302, 0xc013)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut hello = vec![22, 3, 1, 0, 60, 2];
            hello.extend(&bytes);
            let _ = (reply(&bytes), reply(&hello));
        }
    }
}
