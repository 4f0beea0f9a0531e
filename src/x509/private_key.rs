//! Private keys as PEM, and the public keys that they belong to.

use super::der::values;
use super::pem::{Block, blocks};
use super::public_key::{EC, ED25519, P256, P384, RSA};
use super::{PemFault, PublicKey};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
};
use x509_cert::der::asn1::{BitStringRef, ObjectIdentifier, OctetStringRef};
use x509_cert::der::{Decode as _, Tag, TagNumber, Tagged as _};
use x509_cert::spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

/// `[0]` of an ECPrivateKey: its curve (RFC 5915).
const EC_CURVE: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
/// `[1]` of an ECPrivateKey: its public key.
const EC_PUBLIC: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(1) };

/// A private key.
pub struct PrivateKey {
    kind: KeyKind,
}

enum KeyKind {
    /// It contains its public key.
    Rsa(PublicKey),
    Ec {
        curve: ObjectIdentifier,
        scalar: Zeroizing<Vec<u8>>,
        point: Option<Vec<u8>>,
    },
    Ed25519(Zeroizing<Vec<u8>>),
    Other,
}

impl PrivateKey {
    /// Reads the first key in a PEM text, the one that programs use.
    ///
    /// # Errors
    ///
    /// The text is not well-formed PEM or contains no private key, or the first one is damaged, encrypted, or an SSH
    /// key.
    pub fn read(text: &str) -> Result<PrivateKey, PemFault> {
        let blocks = blocks(text)?;
        let Some(block) = blocks.iter().find(|block| block.label.ends_with("PRIVATE KEY")) else {
            return Err(no_key(&blocks, text));
        };
        if block.label == "ENCRYPTED PRIVATE KEY" || block.encrypted {
            let fix =
                "remove the passphrase: `openssl pkey -in privkey.pem` prints the key without one";
            return Err(PemFault::new(
                "is encrypted with a passphrase, which the host cannot enter",
                fix,
            ));
        }
        let bytes = block.bytes.as_slice();
        let kind = match block.label {
            "PRIVATE KEY" => pkcs8(bytes),
            "RSA PRIVATE KEY" => rsa(bytes),
            "EC PRIVATE KEY" => ec(bytes, None),
            "OPENSSH PRIVATE KEY" => {
                return Err(PemFault::new(
                    "is an SSH key",
                    "use the key that the certificate was issued for",
                ));
            }
            _ => Some(KeyKind::Other),
        };
        let kind = kind.ok_or_else(|| {
            PemFault::new("is damaged: its PEM contains no key", "copy the whole file again")
        })?;
        Ok(PrivateKey { kind })
    }

    /// Returns whether it belongs to a public key; `None` if that cannot be determined here.
    pub fn belongs_to(&self, public: &PublicKey) -> Option<bool> {
        match (&self.kind, public) {
            (KeyKind::Other, _) => None,
            (KeyKind::Rsa(own), PublicKey::Rsa { .. }) => Some(own == public),
            (KeyKind::Ec { curve: own, scalar, point }, PublicKey::Ec { curve, point: wanted }) => {
                if own != curve {
                    return Some(false);
                }
                fits_on_curve(*curve, scalar, wanted)
                    .or_else(|| point.as_ref().map(|point| point == wanted))
            }
            (KeyKind::Ed25519(seed), PublicKey::Ed25519(wanted)) => {
                Some(Ed25519KeyPair::from_seed_and_public_key(seed, wanted).is_ok())
            }
            (_, PublicKey::Other(_)) => None,
            _ => Some(false),
        }
    }

    /// Returns its name, for messages.
    pub fn name(&self) -> String {
        match &self.kind {
            KeyKind::Rsa(public) => public.name(),
            KeyKind::Ec { curve, .. } => PublicKey::Ec { curve: *curve, point: Vec::new() }.name(),
            KeyKind::Ed25519(_) => "Ed25519".to_owned(),
            KeyKind::Other => "of an unknown algorithm".to_owned(),
        }
    }
}

/// Describes what the text holds in place of a key.
fn no_key(blocks: &[Block<'_>], text: &str) -> PemFault {
    let label = blocks.iter().map(|block| block.label).find(|label| !label.ends_with("PARAMETERS"));
    let why = match label {
        Some("CERTIFICATE") => "is a certificate, not a private key",
        Some("CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") => {
            "is a certificate signing request (CSR), not a private key"
        }
        Some("PUBLIC KEY" | "RSA PUBLIC KEY") => "is a public key, not the private key",
        _ if text.trim().is_empty() => "is empty",
        _ => "has no `-----BEGIN PRIVATE KEY-----`",
    };
    PemFault::new(why, "store the private key in PEM, which certbot calls privkey.pem")
}

/// Reads PKCS#8 (RFC 5958): version, algorithm, and the key in the algorithm's format.
fn pkcs8(bytes: &[u8]) -> Option<KeyKind> {
    let parts = values(bytes)?;
    let algorithm: AlgorithmIdentifierRef<'_> = parts.get(1)?.decode_as().ok()?;
    let key: &OctetStringRef = parts.get(2)?.decode_as().ok()?;
    match algorithm.oid {
        RSA => rsa(key.as_bytes()),
        EC => ec(key.as_bytes(), algorithm.parameters.and_then(|curve| curve.decode_as().ok())),
        ED25519 => {
            let seed = <&OctetStringRef>::from_der(key.as_bytes()).ok()?;
            Some(KeyKind::Ed25519(Zeroizing::new(seed.as_bytes().to_vec())))
        }
        _ => Some(KeyKind::Other),
    }
}

/// Reads PKCS#1 (RFC 8017): version, modulus, public exponent, and the private part.
fn rsa(bytes: &[u8]) -> Option<KeyKind> {
    PublicKey::rsa(values(bytes)?.get(1..)?).map(KeyKind::Rsa)
}

/// Reads RFC 5915: version, the scalar, and often the curve and the public key.
fn ec(bytes: &[u8], curve: Option<ObjectIdentifier>) -> Option<KeyKind> {
    let parts = values(bytes)?;
    let scalar: &OctetStringRef = parts.get(1)?.decode_as().ok()?;
    let part = |tag: Tag| parts.iter().find(|part| part.tag() == tag).map(|part| part.value());
    let point = part(EC_PUBLIC).and_then(|inner| BitStringRef::from_der(inner).ok());
    let own = part(EC_CURVE).and_then(|inner| ObjectIdentifier::from_der(inner).ok());
    Some(KeyKind::Ec {
        curve: own.or(curve)?,
        scalar: Zeroizing::new(scalar.as_bytes().to_vec()),
        point: point.map(|bits| bits.raw_bytes().to_vec()),
    })
}

/// Returns whether scalar and point match: ring accepts only a matching pair. `None` for curves that ring lacks.
fn fits_on_curve(curve: ObjectIdentifier, scalar: &[u8], point: &[u8]) -> Option<bool> {
    let (algorithm, length) = match curve {
        P256 => (&ECDSA_P256_SHA256_ASN1_SIGNING, 32),
        P384 => (&ECDSA_P384_SHA384_ASN1_SIGNING, 48),
        _ => return None,
    };
    // Some programs omit leading zeros.
    let missing = length.max(scalar.len()) - scalar.len();
    let mut padded = Zeroizing::new(vec![0; missing]);
    padded.extend_from_slice(scalar);
    let random = SystemRandom::new();
    Some(EcdsaKeyPair::from_private_key_and_public_key(algorithm, &padded, point, &random).is_ok())
}
