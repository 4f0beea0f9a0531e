//! A secret value: wiped when dropped, never printed, never serialized.

use std::sync::Arc;
use zeroize::Zeroizing;

/// A secret and its name (`synapse/pepper`). Cheap to clone: the bytes are shared.
#[derive(Clone)]
pub struct Secret {
    name: Arc<str>,
    bytes: Arc<Zeroizing<Vec<u8>>>,
    state: SecretState,
}

/// What is known of a secret's value. For several secrets in one text, the last of these applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretState {
    /// The value is known.
    Known,
    /// Not known here, but assumed to be the host's.
    Unchanged,
    /// Not known here, and new to the host.
    Unread,
    /// Not in any store yet: apply would generate it.
    Pending,
}

impl SecretState {
    /// Whether it has a value that is not known here.
    pub fn is_withheld(self) -> bool {
        matches!(self, SecretState::Unchanged | SecretState::Unread)
    }
}

impl Secret {
    /// Creates a secret with this name and value.
    pub fn new(name: impl Into<Arc<str>>, bytes: impl Into<Vec<u8>>) -> Secret {
        let bytes = Arc::new(Zeroizing::new(bytes.into()));
        Secret { name: name.into(), bytes, state: SecretState::Known }
    }

    /// Creates a placeholder for a secret that is in no store yet and that apply would generate: `plan` works with it,
    /// and content with it is never written.
    pub fn pending(name: impl Into<Arc<str>>) -> Secret {
        Secret::new(name, "to be generated".as_bytes()).with_state(SecretState::Pending)
    }

    /// Creates a secret of which only the name is known here. Content with it is compared only around it, and never
    /// written.
    pub fn withheld(name: impl Into<Arc<str>>, state: SecretState) -> Secret {
        Secret::new(name, "not known here".as_bytes()).with_state(state)
    }

    /// Sets what is known of the value.
    pub fn with_state(mut self, state: SecretState) -> Secret {
        self.state = state;
        self
    }

    /// Returns what is known of the value.
    pub fn state(&self) -> SecretState {
        self.state
    }

    /// Whether the value is not generated yet.
    pub fn is_pending(&self) -> bool {
        self.state == SecretState::Pending
    }

    /// Returns its name, which may be shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the value. Review every call: it may go to a host's standard input, into a digest or into a content's
    /// secret range, and nowhere else.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the same secret in another form (quoted for a file, hashed), with its name.
    pub fn map(&self, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Secret {
        Secret::new(Arc::clone(&self.name), change(&self.bytes)).with_state(self.state)
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
