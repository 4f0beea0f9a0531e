//! The failure of a template or expression, with the byte range in its text. The caller knows which file the text came
//! from, and turns the failure into a diagnostic.

use minijinja::{Error, ErrorKind};
use std::ops::Range;

/// A template or expression that does not compile or did not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFailure {
    /// The message for the user; never contains a secret.
    pub message: String,
    /// The byte range in the template's text.
    pub range: Option<Range<usize>>,
    /// The name of the template, if it has one.
    pub template: Option<String>,
}

impl TemplateFailure {
    /// A failure of the whole text.
    pub fn new(message: impl Into<String>) -> TemplateFailure {
        TemplateFailure { message: message.into(), range: None, template: None }
    }
}

impl From<Error> for TemplateFailure {
    fn from(error: Error) -> TemplateFailure {
        let detail = error.detail().map(str::to_owned);
        let message = match (error.kind(), detail) {
            // Our own messages are whole sentences; minijinja's need their error kind in front.
            (ErrorKind::InvalidOperation, Some(detail)) => detail,
            (ErrorKind::UndefinedError, Some(detail)) => detail,
            (ErrorKind::OutOfFuel, _) => "this takes too long: is there a nested loop?".into(),
            // The writer refuses only output over its limit.
            (ErrorKind::WriteFailure, _) => format!(
                "this produces more than {} MiB of text: is there a nested loop?",
                super::render::MAX_BYTES >> 20
            ),
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        let template = error.name().filter(|name| !name.starts_with('<')).map(str::to_owned);
        TemplateFailure { message, range: error.range(), template }
    }
}

/// An error of a filter, a test or the printer.
pub(super) fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}
