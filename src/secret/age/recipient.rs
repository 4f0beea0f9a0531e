//! Who can open an age file: a public key (`age1…`) and the name of its owner.

use crate::diagnostic::Diagnostic;
use std::str::FromStr;

/// A recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The public key, `age1…`.
    pub key: String,
    /// The owner, in words; may be empty.
    pub name: String,
}

impl Recipient {
    /// Creates a recipient from a public key; other kinds of age keys (of plugins, of SSH) are refused.
    pub fn new(key: &str, name: &str) -> Result<Recipient, Diagnostic> {
        let recipient = Recipient { key: key.trim().to_owned(), name: name.to_owned() };
        recipient.public().map(|_| recipient)
    }

    /// Returns the key to encrypt to.
    pub(super) fn public(&self) -> Result<::age::x25519::Recipient, Diagnostic> {
        ::age::x25519::Recipient::from_str(&self.key).map_err(|_| {
            // A private key given by mistake must not be shown.
            let shown = if self.key.starts_with("age1") { self.key.as_str() } else { "this" };
            Diagnostic::error("secret/recipient", format!("`{shown}` is not an age recipient"))
                .help("a recipient starts with `age1`; `age-keygen -y FILE` prints the one for an identity")
        })
    }
}

/// Formats `age1… (name)`.
impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name.as_str() {
            "" => f.write_str(&self.key),
            name => write!(f, "{} ({name})", self.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_refused_without_showing_it() {
        let error = Recipient::new("AGE-SECRET-KEY-1CANARY", "").unwrap_err();
        assert!(!error.render(false).contains("CANARY"));
        assert!(Recipient::new("age1nothing", "").is_err());
    }
}
