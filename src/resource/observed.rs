//! What a resource looks like on the host, as attributes that compare with the wanted ones.

use crate::secret::{Content, hide_foreign};
use indexmap::IndexMap;

/// Attributes by name, in the order they are shown.
pub type Attributes = IndexMap<&'static str, AttributeValue>;

/// The observed state of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// It does not exist.
    Absent,
    /// It could not be observed, for this reason. Never the same as "as wanted".
    Unknown(String),
    /// It exists, with these attributes.
    Present(Attributes),
}

/// The value of one attribute, wanted or observed.
#[derive(Clone, Debug)]
pub enum AttributeValue {
    /// A short text: a mode, an owner, a version.
    Word(String),
    /// A file's content.
    Body(Body),
    /// Not there.
    Nothing,
    /// It could not be observed, for this reason.
    Unknown(String),
}

/// A file's content: always its digest, the bytes only if they are known and needed for a diff.
#[derive(Clone, Debug)]
pub struct Body {
    /// SHA-256, lower-case hexadecimal.
    pub digest: String,
    /// Size in bytes.
    pub size: u64,
    /// The bytes; `None` if they were not fetched (equal, too large, or one single secret).
    pub content: Option<Content>,
}

impl Body {
    /// Returns the body of a wanted file.
    pub fn wanted(content: &Content) -> Body {
        Body {
            digest: content.digest(),
            size: content.expose().len() as u64,
            content: Some(content.clone()),
        }
    }

    /// Returns the text of this observed body for a diff with the wanted one; secrets are masked, ours and any others.
    pub fn found_text(&self, wanted: &Body) -> Option<String> {
        let found = self.content.as_ref()?.masked_text()?;
        let wanted = wanted.content.as_ref().and_then(Content::masked_text).unwrap_or_default();
        Some(hide_foreign(&found, &wanted))
    }

    /// Returns the names of this wanted body's secrets that differ from the observed body, as far as that can be seen:
    /// in content that consists of one secret, nothing else can differ.
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
    /// Creates a word.
    pub fn word(text: impl Into<String>) -> AttributeValue {
        AttributeValue::Word(text.into())
    }

    /// Creates `yes` or `no`.
    pub fn flag(value: bool) -> AttributeValue {
        AttributeValue::Word(if value { "yes" } else { "no" }.to_owned())
    }
}

impl AttributeValue {
    /// Whether it is unchanged since an earlier observation: a value unknown in both counts as unchanged.
    pub fn is_unchanged_since(&self, before: &AttributeValue) -> bool {
        self == before
            || matches!((self, before), (AttributeValue::Unknown(_), AttributeValue::Unknown(_)))
    }
}

impl PartialEq for AttributeValue {
    /// Unknown equals nothing, not even another unknown.
    fn eq(&self, other: &AttributeValue) -> bool {
        match (self, other) {
            (AttributeValue::Word(a), AttributeValue::Word(b)) => a == b,
            (AttributeValue::Body(a), AttributeValue::Body(b)) => a.digest == b.digest,
            (AttributeValue::Nothing, AttributeValue::Nothing) => true,
            _ => false,
        }
    }
}
