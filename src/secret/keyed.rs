//! Keyed digests: they tell whether two values are equal, and nobody without the inventory's key can
//! test guesses against them. Plain digests of secrets never leave this machine.

use super::{Secret, hex};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The secret that keys the digests of an inventory.
pub const PLAN_KEY: &str = "matrixform/plan-key";

/// How it is made.
pub const PLAN_KEY_RECIPE: &str = "hex:32";

/// HMAC-SHA256 in lower-case hexadecimal.
pub fn keyed_digest(key: &Secret, bytes: &[u8]) -> String {
    let mut block = zeroize::Zeroizing::new([0; 64]);
    // As HMAC does it: a long key is hashed, a short one filled with zeros.
    let hashed = zeroize::Zeroizing::new(<[u8; 32]>::from(Sha256::digest(key.expose())));
    let key = if key.expose().len() > block.len() { hashed.as_slice() } else { key.expose() };
    block.iter_mut().zip(key).for_each(|(byte, key)| *byte = *key);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(bytes);
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test cases 2 and 6.
    #[test]
    fn agrees_with_the_rfc() {
        let digest = keyed_digest(&Secret::new("k", "Jefe"), b"what do ya want for nothing?");
        assert_eq!(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = Secret::new("k", vec![0xaa; 131]);
        let digest = keyed_digest(&long, b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(digest, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }
}
