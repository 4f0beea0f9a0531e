//! What a certificate says about itself.

use super::PublicKey;
use super::der::{CertificateTime, values};
use std::net::{Ipv4Addr, Ipv6Addr};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use x509_cert::der::{Decode as _, Encode as _, Tag, TagNumber, Tagged as _};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Extensions (RFC 5280, 4.2.1).
const SUBJECT_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// What a key may be used for (RFC 5280, 4.2.1.12).
const PURPOSES: [(ObjectIdentifier, &str); 6] = [
    (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1"), "serverAuth"),
    (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2"), "clientAuth"),
    (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3"), "codeSigning"),
    (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"), "emailProtection"),
    (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8"), "timeStamping"),
    (ObjectIdentifier::new_unwrap("2.5.29.37.0"), "any"),
];

/// Signature algorithms that offer no protection.
const WEAK: [(ObjectIdentifier, &str); 3] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"), "is signed with MD5"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"), "is signed with SHA-1"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"), "is signed with SHA-1"),
];

/// The tag of a part identified by a number alone: in names, and in key identifiers.
const fn numbered(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: false, number: TagNumber(number) }
}
const KEY_ID: Tag = numbered(0);
const DNS_NAME: Tag = numbered(2);
const IP_ADDRESS: Tag = numbered(7);

/// One certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The name of its issuer, as DER.
    pub issuer: Vec<u8>,
    /// The name of its subject, as DER.
    pub subject: Vec<u8>,
    /// The start of its validity.
    pub not_before: CertificateTime,
    /// The end of its validity.
    pub not_after: CertificateTime,
    /// Its public key.
    pub key: PublicKey,
    /// The names and addresses that it is valid for.
    pub names: Vec<String>,
    /// Whether it is an authority's; `None` if it does not say.
    pub is_authority: Option<bool>,
    /// The id of its own key, and of the key that signed it.
    key_id: Option<Vec<u8>>,
    signer_id: Option<Vec<u8>>,
    /// What it may be used for; `None` if it does not say.
    purposes: Option<Vec<String>>,
    /// Whether its key may sign: its keyUsage, if it has one.
    may_sign: Option<bool>,
    weak_signature: Option<&'static str>,
}

impl Certificate {
    /// Parses DER.
    pub fn read(der: &[u8]) -> Option<Certificate> {
        // Parsed leniently: a serial number of 21 bytes or the like is no reason to reject a certificate.
        let read = CertificateInner::<Raw>::from_der(der).ok()?;
        let body = read.tbs_certificate();
        let mut certificate = Certificate {
            issuer: body.issuer().to_der().ok()?,
            subject: body.subject().to_der().ok()?,
            not_before: CertificateTime::of(body.validity().not_before)?,
            not_after: CertificateTime::of(body.validity().not_after)?,
            key: PublicKey::read(body.subject_public_key_info())?,
            names: Vec::new(),
            is_authority: None,
            key_id: None,
            signer_id: None,
            purposes: None,
            may_sign: None,
            weak_signature: weak_signature(body.signature().oid),
        };
        for extension in body.extensions().into_iter().flatten() {
            // An extension that cannot be read is ignored.
            let _ = certificate.take(extension.extn_id, extension.extn_value.as_bytes());
        }
        Some(certificate)
    }

    fn take(&mut self, id: ObjectIdentifier, value: &[u8]) -> Option<()> {
        match id {
            // Other kinds of names are ignored, and so are names that cannot be read.
            ALT_NAME => self.names.extend(values(value)?.iter().filter_map(alt_name)),
            BASIC_CONSTRAINTS => {
                self.is_authority = Some(BasicConstraints::from_der(value).ok()?.ca);
            }
            SUBJECT_KEY => {
                self.key_id = Some(<&OctetStringRef>::from_der(value).ok()?.as_bytes().to_vec());
            }
            AUTHORITY_KEY => {
                let parts = values(value)?;
                let id = parts.iter().find(|part| part.tag() == KEY_ID);
                self.signer_id = id.map(|id| id.value().to_vec());
            }
            EXTENDED_KEY_USAGE => {
                let list = ExtendedKeyUsage::from_der(value).ok()?.0;
                self.purposes = Some(list.into_iter().map(purpose).collect());
            }
            KEY_USAGE => self.may_sign = Some(KeyUsage::from_der(value).ok()?.digital_signature()),
            _ => {}
        }
        Some(())
    }

    /// Returns whether it is self-signed, judged by its names: issuer and subject are equal.
    pub fn is_self_signed(&self) -> bool {
        self.issuer == self.subject
    }

    /// Returns whether its issuer has the name of `other` but a different key. Both must state their key ids;
    /// otherwise it is unknown, and false.
    pub fn is_signed_by_namesake_of(&self, other: &Certificate) -> bool {
        let ids = self.signer_id.as_ref().zip(other.key_id.as_ref());
        self.issuer == other.subject && ids.is_some_and(|(signer, key)| signer != key)
    }

    /// Returns the subject in words.
    pub fn subject_name(&self) -> String {
        common_name(&self.subject)
    }

    /// Returns the issuer in words.
    pub fn issuer_name(&self) -> String {
        common_name(&self.issuer)
    }

    /// Returns why it offers no protection.
    pub fn weakness(&self) -> Option<&'static str> {
        if self.key.is_short() {
            return Some("has an RSA key of fewer than 2048 bits");
        }
        // The signature of a certificate that is trusted directly does not matter.
        self.weak_signature.filter(|_| !self.is_self_signed())
    }

    /// Returns why clients refuse it as a server's certificate.
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

    /// Returns the length of its validity in days.
    pub fn days(&self) -> i64 {
        (self.not_after.seconds - self.not_before.seconds) / 86_400
    }
}

/// Returns the part of a distinguished name that people read: the common name, else the last part.
fn common_name(name: &[u8]) -> String {
    let mut found = String::from("?");
    for set in values(name).unwrap_or_default() {
        let Some(pair) = AnyRef::from_der(set.value()).ok().and_then(|pair| pair.to_der().ok())
        else {
            break;
        };
        let parts = values(&pair).unwrap_or_default();
        let [id, text] = parts.as_slice() else { break };
        found = String::from_utf8_lossy(text.value()).chars().filter(|c| !c.is_control()).collect();
        if id.decode_as() == Ok(COMMON_NAME) {
            break;
        }
    }
    found
}

fn weak_signature(algorithm: ObjectIdentifier) -> Option<&'static str> {
    WEAK.iter().find(|(weak, _)| *weak == algorithm).map(|(_, why)| *why)
}

fn purpose(id: ObjectIdentifier) -> String {
    let known = PURPOSES.iter().find(|(purpose, _)| *purpose == id);
    known.map_or("a purpose without a name", |(_, name)| name).to_owned()
}

fn alt_name(name: &AnyRef<'_>) -> Option<String> {
    match name.tag() {
        DNS_NAME => Some(String::from_utf8_lossy(name.value()).into_owned()),
        IP_ADDRESS => address(name.value()),
        _ => None,
    }
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
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = super::Certificate::read(&bytes);
        }
    }
}
