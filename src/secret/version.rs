//! Identifies the value of a secret, only for holders of the inventory's plan key: an HMAC, since a plain digest would
//! let anyone test guesses.

use super::{Recipe, Secret, hex};
use crate::diagnostic::Diagnostic;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The name of the key in the stores. No resource may contain it: it never goes to a host.
pub const PLAN_KEY: &str = "matrixform/plan-key";

/// Its recipe.
pub const RECIPE: &str = "hex:32";

/// Separates this use of the key from any other.
const DOMAIN: &[u8] = b"matrixform: version of a secret, 1\0";

/// The key.
pub struct PlanKey(Secret);

impl PlanKey {
    /// Generates a new key, for a store.
    pub fn generate() -> Result<Secret, Diagnostic> {
        Ok(Secret::new(PLAN_KEY, Recipe::parse(RECIPE)?.make()?.as_slice()))
    }

    /// Checks a key: a short one could be guessed, and the secrets with it.
    pub fn new(secret: Secret) -> Result<PlanKey, Diagnostic> {
        let bytes = secret.expose();
        if bytes.len() == 64 && bytes.iter().all(u8::is_ascii_hexdigit) {
            return Ok(PlanKey(secret));
        }
        let message = format!("`{PLAN_KEY}` is not 32 random bytes in hexadecimal");
        Err(Diagnostic::error("secret/plan-key", message)
            .help(format!("generate one: `matrixform secrets rotate SPEC {PLAN_KEY}`")))
    }

    /// Returns the HMAC-SHA256 of name and value, in hexadecimal. Names are prefixed with their length, so that no two
    /// pairs yield the same text.
    pub fn version(&self, secret: &Secret) -> String {
        let name = secret.name().as_bytes();
        // HMAC accepts a key of any length: the error cannot happen, and would yield the same version for all values.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose()) else {
            return String::new();
        };
        mac.update(DOMAIN);
        mac.update(&(name.len() as u64).to_be_bytes());
        mac.update(name);
        mac.update(secret.expose());
        hex(&mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: &str) -> PlanKey {
        PlanKey::new(Secret::new(PLAN_KEY, digit.repeat(64))).unwrap()
    }

    /// Computed with Python's hmac module.
    #[test]
    fn a_version_is_an_hmac_of_name_and_value() {
        let version = key("0").version(&Secret::new("a/b", "value"));
        assert_eq!(version, "d4d447cd51a5995d2dd225902477a4031ae3ae6b0bd5a392e3b551c199024a55");
    }

    #[test]
    fn a_weak_key_is_refused() {
        for weak in ["", "abc", &"g".repeat(64), &"0".repeat(63), &"0".repeat(65)] {
            let refused = PlanKey::new(Secret::new(PLAN_KEY, weak)).err().unwrap();
            assert!(refused.code == "secret/plan-key" && !refused.message.contains("0000"));
        }
    }

    proptest::proptest! {
        #[test]
        fn a_version_depends_on_key_name_and_value(
            name in "[a-c]{1,4}", other in "[a-c]{1,4}", value in "[a-c]{0,4}", more in "[a-c]{0,4}",
        ) {
            let version = |name: &str, value: &str| key("1").version(&Secret::new(name, value));
            let is_same = (name.as_str(), value.as_str()) == (other.as_str(), more.as_str());
            proptest::prop_assert_eq!(version(&name, &value) == version(&other, &more), is_same);
            proptest::prop_assert_ne!(version(&name, &value), key("2").version(&Secret::new(name, value)));
        }
    }
}
