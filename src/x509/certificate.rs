//! What a certificate says of itself.

use super::PublicKey;
use super::der::{
    BITS, BOOLEAN, DNS_NAME, Der, EXTENSIONS, IP_ADDRESS, KEY_ID, Moment, OCTETS, OID, SEQUENCE,
    SET, VERSION, moment,
};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The object identifier of commonName, 2.5.4.3.
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

/// Extensions, below 2.5.29.
const KEY_USAGE: [u8; 3] = [0x55, 0x1d, 0x0f];
const SUBJECT_KEY: [u8; 3] = [0x55, 0x1d, 0x0e];
const AUTHORITY_KEY: [u8; 3] = [0x55, 0x1d, 0x23];
const ALT_NAME: [u8; 3] = [0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 0x13];
const EXTENDED_KEY_USAGE: [u8; 3] = [0x55, 0x1d, 0x25];

/// Purposes, the last part of 1.3.6.1.5.5.7.3.
const PURPOSES: [(u8, &str); 5] = [
    (1, "serverAuth"),
    (2, "clientAuth"),
    (3, "codeSigning"),
    (4, "emailProtection"),
    (8, "timeStamping"),
];
const PURPOSE: [u8; 7] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03];
const ANY_PURPOSE: [u8; 4] = [0x55, 0x1d, 0x25, 0x00];

/// One certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Who signed it, as DER.
    pub issuer: Vec<u8>,
    /// Whose it is, as DER.
    pub subject: Vec<u8>,
    /// From when it holds.
    pub not_before: Moment,
    /// Until when.
    pub not_after: Moment,
    /// Its public key.
    pub key: PublicKey,
    /// The names and addresses that it is valid for.
    pub names: Vec<String>,
    /// Whether it is an authority's; nothing when it does not say.
    pub is_authority: Option<bool>,
    /// What it calls its own key, and the key that it is signed with.
    key_id: Option<Vec<u8>>,
    signer_id: Option<Vec<u8>>,
    /// What it is for; nothing when it does not say.
    purposes: Option<Vec<String>>,
    /// Whether its key may sign: its keyUsage, where it has one.
    may_sign: Option<bool>,
    weak_signature: Option<&'static str>,
}

impl Certificate {
    /// Out of DER.
    pub fn read(der: &[u8]) -> Option<Certificate> {
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
        let key = PublicKey::read(body.expect(SEQUENCE)?)?;
        let (not_before, not_after) = (moment(validity.next()?)?, moment(validity.next()?)?);
        let mut certificate = Certificate {
            issuer: issuer.to_vec(),
            subject: subject.to_vec(),
            not_before,
            not_after,
            key,
            names: Vec::new(),
            is_authority: None,
            key_id: None,
            signer_id: None,
            purposes: None,
            may_sign: None,
            weak_signature: weak_signature(signed_by),
        };
        while let Some((tag, content)) = body.next() {
            let extensions = (tag == EXTENSIONS).then(|| Der(content).expect(SEQUENCE)).flatten();
            let mut extensions = extensions.unwrap_or(Der(&[]));
            while let Some(extension) = extensions.expect(SEQUENCE) {
                // One that cannot be read says nothing.
                let _ = certificate.take(extension);
            }
        }
        Some(certificate)
    }

    fn take(&mut self, mut extension: Der<'_>) -> Option<()> {
        let id = extension.expect(OID)?.0;
        let mut value = loop {
            let (tag, content) = extension.next()?;
            if tag == OCTETS {
                break Der(content);
            }
        };
        if id == ALT_NAME {
            self.names.extend(alt_names(value.expect(SEQUENCE)?));
        } else if id == BASIC_CONSTRAINTS {
            let said = value.expect(SEQUENCE)?.expect(BOOLEAN);
            self.is_authority = Some(said.is_some_and(|said| said.0 != [0]));
        } else if id == SUBJECT_KEY {
            self.key_id = Some(value.expect(OCTETS)?.0.to_vec());
        } else if id == AUTHORITY_KEY {
            let (tag, id) = value.expect(SEQUENCE)?.next()?;
            self.signer_id = (tag == KEY_ID).then(|| id.to_vec());
        } else if id == EXTENDED_KEY_USAGE {
            self.purposes = Some(purposes(value.expect(SEQUENCE)?));
        } else if id == KEY_USAGE {
            // The first byte counts the bits that are unused; digitalSignature is the first bit.
            let (_, bits) = value.next().filter(|(tag, _)| *tag == BITS)?;
            self.may_sign = Some(bits.get(1).is_some_and(|byte| byte & 0x80 != 0));
        }
        Some(())
    }

    /// Whether it is signed by itself.
    pub fn is_self_signed(&self) -> bool {
        self.issuer == self.subject
    }

    /// Whether it was signed by one of the name of this one with another key. Both say so, or it is not known.
    pub fn is_signed_by_namesake_of(&self, other: &Certificate) -> bool {
        let ids = self.signer_id.as_ref().zip(other.key_id.as_ref());
        self.issuer == other.subject && ids.is_some_and(|(signer, key)| signer != key)
    }

    /// Whose it is, in words.
    pub fn subject_name(&self) -> String {
        common_name(&self.subject)
    }

    /// Who signed it, in words.
    pub fn issuer_name(&self) -> String {
        common_name(&self.issuer)
    }

    /// Why it is worth nothing.
    pub fn weakness(&self) -> Option<&'static str> {
        if self.key.is_short() {
            return Some("has an RSA key of fewer than 2048 bits");
        }
        // Nobody asks how a certificate is signed that is trusted by itself.
        self.weak_signature.filter(|_| !self.is_self_signed())
    }

    /// Why clients refuse it as a server's.
    pub fn unfit_for_servers(&self) -> Option<String> {
        match &self.purposes {
            Some(purposes) if !purposes.iter().any(|one| one == "serverAuth" || one == "any") => {
                let purposes = purposes.join(", ");
                return Some(format!("its extendedKeyUsage is {purposes}, without serverAuth"));
            }
            _ => {}
        }
        (self.may_sign == Some(false)).then(|| "its keyUsage lacks digitalSignature".to_owned())
    }

    /// For how many days it was made.
    pub fn days(&self) -> i64 {
        (self.not_after.seconds - self.not_before.seconds) / 86_400
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

fn purposes(mut list: Der<'_>) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(id) = list.expect(OID) {
        let known = id.0.strip_prefix(&PURPOSE).and_then(|last| {
            PURPOSES.iter().find(|(number, _)| last == [*number]).map(|(_, name)| *name)
        });
        let any = (id.0 == ANY_PURPOSE).then_some("any");
        found.push(known.or(any).unwrap_or("a purpose without a name").to_owned());
    }
    found
}

fn alt_names(mut value: Der<'_>) -> Vec<String> {
    let mut names = Vec::new();
    while let Some((tag, content)) = value.next() {
        match tag {
            DNS_NAME => names.push(String::from_utf8_lossy(content).into_owned()),
            IP_ADDRESS => names.extend(address(content)),
            _ => {}
        }
    }
    names
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(|four| Ipv4Addr::from(four).to_string());
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(|all| Ipv6Addr::from(all).to_string())).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = super::Certificate::read(&bytes);
        }
    }
}
