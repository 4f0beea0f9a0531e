//! What a resource looks like on the host, as attributes that compare with the wanted ones.

use crate::secret::{Content, hide_foreign};
use indexmap::IndexMap;

/// Attributes by name, in the order they are shown.
pub type Attributes = IndexMap<&'static str, AttributeValue>;

/// What was seen of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// It is not there.
    Absent,
    /// It could not be seen, for this reason. Never the same as "as wanted".
    Unknown(String),
    /// It is there, and looks like this.
    Present(Attributes),
}

/// The value of one attribute, wanted or seen.
#[derive(Clone, Debug)]
pub enum AttributeValue {
    /// A short text: a mode, an owner, a version.
    Word(String),
    /// A file's content.
    Body(Body),
    /// Not there.
    Nothing,
    /// Could not be seen, for this reason.
    Unknown(String),
}

/// Content of a file: always its digest, the bytes only where they are known and wanted for a diff.
#[derive(Clone, Debug)]
pub struct Body {
    /// SHA-256, lower-case hexadecimal.
    pub digest: String,
    /// Size in bytes.
    pub size: u64,
    /// The bytes; `None` when they were not fetched (equal, too large, or nothing but a secret).
    pub content: Option<Content>,
}

impl Body {
    /// The body of a wanted file.
    pub fn wanted(content: &Content) -> Body {
        Body {
            digest: content.digest(),
            size: content.expose().len() as u64,
            content: Some(content.clone()),
        }
    }

    /// The text of this found body beside the wanted one: neither our secrets are shown, nor those of others.
    pub fn found_text(&self, wanted: &Body) -> Option<String> {
        let found = self.content.as_ref()?.masked_text()?;
        let wanted = wanted.content.as_ref().and_then(Content::masked_text).unwrap_or_default();
        Some(hide_foreign(&found, &wanted))
    }

    /// The names of this wanted body's secrets that are others in what was found, as far as can be seen: of content
    /// that is one secret, nothing else can differ.
    pub fn differing_secrets(&self, found: &Body) -> Vec<String> {
        match (&self.content, &found.content) {
            (Some(wanted), _) if wanted.is_only_secret() => {
                wanted.secrets().iter().map(|one| one.name.clone()).collect()
            }
            (Some(wanted), Some(found)) => wanted.differing_secrets(found),
            _ => Vec::new(),
        }
    }
}

impl AttributeValue {
    /// A word.
    pub fn word(text: impl Into<String>) -> AttributeValue {
        AttributeValue::Word(text.into())
    }

    /// `yes` or `no`.
    pub fn flag(value: bool) -> AttributeValue {
        AttributeValue::Word(if value { "yes" } else { "no" }.to_owned())
    }
}

impl AttributeValue {
    /// Whether it is as at another look: what neither could see is no change.
    pub fn is_still(&self, before: &AttributeValue) -> bool {
        self == before
            || matches!((self, before), (AttributeValue::Unknown(_), AttributeValue::Unknown(_)))
    }
}

impl PartialEq for AttributeValue {
    /// Unknown equals nothing, not even itself.
    fn eq(&self, other: &AttributeValue) -> bool {
        match (self, other) {
            (AttributeValue::Word(a), AttributeValue::Word(b)) => a == b,
            (AttributeValue::Body(a), AttributeValue::Body(b)) => a.digest == b.digest,
            (AttributeValue::Nothing, AttributeValue::Nothing) => true,
            _ => false,
        }
    }
}
