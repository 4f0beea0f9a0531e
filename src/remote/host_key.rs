//! The key that a host presented, in the formats that users see. Keys are compared by their bytes; the fingerprint is
//! for people and for pins.

use russh::keys::{Algorithm, HashAlg, PublicKey};

use super::pattern::lookup_name;

/// A host key: its type and how to recognize it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey {
    /// The key's type, such as `ssh-ed25519`.
    pub algorithm: String,
    /// `SHA256:` and the hash, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// `ssh-ed25519 AAAA…`, without a comment.
    pub line: String,
    pub(super) blob: Vec<u8>,
}

impl HostKey {
    /// Converts a key from russh; `None` if it cannot be encoded again.
    pub(super) fn of(key: &PublicKey) -> Option<HostKey> {
        let bare = PublicKey::from(key.key_data().clone());
        Some(HostKey {
            algorithm: bare.algorithm().as_str().to_owned(),
            fingerprint: bare.fingerprint(HashAlg::Sha256).to_string(),
            line: bare.to_openssh().ok()?.trim().to_owned(),
            blob: bare.to_bytes().ok()?,
        })
    }

    /// Returns the line to add to a known_hosts file.
    pub(super) fn known_hosts_line(&self, host: &str, port: u16) -> String {
        format!("{} {}", lookup_name(host, port), self.line)
    }

    /// Returns the path of this key on the host, as named by Debian and Ubuntu.
    pub(super) fn file_on_host(&self) -> &'static str {
        match Algorithm::new(&self.algorithm) {
            Ok(Algorithm::Rsa { .. }) => "/etc/ssh/ssh_host_rsa_key.pub",
            Ok(Algorithm::Ecdsa { .. }) => "/etc/ssh/ssh_host_ecdsa_key.pub",
            _ => "/etc/ssh/ssh_host_ed25519_key.pub",
        }
    }
}

/// Returns the fingerprint of a public key, for messages.
pub(super) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}
