//! SCRAM-SHA-256 verifiers as PostgreSQL stores them (RFC 5803, RFC 7677) in its catalogue instead of the password.
//! They are computed here, so that no server, log or statement ever sees a password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// PostgreSQL's own default (`scram_iterations`).
const ITERATIONS: u32 = 4096;
/// A higher count would let a host stall any client that observes it.
const MOST_ITERATIONS: u32 = 1_000_000;

/// Computes the verifier of a password with this salt.
pub(super) fn verifier(password: &[u8], salt: &[u8]) -> String {
    with(password, salt, ITERATIONS)
}

/// Whether a stored verifier matches this password. Other formats (md5, plain text) never do.
pub(super) fn is_verifier_of(stored: &str, password: &[u8]) -> bool {
    let Some((salt, iterations)) = parameters(stored) else { return false };
    iterations <= MOST_ITERATIONS && with(password, &salt, iterations) == stored
}

/// Whether this is a verifier, whatever the password.
pub(super) fn is_verifier(stored: &str) -> bool {
    parameters(stored).is_some()
}

fn with(password: &[u8], salt: &[u8], iterations: u32) -> String {
    let mut salted = zeroize::Zeroizing::new([0_u8; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, salted.as_mut());
    let stored = Sha256::digest(keyed(salted.as_ref(), b"Client Key"));
    let server = keyed(salted.as_ref(), b"Server Key");
    let text = |bytes: &[u8]| STANDARD.encode(bytes);
    format!("SCRAM-SHA-256${iterations}:{}${}:{}", text(salt), text(&stored), text(&server))
}

/// Parses `SCRAM-SHA-256$ITERATIONS:SALT$…`.
fn parameters(stored: &str) -> Option<(Vec<u8>, u32)> {
    let (parameters, _) = stored.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
    let (iterations, salt) = parameters.split_once(':')?;
    Some((STANDARD.decode(salt).ok()?, iterations.parse().ok()?))
}

fn keyed(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC accepts a key of any length: the error cannot happen, and would yield an empty verifier.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677, section 3 (user, `pencil`), as PostgreSQL would store it.
    const RFC_7677: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
                            $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:\
                            wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    #[test]
    fn the_verifier_matches_the_rfc() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        assert_eq!(verifier(b"pencil", &salt), RFC_7677);
        assert!(is_verifier_of(RFC_7677, b"pencil"));
    }

    #[test]
    fn other_verifiers_do_not_match() {
        let md5 = "md5a3556571e93b0d20722ba62be61e8c2d";
        for (stored, password) in [
            (RFC_7677, "Pencil"),
            ("", ""),
            (md5, "pencil"),
            ("pencil", "pencil"),
            ("SCRAM-SHA-256$4294967295:AAAA$x:y", "pencil"),
            ("SCRAM-SHA-256$0:$:", ""),
        ] {
            assert!(!is_verifier_of(stored, password.as_bytes()), "{stored}");
        }
    }
}
