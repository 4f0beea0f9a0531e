//! Public keys as certificates carry them (SubjectPublicKeyInfo).

use super::der::{BITS, Der, INTEGER, OID, SEQUENCE};

pub(super) const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
pub(super) const EC: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
pub(super) const ED25519: [u8; 3] = [0x2b, 0x65, 0x70];
const ED448: [u8; 3] = [0x2b, 0x65, 0x71];
const DSA: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
pub(super) const P256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
pub(super) const P384: [u8; 5] = [0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: [u8; 5] = [0x2b, 0x81, 0x04, 0x00, 0x23];

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
    /// A point on a curve, which is named by its object identifier.
    Ec {
        /// The curve.
        curve: Vec<u8>,
        /// The point, uncompressed.
        point: Vec<u8>,
    },
    /// Ed25519.
    Ed25519(Vec<u8>),
    /// Another algorithm, by its object identifier.
    Other(Vec<u8>),
}

impl PublicKey {
    /// Of the content of a SubjectPublicKeyInfo.
    pub(super) fn read(mut info: Der<'_>) -> Option<PublicKey> {
        let mut algorithm = info.expect(SEQUENCE)?;
        let id = algorithm.expect(OID)?.0;
        let bits = info.next().filter(|(tag, _)| *tag == BITS)?.1.get(1..)?;
        Some(if id == RSA {
            PublicKey::rsa(Der(bits).expect(SEQUENCE)?)?
        } else if id == EC {
            PublicKey::Ec { curve: algorithm.expect(OID)?.0.to_vec(), point: bits.to_vec() }
        } else if id == ED25519 {
            PublicKey::Ed25519(bits.to_vec())
        } else {
            PublicKey::Other(id.to_vec())
        })
    }

    /// Of modulus and exponent, one after the other.
    pub(super) fn rsa(mut numbers: Der<'_>) -> Option<PublicKey> {
        let mut number = || Some(without_zeros(numbers.expect(INTEGER)?.0));
        Some(PublicKey::Rsa { modulus: number()?, exponent: number()? })
    }

    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            PublicKey::Rsa { .. } => format!("RSA {}", self.bits()),
            PublicKey::Ec { curve, .. } => match curve.as_slice() {
                curve if curve == P256 => "ECDSA P-256".to_owned(),
                curve if curve == P384 => "ECDSA P-384".to_owned(),
                curve if curve == P521 => "ECDSA P-521".to_owned(),
                _ => "ECDSA on a rare curve".to_owned(),
            },
            PublicKey::Ed25519(_) => "Ed25519".to_owned(),
            PublicKey::Other(id) if *id == ED448 => "Ed448".to_owned(),
            PublicKey::Other(id) if *id == DSA => "DSA".to_owned(),
            PublicKey::Other(_) => "of an unknown algorithm".to_owned(),
        }
    }

    /// The length of an RSA modulus; nothing for others.
    fn bits(&self) -> usize {
        match self {
            PublicKey::Rsa { modulus, .. } => {
                modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize)
            }
            _ => 0,
        }
    }

    /// Whether it is RSA of fewer bits than anybody accepts.
    pub(super) fn is_short(&self) -> bool {
        matches!(self, PublicKey::Rsa { .. }) && self.bits() < 2048
    }

    /// Whether browsers take it in a server's certificate: RSA, P-256 and P-384 are what all of them take.
    pub fn is_taken_by_browsers(&self) -> bool {
        match self {
            PublicKey::Rsa { .. } => true,
            PublicKey::Ec { curve, .. } => *curve == P256 || *curve == P384,
            PublicKey::Ed25519(_) | PublicKey::Other(_) => false,
        }
    }
}

/// A number as DER writes it, without the zeros before it.
fn without_zeros(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}
