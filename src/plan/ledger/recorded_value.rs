//! What a resource was last asked to be, in the fewest bytes that can reveal a change: short words as they are,
//! otherwise the start of a digest. For content with secrets it is the digest of its masked text, which plans show
//! anyway, so that no guess at a secret can be checked against it.

use crate::plan::shown::sha256;
use crate::resource::{AttributeValue, DeclaredValue, Wanted};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The wanted value of an attribute; `None` means absent.
pub(in crate::plan) type RecordedValue = Option<String>;

/// Longer words are recorded as digests (bytes).
const MAX_PLAIN_CHARS: usize = 48;

/// Hexadecimal digits recorded of a digest: a collision would not be worth seeking, since anyone who can write here is
/// root.
const DIGITS: usize = 12;

/// The prefixes of a digest, and of a digest of masked content.
const DIGEST: char = '#';
const MASKED: char = '*';

/// Returns what to record of each attribute that the resource wants.
pub(super) fn all(item: &Wanted) -> BTreeMap<String, RecordedValue> {
    let wanted = item.resource.wanted();
    wanted.iter().map(|(name, seen)| ((*name).to_owned(), recorded(seen))).collect()
}

/// Returns one digest over everything declared, secrets masked: it decides where `all` does not say enough.
pub(in crate::plan) fn asked(item: &Wanted) -> String {
    let mut text = String::new();
    for (name, attribute) in &item.declared.attributes {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:?}");
        spell(&attribute.value, &mut text);
    }
    sha256(text.as_bytes()).chars().take(DIGITS).collect()
}

fn spell(value: &DeclaredValue, out: &mut String) {
    let _ = match value {
        DeclaredValue::Text(content) => writeln!(out, "{:?}", content.masked()),
        DeclaredValue::List(values) => {
            let _ = writeln!(out, "[{}", values.len());
            values.iter().for_each(|one| spell(one, out));
            Ok(())
        }
        DeclaredValue::Table(fields) => {
            let _ = writeln!(out, "{{{}", fields.len());
            for (name, one) in fields {
                let _ = writeln!(out, "{name:?}");
                spell(one, out);
            }
            Ok(())
        }
        plain => writeln!(out, "{plain:?}"),
    };
}

/// Returns what to record of a value.
pub(in crate::plan) fn recorded(seen: &AttributeValue) -> RecordedValue {
    let digest = |mark: char, digest: &str| {
        let start: String = digest.chars().take(DIGITS).collect();
        Some(format!("{mark}{start}"))
    };
    match seen {
        AttributeValue::Nothing | AttributeValue::Unknown(_) => None,
        AttributeValue::Word(word) if is_short(word) => Some(word.clone()),
        AttributeValue::Word(word) => digest(DIGEST, &sha256(word.as_bytes())),
        AttributeValue::Body(body) => match &body.content {
            Some(content) if content.has_secrets() => digest(MASKED, &sha256(&content.masked())),
            _ => digest(DIGEST, &body.digest),
        },
    }
}

fn is_short(word: &str) -> bool {
    word.len() <= MAX_PLAIN_CHARS && !word.starts_with([DIGEST, MASKED])
}

/// Returns whether the found value is the recorded one; `None` if that is unknown.
pub(in crate::plan) fn is_as_recorded(
    found: &AttributeValue,
    then: &RecordedValue,
) -> Option<bool> {
    let Some(then) = then else {
        return (!matches!(found, AttributeValue::Unknown(_)))
            .then(|| *found == AttributeValue::Nothing);
    };
    match found {
        AttributeValue::Unknown(_) => None,
        AttributeValue::Nothing => Some(false),
        AttributeValue::Body(body) if then.starts_with(MASKED) => {
            // Content that could not be compared with ours has no known secrets.
            body.content.as_ref().filter(|content| content.has_secrets())?;
            Some(recorded(found).as_ref() == Some(then))
        }
        AttributeValue::Body(body) => {
            Some(then.strip_prefix(DIGEST).is_some_and(|d| body.digest.starts_with(d)))
        }
        word => Some(recorded(word).as_ref() == Some(then)),
    }
}

/// Returns the recorded word, if it is one.
pub(in crate::plan) fn word(then: &RecordedValue) -> Option<&str> {
    then.as_deref().filter(|word| is_short(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Body;
    use crate::secret::{Content, Secret};

    fn body(parts: &[(&str, bool)]) -> AttributeValue {
        let mut content = Content::default();
        for (text, is_secret) in parts {
            match is_secret {
                true => content.push_secret(&Secret::new("a/b", *text)),
                false => content.push(text.as_bytes()),
            }
        }
        AttributeValue::Body(Body::wanted(&content))
    }

    #[test]
    fn recorded_values_are_recognized() {
        let long = "x".repeat(100);
        for (seen, other) in [
            (AttributeValue::word("0644"), AttributeValue::word("0600")),
            (AttributeValue::word("#0644"), AttributeValue::word("0644")),
            (AttributeValue::word(long.clone()), AttributeValue::word(long + "x")),
            (AttributeValue::Nothing, AttributeValue::word("")),
            (body(&[("a\n", false)]), body(&[("b\n", false)])),
            (body(&[("p: ", false), ("v", true)]), body(&[("q: ", false), ("v", true)])),
        ] {
            let then = recorded(&seen);
            assert!(then.as_ref().is_none_or(|then| then.len() <= MAX_PLAIN_CHARS), "{then:?}");
            assert_eq!(is_as_recorded(&seen, &then), Some(true), "{seen:?}");
            assert_eq!(is_as_recorded(&other, &then), Some(false), "{other:?}");
            assert_eq!(is_as_recorded(&AttributeValue::Unknown("late".to_owned()), &then), None);
        }
    }

    /// What is recorded reveals neither the value of a secret nor its length.
    #[test]
    fn recorded_values_do_not_depend_on_secrets() {
        let of = |value: &str| recorded(&body(&[("p: ", false), (value, true), ("\n", false)]));
        assert_eq!(of("hunter2"), of("a longer one"));
        assert_ne!(of("hunter2"), recorded(&body(&[("q: ", false), ("hunter2", true)])));
        assert_eq!(recorded(&body(&[("hunter2", true)])), recorded(&body(&[("x", true)])));
    }

    #[test]
    fn settings_elsewhere_cannot_be_compared() {
        let then = recorded(&body(&[("p: ", false), ("v", true)]));
        assert_eq!(is_as_recorded(&body(&[("something else", false)]), &then), None);
    }
}
