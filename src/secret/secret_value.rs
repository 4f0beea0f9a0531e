//! A secret value: wiped when dropped, never printed, never serialised.

use std::sync::Arc;
use zeroize::Zeroizing;

/// A secret and the name it goes by (`synapse/pepper`). Cheap to clone: the bytes are shared.
#[derive(Clone)]
pub struct Secret {
    name: Arc<str>,
    bytes: Arc<Zeroizing<Vec<u8>>>,
    pending: bool,
}

impl Secret {
    /// A secret of this name and value.
    pub fn new(name: impl Into<Arc<str>>, bytes: impl Into<Vec<u8>>) -> Secret {
        Secret { name: name.into(), bytes: Arc::new(Zeroizing::new(bytes.into())), pending: false }
    }

    /// A secret that no store holds yet and that apply would generate: `plan` works with this
    /// placeholder, and what holds it is never written.
    pub fn pending(name: impl Into<Arc<str>>) -> Secret {
        let mut secret = Secret::new(name, "to be generated".as_bytes());
        secret.pending = true;
        secret
    }

    /// Whether the value is still to be generated.
    pub fn is_pending(&self) -> bool {
        self.pending
    }

    /// Its name, which may be shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value. Every call is a place to review: it may go to a host's standard input, into a
    /// digest or into a content's secret range, and nowhere else.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// The same secret in another spelling (quoted for a file, hashed): keeps its name.
    pub fn map(&self, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Secret {
        let mut changed = Secret::new(Arc::clone(&self.name), change(&self.bytes));
        changed.pending = self.pending;
        changed
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl PartialEq for Secret {
    /// Compares name and value, without an early exit on the value.
    fn eq(&self, other: &Secret) -> bool {
        let equal = self.bytes.len() == other.bytes.len()
            && self.bytes.iter().zip(other.bytes.iter()).fold(0, |all, (a, b)| all | (a ^ b)) == 0;
        equal && self.name == other.name
    }
}
