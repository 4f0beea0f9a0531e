//! A message with a code, a place, a snippet and a hint. Every error that a user can act on is one; wording: lower
//! case, no final period, backticks around literals, and the hint says what to do.

mod counted;
mod exit;
mod lookalike;
mod place;
mod redact;
mod shell_word;
mod show;
pub use show::visible;
mod suggest;

pub use counted::counted;
pub use exit::Exit;
pub use lookalike::{Lookalike, lookalike};
pub use place::{Place, Source};
pub use redact::redact;
pub use shell_word::{quote, shell_path};
use std::borrow::Cow;
pub use suggest::nearest;

/// The severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something the user may want to know.
    Note,
    /// Works, but should be looked at.
    Warning,
    /// Does not work.
    Error,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// The severity.
    pub level: Level,
    /// A stable code, `area/slug`.
    pub code: Cow<'static, str>,
    /// What happened, and why.
    pub message: String,
    /// The place: file, line and column; the label goes under the caret.
    pub place: Option<(Place, String)>,
    /// Other relevant places, each with a label.
    pub context: Vec<(Place, String)>,
    /// Lines that belong to the message but have no place (the last output of a service, for example).
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// The program's exit status if this message stops it.
    pub exit: Exit,
    /// Whether it is shown in one line, without its snippet.
    pub is_brief: bool,
}

/// A list of messages, collected before stopping.
pub type Problems = Vec<Diagnostic>;

/// Returns all results, or all problems.
///
/// # Errors
///
/// The problems of all failed results.
pub fn all<T, C: FromIterator<T>>(
    results: impl Iterator<Item = Result<T, Problems>>,
) -> Result<C, Problems> {
    let mut problems = Problems::new();
    let good: C =
        results.filter_map(|one| one.map_err(|found| problems.extend(found)).ok()).collect();
    if problems.is_empty() { Ok(good) } else { Err(problems) }
}

impl Diagnostic {
    /// Returns an error.
    pub fn error(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Level::Error, code, message)
    }

    /// Returns a warning.
    pub fn warning(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Level::Warning, code, message)
    }

    /// Returns a note.
    pub fn note(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Level::Note, code, message)
    }

    /// Returns an error about a bug in matrixform itself: exit status 70.
    pub fn bug(message: impl Into<String>) -> Diagnostic {
        Diagnostic::error("bug", message)
            .help("this is a bug in matrixform: please report it with the command you ran")
            .exit(Exit::Bug)
    }

    fn new(
        level: Level,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            level,
            code: code.into(),
            message: message.into(),
            place: None,
            context: Vec::new(),
            notes: Vec::new(),
            help: None,
            exit: Exit::Error,
            is_brief: false,
        }
    }

    /// Points to a place.
    pub fn at(self, place: &Place) -> Diagnostic {
        self.labelled(place, "")
    }

    /// Points to a place, with a label under the caret.
    pub fn labelled(mut self, place: &Place, label: impl Into<String>) -> Diagnostic {
        self.place = Some((place.clone(), label.into()));
        self
    }

    /// Points to another place.
    pub fn see(mut self, place: &Place, label: impl Into<String>) -> Diagnostic {
        self.context.push((place.clone(), label.into()));
        self
    }

    /// Adds a line without a place.
    pub fn note_line(mut self, line: impl Into<String>) -> Diagnostic {
        self.notes.push(line.into());
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Shows it in one line, without its snippet: it needs no action.
    pub fn in_brief(mut self) -> Diagnostic {
        self.is_brief = true;
        self
    }

    /// Sets the exit status.
    pub fn exit(mut self, exit: Exit) -> Diagnostic {
        self.exit = exit;
        self
    }
}
