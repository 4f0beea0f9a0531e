//! Decides whether a difference was made on the host or in the spec.

use super::unseen;
use crate::plan::ledger::LedgerEntry;
use crate::plan::ledger::recorded_value::{asked, is_as_recorded, recorded, word};
use crate::plan::shown::ShownValue;
use crate::resource::{AttributeValue, Attributes, DeclaredValue as Declared, Difference, Wanted};
use crate::secret::Content;
use serde::Serialize;

/// Where something was changed since the last apply.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "changed", rename_all = "lowercase")]
pub enum ChangedBy {
    /// On the host.
    Host,
    /// On the host and in the spec.
    Both,
    /// Unknown.
    Unknown {
        /// Why.
        why: String,
    },
}

/// The applied value, if it is not what is wanted now.
type Then = Option<ShownValue>;

/// Returns `None` if only the spec has changed.
pub(super) fn who_changed(
    one: &Difference,
    wanted: &Wanted,
    attributes: &Attributes,
    entry: &LedgerEntry,
) -> Option<(ChangedBy, Then)> {
    let unknown = |why: &str| Some((ChangedBy::Unknown { why: why.to_owned() }, None));
    if let Some(why) = unseen(&one.from) {
        return unknown(why);
    }
    if entry.asked.is_empty() {
        return unknown("the last apply did not record the wanted state");
    }
    let is_asked_the_same = entry.asked == asked(wanted);
    let secret = secret(one, wanted);
    if is_asked_the_same {
        return match secret {
            true => unknown("the secret was changed here or in its store"),
            false => Some((ChangedBy::Host, None)),
        };
    }
    let (Some(now), Some(then)) = (attributes.get(one.attribute), entry.wanted.get(one.attribute))
    else {
        return unknown("the spec has changed since");
    };
    if recorded(now) == *then {
        return match (secret, is_itself(one.attribute, now, wanted)) {
            (true, _) => unknown("the secret was changed here or in its store"),
            (false, true) => Some((ChangedBy::Host, None)),
            (false, false) => unknown("the spec has changed since"),
        };
    }
    match is_as_recorded(&one.from, then) {
        Some(true) => None,
        Some(false) => Some((ChangedBy::Both, Some(value(then)))),
        None => unknown("it contains secrets, and the spec has changed since"),
    }
}

/// Returns a recorded value as it can be shown.
fn value(then: &Option<String>) -> ShownValue {
    match (then, word(then)) {
        (None, _) => ShownValue::Nothing,
        (_, Some(word)) => ShownValue::Word(word.to_owned()),
        _ => ShownValue::Unknown { unknown: "only a digest of it was kept".to_owned() },
    }
}

/// Returns whether only the value of a secret differs: the store may have a different one by now.
fn secret(one: &Difference, wanted: &Wanted) -> bool {
    let masked = |content: &Option<Content>| content.as_ref().map(Content::masked);
    match (&one.from, &one.to) {
        (AttributeValue::Body(from), AttributeValue::Body(to)) => {
            let is_only = to.content.as_ref().is_some_and(Content::is_only_secret);
            is_only || !one.secrets().is_empty() && masked(&from.content) == masked(&to.content)
        }
        _ => match wanted.declared.attributes.get(one.attribute).map(|one| &one.value) {
            Some(Declared::Text(content)) => content.has_secrets(),
            _ => false,
        },
    }
}

/// Returns whether the attribute is the declared value of this name, or its default, rather than a verdict about it
/// ("passes").
fn is_itself(name: &str, now: &AttributeValue, wanted: &Wanted) -> bool {
    match (wanted.declared.attributes.get(name).map(|one| &one.value), now) {
        (None, _) | (Some(_), AttributeValue::Body(_)) => true,
        (Some(Declared::Text(content)), AttributeValue::Word(word)) => {
            content.as_plain_text() == Some(word.as_str())
        }
        (Some(Declared::Bool(flag)), now) => AttributeValue::flag(*flag) == *now,
        (Some(Declared::Int(number)), AttributeValue::Word(word)) => number.to_string() == *word,
        _ => false,
    }
}
