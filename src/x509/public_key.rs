//! Public keys as certificates carry them (SubjectPublicKeyInfo).

use super::der::values;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

pub(super) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(super) const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(super) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ED448: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.113");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
pub(super) const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(super) const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA's two numbers, without leading zeros.
    Rsa {
        /// The modulus.
        modulus: Vec<u8>,
        /// The public exponent.
        exponent: Vec<u8>,
    },
    /// A point on a curve, which is identified by its object identifier.
    Ec {
        /// The curve.
        curve: ObjectIdentifier,
        /// The point, uncompressed.
        point: Vec<u8>,
    },
    /// Ed25519.
    Ed25519(Vec<u8>),
    /// Another algorithm, by its object identifier.
    Other(ObjectIdentifier),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    pub(super) fn read(info: &SubjectPublicKeyInfoOwned) -> Option<PublicKey> {
        let bits = info.subject_public_key.raw_bytes();
        Some(match info.algorithm.oid {
            RSA => PublicKey::rsa(&values(bits)?)?,
            EC => PublicKey::Ec {
                curve: info.algorithm.parameters.as_ref()?.decode_as().ok()?,
                point: bits.to_vec(),
            },
            ED25519 => PublicKey::Ed25519(bits.to_vec()),
            other => PublicKey::Other(other),
        })
    }

    /// Reads modulus and exponent, in this order.
    pub(super) fn rsa(numbers: &[AnyRef<'_>]) -> Option<PublicKey> {
        let number = |at: usize| {
            let number: UintRef<'_> = numbers.get(at)?.decode_as().ok()?;
            Some(number.as_bytes().to_vec())
        };
        Some(PublicKey::Rsa { modulus: number(0)?, exponent: number(1)? })
    }

    /// Returns its name, for messages.
    pub fn name(&self) -> String {
        match self {
            PublicKey::Rsa { .. } => format!("RSA {}", self.bits()),
            PublicKey::Ec { curve, .. } => match *curve {
                P256 => "ECDSA P-256".to_owned(),
                P384 => "ECDSA P-384".to_owned(),
                P521 => "ECDSA P-521".to_owned(),
                _ => "ECDSA on an unsupported curve".to_owned(),
            },
            PublicKey::Ed25519(_) => "Ed25519".to_owned(),
            PublicKey::Other(ED448) => "Ed448".to_owned(),
            PublicKey::Other(DSA) => "DSA".to_owned(),
            PublicKey::Other(_) => "of an unknown algorithm".to_owned(),
        }
    }

    /// Returns the length of an RSA modulus in bits; 0 for other keys.
    fn bits(&self) -> usize {
        match self {
            PublicKey::Rsa { modulus, .. } => {
                modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize)
            }
            _ => 0,
        }
    }

    /// Returns whether it is an RSA key with fewer bits than anyone accepts.
    pub(super) fn is_short(&self) -> bool {
        matches!(self, PublicKey::Rsa { .. }) && self.bits() < 2048
    }

    /// Returns whether browsers accept it in a server's certificate: all of them accept RSA, P-256 and P-384.
    pub fn is_taken_by_browsers(&self) -> bool {
        match self {
            PublicKey::Rsa { .. } => true,
            PublicKey::Ec { curve, .. } => *curve == P256 || *curve == P384,
            PublicKey::Ed25519(_) | PublicKey::Other(_) => false,
        }
    }
}
