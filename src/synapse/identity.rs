//! A server's identity: the public half of its signing key, `ed25519:ID BASE64`. Pure.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

/// Matrix writes base64 without padding; copies made by people may have it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Public keys whose secret half anyone can compute (CVE-2026-24044): a generator used a known seed. Source:
/// `BANNED_SERVER_SIGNING_KEYS` in Synapse's synapse/crypto/keyring.py.
const PREDICTABLE: [&str; 1] = ["l/O9hxMVKB6Lg+3Hqf0FQQZhVESQcMzbPN1Cz2nM3og"];

/// The form of a signing key, in words.
pub const SIGNING_KEY_FORM: &str = "Synapse writes it as one line: `ed25519`, an id of letters, digits and `_`, and 43 characters of base64";

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningIdentity {
    id: String,
    key: [u8; 32],
}

impl SigningIdentity {
    /// Parses `ed25519:ID BASE64`.
    ///
    /// # Errors
    ///
    /// The reason in words: `ed25519:` or the key is missing, the id has characters other than letters, digits and `_`,
    /// or the key is not 32 bytes in base64.
    pub fn parse(text: &str) -> Result<SigningIdentity, &'static str> {
        let rest = text.strip_prefix("ed25519:").ok_or("it starts with `ed25519:`")?;
        let (id, key) = rest.split_once(' ').ok_or("the key follows the id after one space")?;
        let key = BASE64.decode(key).ok().and_then(|key| key.try_into().ok());
        match (is_id(id), key) {
            (false, _) => Err("the id consists of letters, digits and `_`"),
            (true, None) => Err("the key is 32 bytes in base64: 43 characters"),
            (true, Some(key)) => Ok(SigningIdentity { id: id.to_owned(), key }),
        }
    }

    /// Derives it from a signing key as Synapse stores it, `ed25519 ID SEED`. If there are several, Synapse signs with
    /// the first.
    pub fn of_signing_key(key: &[u8]) -> Option<SigningIdentity> {
        let text = std::str::from_utf8(key).ok()?;
        let line = text.lines().find(|line| !line.trim().is_empty())?;
        let mut fields = line.split_whitespace();
        let (algorithm, id, seed) = (fields.next()?, fields.next()?, fields.next()?);
        if algorithm != "ed25519" || !is_id(id) || fields.next().is_some() {
            return None;
        }
        let seed = zeroize::Zeroizing::new(BASE64.decode(seed).ok()?);
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
        let key = pair.public_key().as_ref().try_into().ok()?;
        Some(SigningIdentity { id: id.to_owned(), key })
    }

    /// Returns whether a signature, in base64, is of this text by its signing key.
    pub fn has_signed(&self, text: &[u8], signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.key);
        BASE64.decode(signature).is_ok_and(|signature| key.verify(text, &signature).is_ok())
    }

    /// Returns whether anyone can compute its signing key.
    pub fn is_predictable(&self) -> bool {
        PREDICTABLE.contains(&BASE64.encode(self.key).as_str())
    }
}

/// The form that specs record.
impl std::fmt::Display for SigningIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ed25519:{} {}", self.id, BASE64.encode(self.key))
    }
}

fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=255).contains(&id.len()) && id.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key in the Matrix specification's appendix (signing JSON): its seed and its public half.
    const SEED: &str = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";
    const PUBLIC: &str = "ed25519:1 XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";

    #[test]
    fn the_public_half_of_a_signing_key() {
        for text in [format!("ed25519 1 {SEED}"), format!("\ned25519 1 {SEED}\ned25519 2 x\n")] {
            assert_eq!(
                SigningIdentity::of_signing_key(text.as_bytes()).unwrap().to_string(),
                PUBLIC
            );
        }
        for wrong in ["", "ed25519 1", "ed25519 1 short", "rsa 1 x", "ed25519 ! x", "\u{fffd}"] {
            assert_eq!(SigningIdentity::of_signing_key(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(SigningIdentity::of_signing_key(&[0xff]), None);
    }

    #[test]
    fn an_identity_has_one_spelling() {
        let read = SigningIdentity::parse(&format!("{PUBLIC}=")).unwrap();
        assert_eq!(read.to_string(), PUBLIC, "padding is read, and not written");
        for wrong in ["", "ed25519:1", "rsa:1 x", "ed25519: x", "ed25519:a-b x", "ed25519:1  x"] {
            assert!(SigningIdentity::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn predictable_keys_are_recognized_under_any_id() {
        let of = |key: &str| SigningIdentity::parse(&format!("ed25519:a_any {key}")).unwrap();
        assert!(of("l/O9hxMVKB6Lg+3Hqf0FQQZhVESQcMzbPN1Cz2nM3og=").is_predictable());
        assert!(!SigningIdentity::parse(PUBLIC).unwrap().is_predictable());
    }
}
