//! Private keys as PEM: which public key they belong to.

use super::der::{BITS, Der, INTEGER, OCTETS, OID, SEQUENCE};
use super::pem::{Block, blocks};
use super::public_key::{EC, ED25519, P256, P384, RSA};
use super::{Fault, PublicKey};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
};
use zeroize::Zeroizing;

/// `[1]` of an ECPrivateKey: its public half (RFC 5915).
const EC_PUBLIC: u8 = 0xa1;
/// `[0]` of an ECPrivateKey: its curve.
const EC_CURVE: u8 = 0xa0;

/// A private key.
pub struct PrivateKey {
    kind: Kind,
}

enum Kind {
    /// The public half stands in it.
    Rsa(PublicKey),
    Ec {
        curve: Vec<u8>,
        scalar: Zeroizing<Vec<u8>>,
        point: Option<Vec<u8>>,
    },
    Ed25519(Zeroizing<Vec<u8>>),
    Other,
}

impl PrivateKey {
    /// The first key of a PEM text, which is the one that programs take.
    pub fn read(text: &str) -> Result<PrivateKey, Fault> {
        let blocks = blocks(text)?;
        let Some(block) = blocks.iter().find(|block| block.label.ends_with("PRIVATE KEY")) else {
            return Err(no_key(&blocks, text));
        };
        if block.label == "ENCRYPTED PRIVATE KEY" || block.encrypted {
            let fix = "take the passphrase off: `openssl pkey -in privkey.pem` prints the key without one";
            return Err(Fault::new(
                "is encrypted with a passphrase, which nothing on the host could type",
                fix,
            ));
        }
        let bytes = block.bytes.as_slice();
        let kind = match block.label {
            "PRIVATE KEY" => pkcs8(bytes),
            "RSA PRIVATE KEY" => rsa(bytes),
            "EC PRIVATE KEY" => ec(bytes, None),
            "OPENSSH PRIVATE KEY" => {
                return Err(Fault::new(
                    "is a key for SSH",
                    "take the key that the certificate was made with",
                ));
            }
            _ => Some(Kind::Other),
        };
        let kind = kind.ok_or_else(|| {
            Fault::new("is damaged: its PEM holds no key", "copy the whole file again")
        })?;
        Ok(PrivateKey { kind })
    }

    /// Whether it is the other half of a public key; nothing when that cannot be seen here.
    pub fn belongs_to(&self, public: &PublicKey) -> Option<bool> {
        match (&self.kind, public) {
            (Kind::Other, _) => None,
            (Kind::Rsa(own), PublicKey::Rsa { .. }) => Some(own == public),
            (Kind::Ec { curve: own, scalar, point }, PublicKey::Ec { curve, point: wanted }) => {
                if own != curve {
                    return Some(false);
                }
                fits_on_curve(curve, scalar, wanted)
                    .or_else(|| point.as_ref().map(|point| point == wanted))
            }
            (Kind::Ed25519(seed), PublicKey::Ed25519(wanted)) => {
                Some(Ed25519KeyPair::from_seed_and_public_key(seed, wanted).is_ok())
            }
            (_, PublicKey::Other(_)) => None,
            _ => Some(false),
        }
    }

    /// What it is called.
    pub fn name(&self) -> String {
        match &self.kind {
            Kind::Rsa(public) => public.name(),
            Kind::Ec { curve, .. } => {
                PublicKey::Ec { curve: curve.clone(), point: Vec::new() }.name()
            }
            Kind::Ed25519(_) => "Ed25519".to_owned(),
            Kind::Other => "of an unknown algorithm".to_owned(),
        }
    }
}

/// What was stored in the place of a key.
fn no_key(blocks: &[Block<'_>], text: &str) -> Fault {
    let label = blocks.iter().map(|block| block.label).find(|label| !label.ends_with("PARAMETERS"));
    let why = match label {
        Some("CERTIFICATE") => "is a certificate and no private key",
        Some("CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") => {
            "is a request for a certificate (CSR) and no private key"
        }
        Some("PUBLIC KEY" | "RSA PUBLIC KEY") => "is a public key, and not the private one",
        _ if text.trim().is_empty() => "is empty",
        _ => "holds no `-----BEGIN PRIVATE KEY-----`",
    };
    Fault::new(why, "store the private key in PEM, which certbot calls privkey.pem")
}

/// PKCS#8 (RFC 5958): version, algorithm, and the key as an algorithm writes it.
fn pkcs8(bytes: &[u8]) -> Option<Kind> {
    let mut body = Der(bytes).expect(SEQUENCE)?;
    body.expect(INTEGER)?;
    let mut algorithm = body.expect(SEQUENCE)?;
    let id = algorithm.expect(OID)?.0;
    let key = body.expect(OCTETS)?.0;
    if id == RSA {
        rsa(key)
    } else if id == EC {
        ec(key, algorithm.expect(OID).map(|curve| curve.0))
    } else if id == ED25519 {
        Some(Kind::Ed25519(Zeroizing::new(Der(key).expect(OCTETS)?.0.to_vec())))
    } else {
        Some(Kind::Other)
    }
}

/// PKCS#1 (RFC 8017): version, modulus, public exponent, and what is private.
fn rsa(bytes: &[u8]) -> Option<Kind> {
    let mut body = Der(bytes).expect(SEQUENCE)?;
    body.expect(INTEGER)?;
    PublicKey::rsa(body).map(Kind::Rsa)
}

/// RFC 5915: version, the scalar, and often curve and public half.
fn ec(bytes: &[u8], curve: Option<&[u8]>) -> Option<Kind> {
    let mut body = Der(bytes).expect(SEQUENCE)?;
    body.expect(INTEGER)?;
    let scalar = Zeroizing::new(body.expect(OCTETS)?.0.to_vec());
    let (mut curve, mut point) = (curve.map(<[u8]>::to_vec), None);
    while let Some((tag, content)) = body.next() {
        match tag {
            EC_CURVE => curve = Der(content).expect(OID).map(|curve| curve.0.to_vec()),
            EC_PUBLIC => {
                point = Der(content).expect(BITS).and_then(|bits| Some(bits.0.get(1..)?.to_vec()))
            }
            _ => {}
        }
    }
    Some(Kind::Ec { curve: curve?, scalar, point })
}

/// ring pairs a scalar with a point only where they belong to each other; nothing for curves that it lacks.
fn fits_on_curve(curve: &[u8], scalar: &[u8], point: &[u8]) -> Option<bool> {
    let (algorithm, length) = match curve {
        curve if curve == P256 => (&ECDSA_P256_SHA256_ASN1_SIGNING, 32),
        curve if curve == P384 => (&ECDSA_P384_SHA384_ASN1_SIGNING, 48),
        _ => return None,
    };
    // Some programs leave zeros at the front out.
    let missing = length.max(scalar.len()) - scalar.len();
    let mut padded = Zeroizing::new(vec![0; missing]);
    padded.extend_from_slice(scalar);
    let random = SystemRandom::new();
    Some(EcdsaKeyPair::from_private_key_and_public_key(algorithm, &padded, point, &random).is_ok())
}
