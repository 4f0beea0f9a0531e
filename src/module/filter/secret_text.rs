//! A secret, or text containing secrets, in an expression. It may be printed, quoted by our filters, passed on, and
//! tested for presence. minijinja cannot be made to refuse everything else, so the object notes when an operation asks
//! what it is (`repr`) or turns it into text (`render`), and `watch` fails the whole render. A text on the left of a
//! comparison escapes this (`'x' == secret` is false without an error): the lint refuses such comparisons for names it
//! knows to be secret.

use super::failure::TemplateFailure;
use crate::module::value::SPOILT;
use crate::secret::{Content, Secret, SecretRange};
use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

thread_local! {
    /// The secret that an operation of minijinja accessed.
    static MISUSED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Content with a secret in it, as a value of expressions.
#[derive(Debug)]
pub struct SecretText(Content);

impl SecretText {
    /// The secret text in a value, if it holds one.
    pub fn of(value: &Value) -> Option<&SecretText> {
        value.downcast_object_ref::<SecretText>()
    }

    /// Content as a value of expressions; without a secret it becomes plain text.
    pub(super) fn from_content(content: Content) -> Value {
        match content.as_plain_text() {
            Some(text) => Value::from(text),
            None => Value::from_object(SecretText(content)),
        }
    }

    /// The content, with its secret ranges.
    pub fn content(&self) -> &Content {
        &self.0
    }

    /// The whole content as one secret, under the name of the first one in it.
    pub fn secret(&self) -> Secret {
        let ranges = self.0.secrets();
        let name = ranges.first().map_or("unnamed", |first| first.name.as_str());
        Secret::new(name, self.0.expose()).with_state(self.0.state())
    }

    /// The whole content as one secret in another spelling; `change` must not show the text in its error.
    pub(super) fn map<E>(
        &self,
        change: impl FnOnce(&str) -> Result<String, E>,
        not_text: impl FnOnce(String) -> E,
    ) -> Result<Secret, E> {
        let secret = self.secret();
        let text = std::str::from_utf8(secret.expose())
            .map_err(|_| not_text(format!("the secret `{}` is not text", secret.name())))?;
        let changed = change(text)?;
        Ok(secret.map(|_| changed.into_bytes()))
    }
}

/// A secret as a value of expressions.
pub fn secret_value(secret: Secret) -> Value {
    Value::from_object(SecretText(Content::secret(&secret)))
}

/// Appends content with its ranges.
pub(super) fn append(out: &mut Content, more: &Content) {
    let bytes = more.expose();
    let mut at = 0;
    for SecretRange { range, name, state } in more.secrets() {
        out.push(bytes.get(at..range.start).unwrap_or_default());
        let secret = Secret::new(name.as_str(), bytes.get(range.clone()).unwrap_or_default());
        out.push_secret(&secret.with_state(*state));
        at = range.end;
    }
    out.push(bytes.get(at..).unwrap_or_default());
}

/// Runs `work`, and fails if a secret was compared, measured or turned into text meanwhile.
pub(super) fn watch<T>(
    work: impl FnOnce() -> Result<T, TemplateFailure>,
) -> Result<T, TemplateFailure> {
    MISUSED.take();
    let done = work()?;
    match MISUSED.take() {
        None => Ok(done),
        Some(name) => Err(TemplateFailure::new(format!(
            "the secret `{name}` is compared, joined or tested: it can only be printed and quoted"
        ))),
    }
}

fn misused(text: &SecretText) {
    let name = text.0.secrets().first().map(|first| first.name.clone());
    MISUSED.replace(Some(name.unwrap_or_default()));
}

impl Object for SecretText {
    /// minijinja calls this before it compares, adds, measures or iterates; our filters check the type first.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        misused(self);
        ObjectRepr::Plain
    }

    /// A missing secret is `none`, so one that exists is true.
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        misused(self);
        write!(f, "{SPOILT}[a secret]")
    }
}
