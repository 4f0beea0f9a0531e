//! A host key named by the spec: it alone decides whether a host is trusted (trust.rs).

use russh::keys::PublicKey;

use super::host_key::HostKey;
use crate::diagnostic::Diagnostic;

/// Checks whether a text can pin a host's key.
///
/// # Errors
///
/// The text is neither a SHA-256 fingerprint nor a public key (`remote/host-key-pin`); the help says what to write.
pub fn check(text: &str) -> Result<(), Diagnostic> {
    Pin::parse(text).map(drop)
}

/// A key named by the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pin {
    /// `SHA256:…`
    Fingerprint(String),
    /// A public key: its type and bytes.
    Key(String, Vec<u8>),
}

impl Pin {
    /// Parses the spec's `host_key`.
    pub(super) fn parse(text: &str) -> Result<Pin, Diagnostic> {
        let text = text.trim();
        if let Some(hash) = text.strip_prefix("SHA256:") {
            let hash = hash.trim_end_matches('=');
            return match is_sha256(hash) {
                true => Ok(Pin::Fingerprint(format!("SHA256:{hash}"))),
                false => Err(not_a_pin(text)),
            };
        }
        let key = PublicKey::from_openssh(text).ok().and_then(|key| HostKey::of(&key));
        key.map(|key| Pin::Key(key.algorithm, key.blob)).ok_or_else(|| not_a_pin(text))
    }

    /// Whether this is the pinned key.
    pub(super) fn fits(&self, key: &HostKey) -> bool {
        match self {
            Pin::Fingerprint(wanted) => *wanted == key.fingerprint,
            Pin::Key(_, blob) => *blob == key.blob,
        }
    }
}

/// Whether a text is 32 bytes in base64 without padding: 43 characters, the last of which has four bits.
fn is_sha256(hash: &str) -> bool {
    hash.len() == 43
        && hash.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
        && hash.ends_with(|last: char| "AEIMQUYcgkosw048".contains(last))
}

fn not_a_pin(text: &str) -> Diagnostic {
    Diagnostic::error("remote/host-key-pin", format!("`{text}` is not a host key"))
        .help("write a fingerprint (`SHA256:…`) or a public key (`ssh-ed25519 AAAA…`)")
}
