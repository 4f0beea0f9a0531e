//! A value of an attribute as it is shown.

use super::certificates::in_words;
use crate::resource::{Body, Difference, Seen};
use serde::{Deserialize, Serialize};

/// A short text, a masked content, or what can be said of what is neither.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Not there.
    Nothing,
    /// A short text: a mode, an owner, a version.
    Word(String),
    /// The text of a file, secrets masked.
    Content {
        /// The text.
        content: String,
    },
    /// Content that is no text, or too large to be fetched, and holds no secret.
    Digest {
        /// SHA-256 in lower-case hexadecimal.
        sha256: String,
        /// Bytes.
        size: u64,
    },
    /// Content that holds a secret and cannot be shown with it masked.
    Hidden {
        /// Always true.
        hidden: bool,
    },
    /// Could not be seen.
    Unknown {
        /// Why; it counts as the same whatever the reason.
        unknown: String,
    },
}

/// The key of the reason for which something could not be seen.
pub(super) const UNKNOWN: &str = "unknown";

impl Value {
    /// As it is, and as it shall be.
    pub(super) fn both(one: &Difference) -> (Value, Value) {
        let is_plain = |body: &Body| body.content.as_ref().is_some_and(|body| !body.has_secrets());
        // What is wanted says whether the other side may be a secret, too.
        let may_digest = matches!(&one.to, Seen::Body(to) if is_plain(to));
        let from = found(one).unwrap_or_else(|| Value::of(&one.from, may_digest));
        (from, Value::of(&one.to, may_digest))
    }

    fn of(seen: &Seen, may_digest: bool) -> Value {
        match seen {
            Seen::Word(word) => Value::Word(word.clone()),
            Seen::Nothing => Value::Nothing,
            Seen::Unknown(reason) => Value::Unknown { unknown: reason.clone() },
            Seen::Body(body) => match body.content.as_ref().and_then(|body| body.masked_text()) {
                Some(content) => Value::Content { content: in_words(&content) },
                None if may_digest => {
                    Value::Digest { sha256: body.digest.clone(), size: body.size }
                }
                None => Value::Hidden { hidden: true },
            },
        }
    }

    /// Whether it is nothing but one masked secret.
    pub fn is_only_secret(&self) -> bool {
        let Value::Content { content } = self else { return false };
        let line = content.strip_suffix('\n').unwrap_or(content);
        let name = line.strip_prefix("[secret ").and_then(|rest| rest.strip_suffix(']'));
        name.is_some_and(|name| !name.contains(['\n', '[', ']']))
    }
}

/// A content that was found, with the secrets of others hidden as well.
fn found(one: &Difference) -> Option<Value> {
    let Seen::Body(found) = &one.from else { return None };
    let nothing = Body { digest: String::new(), size: 0, content: None };
    let wanted = match &one.to {
        Seen::Body(wanted) => wanted,
        _ => &nothing,
    };
    Some(Value::Content { content: in_words(&found.found_text(wanted)?) })
}
