//! The last filter of all output: it knows the live values and replaces each, in any spelling, by `[secret NAME]`. It
//! is a second line of defence; code must not rely on it for values that it could mask itself.

use super::spellings::{SHORTEST, spellings};
use super::{Secret, SecretState};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::Zeroizing;

/// The number of bytes by which spellings are indexed; no spelling is shorter.
const START: usize = 4;
const _: () = assert!(START <= SHORTEST);

/// Replaces live secrets in text. Clones share what they learn.
#[derive(Clone, Default)]
pub struct Masker {
    known: Arc<RwLock<KnownSpellings>>,
}

/// Spellings with their replacement, longest first, indexed by their first bytes.
#[derive(Default)]
struct KnownSpellings {
    by_start: HashMap<[u8; START], Vec<(Zeroizing<String>, String)>>,
}

impl Masker {
    /// Creates a filter for these secrets.
    pub fn new(secrets: impl IntoIterator<Item = impl Borrow<Secret>>) -> Masker {
        let masker = Masker::default();
        masker.add(secrets);
        masker
    }

    /// Adds secrets. Values of fewer than six bytes cannot be distinguished from innocent text.
    pub fn add(&self, secrets: impl IntoIterator<Item = impl Borrow<Secret>>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets {
            known.insert(secret.borrow());
        }
    }

    /// Returns the text without secrets. Pass whole lines: a value cut in two is not recognized.
    pub fn mask(&self, text: &str) -> String {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut masked = String::with_capacity(text.len());
        let (mut at, mut copied) = (0, 0);
        while let Some(rest) = text.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
            let Some((length, mask)) = known.at_start(rest) else {
                at += 1;
                continue;
            };
            masked.push_str(text.get(copied..at).unwrap_or_default());
            masked.push_str(mask);
            at += length;
            copied = at;
        }
        masked.push_str(text.get(copied..).unwrap_or_default());
        masked
    }
}

impl KnownSpellings {
    /// Adds a secret. If its value is unknown, its placeholder may be shown.
    fn insert(&mut self, secret: &Secret) {
        if secret.state() != SecretState::Known {
            return;
        }
        let mask = format!("[secret {}]", secret.name());
        for spelling in spellings(secret.expose()).into_iter().map(Zeroizing::new) {
            let Some(start) = spelling.as_bytes().first_chunk::<START>() else { continue };
            let known = self.by_start.entry(*start).or_default();
            if known.iter().any(|(other, _)| *other == spelling) {
                continue;
            }
            let longer = known.partition_point(|(other, _)| other.len() >= spelling.len());
            known.insert(longer, (spelling, mask.clone()));
        }
    }

    /// Returns the longest spelling at the start of the text.
    fn at_start(&self, text: &[u8]) -> Option<(usize, &str)> {
        let known = self.by_start.get(text.first_chunk::<START>()?)?;
        let found = known.iter().find(|(spelling, _)| text.starts_with(spelling.as_bytes()))?;
        Some((found.0.len(), found.1.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    fn masker(value: &str) -> Masker {
        Masker::new(&[Secret::new("a/b", value)])
    }

    #[test]
    fn values_are_masked_everywhere() {
        let masker = masker("päss\"word/1");
        assert_eq!(masker.mask("x päss\"word/1 y"), "x [secret a/b] y");
        assert_eq!(masker.mask(r#"{"p":"päss\"word/1"}"#), r#"{"p":"[secret a/b]"}"#);
        assert_eq!(masker.mask("?p=p%C3%A4ss%22word%2F1"), "?p=[secret a/b]");
        assert_eq!(masker.mask("nothing here, ä"), "nothing here, ä");
    }

    #[test]
    fn masks_the_lines_and_the_seed_of_keys() {
        let masker = masker("ed25519 a_abcd MDEyMzQ1Njc4OWFiY2RlZjAxMjM0\n");
        assert_eq!(masker.mask("+MDEyMzQ1Njc4OWFiY2RlZjAxMjM0"), "+[secret a/b]");
        assert_eq!(masker.mask("key a_abcd"), "key a_abcd");
    }

    #[test]
    fn pending_secrets_mask_nothing() {
        let masker = Masker::new(&[Secret::pending("a/b")]);
        assert_eq!(masker.mask("to be generated"), "to be generated");
    }

    proptest::proptest! {
        #[test]
        fn every_encoding_is_masked(
            value in "[ -~äöü\n]{6,40}", before in "[ -~ä]{0,9}", after in "[ -~ä]{0,9}",
        ) {
            let masker = masker(&value);
            let secret = value.as_bytes();
            for spelled in [
                value.clone(), super::super::hex(secret), STANDARD.encode(secret),
                serde_json::to_string(&value).unwrap(),
            ] {
                let masked = masker.mask(&format!("{before}{spelled}{after}"));
                let innocent = format!("{before}{after}").contains(&spelled)
                    || "[secret a/b]".contains(&spelled);
                proptest::prop_assert!(innocent || !masked.contains(&spelled), "{}", masked);
            }
        }
    }
}
