//! An attribute's value as shown.

use super::certificates::in_words;
use crate::resource::{AttributeValue, Body, Difference};
use serde::{Deserialize, Serialize};

/// A short text, masked content, or a description of anything else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ShownValue {
    /// Absent.
    Nothing,
    /// A short text: a mode, an owner, a version.
    Word(String),
    /// The text of a file, secrets masked.
    Content {
        /// The text.
        content: String,
    },
    /// Content that is not text, or too large to be fetched, and holds no secret.
    Digest {
        /// SHA-256 in lower-case hexadecimal.
        sha256: String,
        /// Bytes.
        size: u64,
    },
    /// Content that holds a secret that cannot be masked in it.
    Hidden {
        /// Always true.
        hidden: bool,
    },
    /// A value that could not be read.
    Unknown {
        /// Why; all reasons compare as equal.
        unknown: String,
    },
}

/// The key of the reason why something could not be read.
pub(super) const UNKNOWN: &str = "unknown";

impl ShownValue {
    /// Returns the current and the wanted value.
    pub(super) fn both(one: &Difference) -> (ShownValue, ShownValue) {
        let is_plain = |body: &Body| body.content.as_ref().is_some_and(|body| !body.has_secrets());
        // The wanted value tells whether the other side may be secret too.
        let may_digest = matches!(&one.to, AttributeValue::Body(to) if is_plain(to));
        let from = found(one).unwrap_or_else(|| ShownValue::of(&one.from, may_digest));
        (from, ShownValue::of(&one.to, may_digest))
    }

    fn of(seen: &AttributeValue, may_digest: bool) -> ShownValue {
        match seen {
            AttributeValue::Word(word) => ShownValue::Word(word.clone()),
            AttributeValue::Nothing => ShownValue::Nothing,
            AttributeValue::Unknown(reason) => ShownValue::Unknown { unknown: reason.clone() },
            AttributeValue::Body(body) => {
                match body.content.as_ref().and_then(|body| body.masked_text()) {
                    Some(content) => ShownValue::Content { content: in_words(&content) },
                    None if may_digest => {
                        ShownValue::Digest { sha256: body.digest.clone(), size: body.size }
                    }
                    None => ShownValue::Hidden { hidden: true },
                }
            }
        }
    }

    /// Returns whether it is a single masked secret and nothing else.
    pub fn is_only_secret(&self) -> bool {
        let ShownValue::Content { content } = self else { return false };
        let line = content.strip_suffix('\n').unwrap_or(content);
        let name = line.strip_prefix("[secret ").and_then(|rest| rest.strip_suffix(']'));
        name.is_some_and(|name| !name.contains(['\n', '[', ']']))
    }
}

/// Returns the found content, with the secrets of others hidden as well.
fn found(one: &Difference) -> Option<ShownValue> {
    let AttributeValue::Body(found) = &one.from else { return None };
    let nothing = Body { digest: String::new(), size: 0, content: None };
    let wanted = match &one.to {
        AttributeValue::Body(wanted) => wanted,
        _ => &nothing,
    };
    Some(ShownValue::Content { content: in_words(&found.found_text(wanted)?) })
}
