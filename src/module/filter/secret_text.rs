//! A secret in an expression. It may be printed, quoted by our filters, passed on and asked whether
//! it is there. minijinja cannot be told to refuse the rest, so the object notes when an operation
//! asks what it is (`repr`) or turns it into text (`render`), and `watch` fails the whole render.

use super::failure::Failure;
use super::mark::SPOILT;
use crate::secret::Secret;
use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

thread_local! {
    /// The secret that an operation of minijinja's took hold of.
    static MISUSED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A secret as a value of expressions.
#[derive(Debug)]
pub struct SecretText(Secret);

impl SecretText {
    /// The secret in a value, if it holds one.
    pub fn of(value: &Value) -> Option<&Secret> {
        value.downcast_object_ref::<SecretText>().map(|text| &text.0)
    }
}

/// A secret as a value of expressions.
pub fn secret_value(secret: Secret) -> Value {
    Value::from_object(SecretText(secret))
}

/// Runs `work`, and fails when a secret was compared, measured or turned into text on the way.
pub(super) fn watch<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    MISUSED.take();
    let done = work()?;
    match MISUSED.take() {
        None => Ok(done),
        Some(name) => Err(Failure::new(format!(
            "the secret `{name}` is compared, joined or tested: it can only be printed and quoted"
        ))),
    }
}

fn misused(secret: &Secret) {
    MISUSED.replace(Some(secret.name().to_owned()));
}

impl Object for SecretText {
    /// minijinja asks this before it compares, adds, measures or loops; we look at the type first.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        misused(&self.0);
        ObjectRepr::Plain
    }

    /// A secret without a value is `none`, so one that exists is true.
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        misused(&self.0);
        write!(f, "{SPOILT}[secret {}]", self.0.name())
    }
}
