//! Bytes with secret ranges: the output of templates and the content of files. This is the only type that carries
//! secrets to a host; it is shown only through `masked`.

use super::{Secret, SecretState};
use sha2::{Digest, Sha256};
use std::ops::Range;
use zeroize::Zeroize;

/// Bytes with secret ranges (in order, not overlapping).
#[derive(Clone, Default, PartialEq)]
pub struct Content {
    bytes: Vec<u8>,
    secrets: Vec<SecretRange>,
}

/// The position of a secret in content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRange {
    /// Bytes of the content.
    pub range: Range<usize>,
    /// The secret's name.
    pub name: String,
    /// What is known of its value.
    pub state: SecretState,
}

impl SecretRange {
    /// Whether its value is not generated yet.
    pub fn is_pending(&self) -> bool {
        self.state == SecretState::Pending
    }
}

impl Content {
    /// Creates content without a secret.
    pub fn plain(bytes: impl Into<Vec<u8>>) -> Content {
        Content { bytes: bytes.into(), secrets: Vec::new() }
    }

    /// Creates content that is one secret.
    pub fn secret(secret: &Secret) -> Content {
        let mut content = Content::default();
        content.push_secret(secret);
        content
    }

    /// Appends bytes that may be shown.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends a secret.
    pub fn push_secret(&mut self, secret: &Secret) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(secret.expose());
        let range = start..self.bytes.len();
        self.secrets.push(SecretRange {
            range,
            name: secret.name().to_owned(),
            state: secret.state(),
        });
    }

    /// Appends another content with its secrets.
    pub fn append(&mut self, other: &Content) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.secrets.extend(other.secrets.iter().cloned().map(|mut secret| {
            secret.range = secret.range.start + start..secret.range.end + start;
            secret
        }));
    }

    /// Returns the bytes, secrets included: only for the host's standard input and for digests.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the text, if it contains no secret and is UTF-8.
    pub fn as_plain_text(&self) -> Option<&str> {
        if self.has_secrets() { None } else { std::str::from_utf8(&self.bytes).ok() }
    }

    /// Whether any range is secret.
    pub fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Returns what is known of all its secrets.
    pub fn state(&self) -> SecretState {
        self.secrets.iter().map(|secret| secret.state).max().unwrap_or(SecretState::Known)
    }

    /// Whether it contains a secret that is not known here, but assumed to be the host's.
    pub fn takes_as_unchanged(&self) -> bool {
        self.secrets.iter().any(|secret| secret.state == SecretState::Unchanged)
    }

    /// Whether it consists of secrets and at most one other byte: such a file is compared by digest and never fetched.
    pub fn is_only_secret(&self) -> bool {
        let secret: usize = self.secrets.iter().map(|secret| secret.range.len()).sum();
        self.has_secrets() && self.bytes.len() - secret <= 1
    }

    /// Returns the secret ranges.
    pub fn secrets(&self) -> &[SecretRange] {
        &self.secrets
    }

    /// Returns the SHA-256 in lower-case hexadecimal, as `sha256sum` prints it.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(&self.bytes))
    }

    /// Returns the beginning of the digest for a question, which other users of the host may read. For content with
    /// secrets it would allow guesses, so it is `-`, with which no digest begins. It only decides whether the host
    /// sends the content: the host always answers with whole digests.
    pub fn digest_to_ask(&self) -> String {
        if self.has_secrets() { "-".to_owned() } else { self.digest().chars().take(16).collect() }
    }

    /// Returns the host's content in place of this one, with everything at the position of a secret marked secret,
    /// whatever its value; a secret that is assumed unchanged has its value from here. `None` if the two do not align.
    pub fn mask_like(&self, seen: &[u8]) -> Option<Content> {
        super::locate_secrets::mask_like(self, seen)
    }

    /// The same, to read the secrets themselves; the text around them is not shown.
    pub fn located_in(&self, seen: &[u8]) -> Option<Content> {
        super::locate_secrets::locate(self, seen)
    }

    /// Returns the names of this content's secrets that have another value in `other`, which was made by
    /// [`mask_like`](Content::mask_like), or are not generated yet.
    pub fn differing_secrets(&self, other: &Content) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (a, b) in self.secrets.iter().zip(&other.secrets) {
            let equal = self.bytes.get(a.range.clone()) == other.bytes.get(b.range.clone());
            if (a.is_pending() || !equal) && !names.contains(&a.name) {
                names.push(a.name.clone());
            }
        }
        names
    }

    /// Returns the bytes with every secret replaced by `[secret NAME]`.
    pub fn masked(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len());
        let mut at = 0;
        for secret in &self.secrets {
            out.extend_from_slice(self.bytes.get(at..secret.range.start).unwrap_or_default());
            out.extend_from_slice(format!("[secret {}]", secret.name).as_bytes());
            at = secret.range.end;
        }
        out.extend_from_slice(self.bytes.get(at..).unwrap_or_default());
        out
    }

    /// The same as text; `None` if it is not UTF-8.
    pub fn masked_text(&self) -> Option<String> {
        let text = String::from_utf8(self.masked()).ok()?;
        if text.contains('\0') { None } else { Some(text) }
    }
}

/// Overwrites secrets; most content has none, and overwriting it all would take a tenth of the time of a `check`.
impl Drop for Content {
    fn drop(&mut self) {
        if self.has_secrets() {
            self.bytes.zeroize();
        }
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.masked()))
    }
}

/// Formats bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_digests() {
        let mut content = Content::plain("password: ");
        content.push_secret(&Secret::new("a/b", "hunter2"));
        content.push(b"\n");
        assert_eq!(content.masked(), b"password: [secret a/b]\n");
        assert_eq!(format!("{content:?}"), "\"password: [secret a/b]\\n\"");
        assert!(!content.is_only_secret());
        assert_eq!(content.digest_to_ask(), "-", "no other user of the host can test guesses");
        assert_eq!(
            Content::plain("").digest(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
