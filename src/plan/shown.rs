//! A plan for programs, and for comparison: everything that is shown, with contents masked. No digest and no size
//! of content that holds a secret is in it: a short secret could be guessed from them.

use super::Item;
use crate::diagnostic::{Diagnostic, Level, Place};
use crate::resource::{Action, Address, Body, Difference, Effect, Origin, Seen};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// An item as it is shown. `attributes` names what `differences` tells in full.
#[derive(Serialize)]
struct Shown<'a> {
    address: &'a Address,
    action: &'static str,
    attributes: Vec<&'static str>,
    differences: Vec<Value>,
    refused: Option<Value>,
    because: &'a [Address],
    after: &'a [Address],
    activation: Option<&'a str>,
    effect: Option<Effect>,
    one_way: bool,
    generates: Vec<String>,
    notes: &'a [String],
    why: Option<&'a str>,
    origin: Value,
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let differences = self.change.differences.iter();
        let shown = Shown {
            address: &self.address,
            action: action(&self.change.action),
            attributes: differences.clone().map(|one| one.attribute).collect(),
            differences: differences.map(difference).collect(),
            refused: refused(&self.change.action),
            because: &self.because,
            after: &self.after,
            activation: self.activation.as_deref(),
            effect: self.effect,
            one_way: self.one_way,
            generates: self.generates().into_iter().collect(),
            notes: &self.change.notes,
            why: self.why.as_deref(),
            origin: origin(&self.origin),
        };
        shown.serialize(serializer)
    }
}

fn action(action: &Action) -> &'static str {
    match action {
        Action::Keep | Action::Update => "update",
        Action::Create => "create",
        Action::Remove => "remove",
        Action::Refuse { .. } => "refuse",
    }
}

fn refused(action: &Action) -> Option<Value> {
    match action {
        Action::Refuse { why, help } => Some(json!({ "why": why, "help": help })),
        _ => None,
    }
}

fn difference(one: &Difference) -> Value {
    let is_plain = |body: &Body| body.content.as_ref().is_some_and(|body| !body.has_secrets());
    // What is wanted says whether the other side may be a secret, too.
    let may_digest = matches!(&one.to, Seen::Body(to) if is_plain(to));
    json!({
        "attribute": one.attribute,
        "from": from(one).unwrap_or_else(|| seen(&one.from, may_digest)),
        "to": seen(&one.to, may_digest),
        "secrets": one.secrets(),
    })
}

/// A content that was found, where it can be shown.
fn from(one: &Difference) -> Option<Value> {
    let (Seen::Body(found), Seen::Body(wanted)) = (&one.from, &one.to) else { return None };
    Some(json!({ "content": found.found_text(wanted)? }))
}

/// A text is a word, `null` what is not there.
fn seen(seen: &Seen, may_digest: bool) -> Value {
    match seen {
        Seen::Word(word) => word.as_str().into(),
        Seen::Nothing => Value::Null,
        Seen::Unknown(reason) => json!({ UNKNOWN: reason }),
        Seen::Body(body) => match body.content.as_ref().and_then(|body| body.masked_text()) {
            Some(text) => json!({ "content": text }),
            None if may_digest => json!({ "sha256": body.digest, "size": body.size }),
            None => json!({ "hidden": true }),
        },
    }
}

/// The key of the reason for which something could not be seen.
pub(super) const UNKNOWN: &str = "unknown";

fn origin(origin: &Origin) -> Value {
    json!({
        "module": origin.module,
        "declared": line(&origin.declared),
        "asked": origin.asked.as_ref().map(line),
    })
}

/// `FILE:LINE`.
fn line(place: &Place) -> String {
    format!("{}:{}", place.source.name, place.line_column().0)
}

/// Notes of a plan, for `#[serde(serialize_with)]`.
pub(super) fn notes<S: Serializer>(notes: &[Diagnostic], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(notes.iter().map(note))
}

fn note(note: &Diagnostic) -> Value {
    let level = match note.level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let mut shown = json!({
        "level": level,
        "code": note.code,
        "message": note.message,
        "place": note.place.as_ref().map(|(place, _)| line(place)),
        "help": note.help,
    });
    if let Some(fields) = shown.as_object_mut().filter(|_| !note.notes.is_empty()) {
        fields.insert("found".to_owned(), note.notes.clone().into());
    }
    shown
}
