//! References in a spec: to a secret in a store, a file next to the spec, an environment variable. `resolve` replaces
//! them everywhere in a value; until then, printing one is an error.

use super::read::reserved;
use super::text_type::BoundedText;
use super::{FileRef, SecretRef};
use crate::diagnostic::{Diagnostic, Place};
use minijinja::Value;
use minijinja::value::{Object, ObjectRepr, ValueKind};
use std::fmt;
use std::sync::Arc;

/// Prefixes the names of all unnamed secrets in a value with this key.
pub(super) fn name_below(key: &str, value: Value) -> Value {
    resolve(&value, &mut |found| {
        let Some(secret) = SecretRef::of(found).filter(|secret| secret.unnamed) else {
            return Ok::<_, std::convert::Infallible>(found.clone());
        };
        let name = format!("{key}/{}", secret.name);
        let secret = SecretRef { name: name.trim_end_matches('/').into(), ..secret.clone() };
        Ok(secret.into_value())
    })
    .unwrap_or(value)
}

/// Whether a text can be the name of a secret: words separated by `/`.
pub(super) fn is_name(text: &str) -> bool {
    let clean = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    text.split('/').all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(clean)
    })
}

/// An environment variable in place of a string.
#[derive(Clone, Debug)]
pub struct VariableRef {
    /// Its name.
    pub name: String,
    /// The type that its value must have.
    pub bounded: BoundedText,
    /// The place of the reference.
    pub place: Place,
}

impl VariableRef {
    /// Returns it as a value of expressions.
    pub fn into_value(self) -> Value {
        Value::from_object(self)
    }

    /// The reference in a value, if it holds one.
    pub fn of(value: &Value) -> Option<&VariableRef> {
        value.downcast_object_ref::<VariableRef>()
    }

    /// Returns the value that the variable's text stands for. The text is never shown.
    ///
    /// # Errors
    ///
    /// The text contains a reserved character, or is not of the variable's type (`spec/env`).
    pub fn read(&self, text: &str) -> Result<Value, Diagnostic> {
        reserved(text).and_then(|()| self.bounded.read(text)).map_err(|refused| {
            let (name, takes) = (&self.name, self.bounded.describe());
            let message = format!("the environment variable `{name}` is not {takes}");
            Diagnostic::error("spec/env", message).labelled(&self.place, refused.why)
        })
    }
}

/// Returns the value with every reference replaced by the result of `find`. A list with an unknown item is itself
/// unknown, as its reading would depend on the item.
///
/// # Errors
///
/// The first error that `find` returns.
pub fn resolve<E>(
    value: &Value,
    find: &mut dyn FnMut(&Value) -> Result<Value, E>,
) -> Result<Value, E> {
    let refers = SecretRef::of(value).is_some() || FileRef::of(value).is_some();
    if refers || VariableRef::of(value).is_some() {
        return find(value);
    }
    let Some(object) = value.as_object().filter(|_| value.kind() != ValueKind::Plain) else {
        return Ok(value.clone());
    };
    if value.kind() == ValueKind::Map {
        let pairs = object.try_iter_pairs().into_iter().flatten();
        let pairs: Result<Vec<_>, E> =
            pairs.map(|(key, value)| Ok((key, resolve(&value, find)?))).collect();
        return Ok(Value::from_pairs(pairs?));
    }
    let items = object.try_iter().into_iter().flatten();
    let items: Vec<Value> = items.map(|item| resolve(&item, find)).collect::<Result<_, E>>()?;
    let unknown = items.iter().find(|item| item.kind() == ValueKind::Invalid);
    Ok(unknown.cloned().unwrap_or_else(|| Value::from(items)))
}

impl Object for VariableRef {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[variable {}]", self.name)
    }
}
