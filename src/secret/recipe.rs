//! How a missing secret is generated. Every byte comes from the operating system; where the format allows, values use
//! only letters and digits, so that no file format ever has to quote them.

use super::hex;
use crate::diagnostic::{Diagnostic, nearest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS_AND_DIGITS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The least number of characters (password) or bytes (hex): 16 letters and digits are 95 bits.
const MIN_CHARS: usize = 16;
const MAX_CHARS: usize = 256;

/// How a secret is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// `password:40`: this many letters and digits.
    Password(usize),
    /// `pepper:48`: the same, but part of all password hashes: never regenerated.
    Pepper(usize),
    /// `hex:32`: this many random bytes, in hexadecimal (twice as many characters).
    Hex(usize),
    /// `synapse_signing_key`: `ed25519 a_XXXX` and 32 random bytes in unpadded base64.
    SynapseSigningKey,
}

impl Recipe {
    /// Parses a recipe as written in a manifest.
    ///
    /// # Errors
    ///
    /// The text is not a known recipe, or its size is not between 16 and 256 (`secret/recipe`).
    pub fn parse(text: &str) -> Result<Recipe, Diagnostic> {
        let (name, size) = text.split_once(':').unwrap_or((text, ""));
        match (name, size) {
            ("password", size) => number(text, size).map(Recipe::Password),
            ("pepper", size) => number(text, size).map(Recipe::Pepper),
            ("hex", size) => number(text, size).map(Recipe::Hex),
            ("synapse_signing_key", "") => Ok(Recipe::SynapseSigningKey),
            _ => Err(unknown(text, name)),
        }
    }

    /// Explains why a value in use can never be replaced, if so.
    pub fn irreplaceable(self) -> Option<&'static str> {
        match self {
            Recipe::Password(_) | Recipe::Hex(_) => None,
            Recipe::Pepper(_) => {
                Some("it is part of every password hash: no password would work any more")
            }
            Recipe::SynapseSigningKey => Some(
                "it is the server's identity: other servers would reject this one as a different server",
            ),
        }
    }

    /// Generates a new value.
    pub(super) fn make(self) -> Result<Zeroizing<Vec<u8>>, Diagnostic> {
        match self {
            Recipe::Password(size) | Recipe::Pepper(size) => draw(LETTERS_AND_DIGITS, size),
            Recipe::Hex(size) => Ok(Zeroizing::new(hex(&random(size)?).into_bytes())),
            Recipe::SynapseSigningKey => signing_key(),
        }
    }
}

fn number(text: &str, size: &str) -> Result<usize, Diagnostic> {
    let size = size.parse().ok().filter(|size| (MIN_CHARS..=MAX_CHARS).contains(size));
    size.ok_or_else(|| {
        let message = format!("`{text}` needs a size between {MIN_CHARS} and {MAX_CHARS}");
        Diagnostic::error("secret/recipe", message).help("write `password:40` or `hex:32`")
    })
}

fn unknown(text: &str, name: &str) -> Diagnostic {
    let known = ["password", "pepper", "hex", "synapse_signing_key"];
    let help = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "use `password:40`, `pepper:48`, `hex:32` or `synapse_signing_key`".to_owned(),
    };
    Diagnostic::error("secret/recipe", format!("`{text}` is not a way to generate a secret"))
        .help(help)
}

/// Generates Synapse's own format (that of signedjson): algorithm, key id, unpadded base64 of the seed.
fn signing_key() -> Result<Zeroizing<Vec<u8>>, Diagnostic> {
    let id = draw(LETTERS, 4)?;
    let seed = Zeroizing::new(STANDARD_NO_PAD.encode(random(32)?.as_slice()));
    let mut key = Zeroizing::new(b"ed25519 a_".to_vec());
    key.extend_from_slice(&id);
    key.push(b' ');
    key.extend_from_slice(seed.as_bytes());
    Ok(key)
}

/// Draws this many characters, each equally likely: bytes beyond the last whole multiple of the alphabet's size are
/// redrawn, since their remainder would favour the first characters.
fn draw(alphabet: &[u8], size: usize) -> Result<Zeroizing<Vec<u8>>, Diagnostic> {
    let fair = 256 - 256 % alphabet.len();
    let mut drawn = Zeroizing::new(Vec::with_capacity(size));
    while drawn.len() < size {
        let bytes = random(size)?;
        let fair_bytes = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        let characters = fair_bytes.filter_map(|byte| alphabet.get(byte % alphabet.len()));
        let missing = size - drawn.len();
        drawn.extend(characters.take(missing).copied());
    }
    Ok(drawn)
}

fn random(size: usize) -> Result<Zeroizing<Vec<u8>>, Diagnostic> {
    let mut bytes = Zeroizing::new(vec![0; size]);
    getrandom::fill(&mut bytes).map_err(|error| {
        Diagnostic::error(
            "secret/random",
            format!("the system's random number generator failed: {error}"),
        )
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(recipe: &str) -> String {
        let value = Recipe::parse(recipe).unwrap().make().unwrap();
        String::from_utf8(value.to_vec()).unwrap()
    }

    #[test]
    fn values_have_their_form() {
        let password = made("password:40");
        assert!(password.len() == 40 && password.chars().all(|c| c.is_ascii_alphanumeric()));
        let key = made("hex:32");
        assert!(key.len() == 64 && key.chars().all(|c| c.is_ascii_hexdigit()));
        let signing = made("synapse_signing_key");
        let parts: Vec<&str> = signing.split(' ').collect();
        assert_eq!((parts.len(), parts[0], parts[1].len()), (3, "ed25519", 6));
        assert!(parts[1].starts_with("a_"));
        assert_eq!(STANDARD_NO_PAD.decode(parts[2]).unwrap().len(), 32);
        assert_ne!(made("password:40"), password);
    }

    #[test]
    fn every_character_is_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        let drawn = draw(LETTERS_AND_DIGITS, 62_000).unwrap();
        drawn.iter().for_each(|byte| *counts.entry(*byte).or_insert(0_u32) += 1);
        assert_eq!(counts.len(), 62);
        // 1000 each on average; 7 standard deviations are 220, a biased draw would be off by 250.
        assert!(counts.values().all(|count| (780..=1220).contains(count)), "{counts:?}");
    }

    #[test]
    fn weak_or_unknown_recipes_are_refused() {
        for wrong in
            ["password:8", "password", "pepper:1", "hex:0", "hex:x", "pasword:40", "ca", ""]
        {
            assert_eq!(Recipe::parse(wrong).unwrap_err().code, "secret/recipe", "{wrong}");
        }
        let help = Recipe::parse("pasword:40").unwrap_err().help.unwrap();
        assert_eq!(help, "did you mean `password`?");
    }
}
