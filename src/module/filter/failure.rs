//! What went wrong in a template or expression, with the byte range in its text. The caller knows
//! which file the text came from and makes a diagnostic of it.

use minijinja::{Error, ErrorKind};
use std::ops::Range;

/// A template or expression that does not compile or did not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFailure {
    /// What happened, for the user; never holds a secret.
    pub message: String,
    /// Bytes of the template's text.
    pub range: Option<Range<usize>>,
    /// The template, when it has a name.
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
            // Our own messages are whole sentences; minijinja's need their kind before them.
            (ErrorKind::InvalidOperation, Some(detail)) => detail,
            (ErrorKind::UndefinedError, Some(detail)) => detail,
            (ErrorKind::OutOfFuel, _) => "this takes too long: is there a nested loop?".into(),
            // The writer refuses nothing but this.
            (ErrorKind::WriteFailure, _) => format!(
                "this produces more than {} MiB of text: is there a nested loop?",
                super::render::LIMIT >> 20
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
