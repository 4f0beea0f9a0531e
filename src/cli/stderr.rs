//! The standard error half of the terminal: messages, progress, details, as text or as JSON lines. All of it passes
//! the filter that knows the live secrets. Clones share one state.

use super::output_args::{LogFormat, OutputArgs};
use crate::apply::Event;
use crate::diagnostic::{Diagnostic, Level};
use crate::render::{Progress, Style, Verbosity, event_verbosity, log};
use crate::run::{Detail, Reporter};
use crate::secret::Masker;
use serde_json::Value;
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The most messages shown at once: a thousand errors have one cause.
const MAX_SHOWN: usize = 50;

/// The handle to standard error, where progress is reported.
#[derive(Clone)]
pub(super) struct Stderr(Rc<RefCell<StderrState>>);

struct StderrState {
    takes_colour: bool,
    colour: bool,
    verbosity: Verbosity,
    format: LogFormat,
    masker: Masker,
    progress: Progress,
}

impl Stderr {
    /// Creates the handle: whether standard error is a terminal to draw on, and whether it takes colour.
    pub(super) fn new(terminal: bool, takes_colour: bool) -> Stderr {
        Stderr(Rc::new(RefCell::new(StderrState {
            takes_colour,
            colour: takes_colour,
            verbosity: Verbosity::Normal,
            format: LogFormat::Text,
            masker: Masker::default(),
            progress: Progress::new(terminal),
        })))
    }

    /// Applies the output flags from now on.
    pub(super) fn follow(&self, output: &OutputArgs) {
        let state = &mut *self.0.borrow_mut();
        state.colour = output.color.on(state.takes_colour);
        state.verbosity = output.verbosity();
        state.format = output.log_format;
        state.progress.set_verbosity(state.verbosity);
    }

    /// Sets the filter that knows what must never be printed.
    pub(super) fn set_masker(&self, masker: Masker) {
        self.0.borrow_mut().masker = masker;
    }

    /// Returns the masker and the log format, for code that must print when this handle cannot be used.
    pub(super) fn masker_and_format(&self) -> (Masker, LogFormat) {
        let state = self.0.borrow();
        (state.masker.clone(), state.format)
    }

    /// Prints a text that was asked for, at any verbosity; `event` is its name in a log.
    pub(super) fn text(&self, event: &str, text: &str) {
        let state = &mut *self.0.borrow_mut();
        match state.format {
            LogFormat::Json => state.object(log::text(event, text)),
            LogFormat::Text => state.line(text),
        }
    }

    /// Prints a question and leaves the cursor after it.
    pub(super) fn question(&self, text: &str) {
        let state = &mut *self.0.borrow_mut();
        if state.format == LogFormat::Json {
            return state.object(log::text("question", text));
        }
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "\n{} ", state.masker.mask(text));
        let _ = stderr.flush();
    }

    /// Ends a line that the answer to a question left open.
    pub(super) fn end_line(&self) {
        if self.0.borrow().format == LogFormat::Text {
            let _ = writeln!(std::io::stderr());
        }
    }

    /// Removes the progress display.
    pub(super) fn end_progress(&self) {
        self.0.borrow_mut().progress.end();
    }

    /// Logs that the run has ended.
    pub(super) fn end(&self, status: u8, took: std::time::Duration) {
        let state = &mut *self.0.borrow_mut();
        if state.format == LogFormat::Json && state.verbosity > Verbosity::Quiet {
            state.object(log::end(status, took));
        }
    }
}

impl Reporter for Stderr {
    fn detail(&self, detail: &Detail) {
        let state = &mut *self.0.borrow_mut();
        if detail.verbosity() > state.verbosity {
            return;
        }
        match state.format {
            LogFormat::Json => state.object(log::detail(detail)),
            LogFormat::Text => {
                let style = Style { colour: state.colour, ..Style::plain() };
                state.line(&detail.text(style));
            }
        }
    }

    fn event(&self, event: Event) {
        self.0.borrow_mut().event(event);
    }

    /// Prints only the first ones if there are very many.
    fn problems(&self, problems: &[Diagnostic]) {
        let state = &mut *self.0.borrow_mut();
        for problem in problems.iter().take(MAX_SHOWN) {
            state.problem(problem);
        }
        if let Some(more @ 1..) = problems.len().checked_sub(MAX_SHOWN) {
            let message = format!("{more} more messages like these");
            state.problem(&Diagnostic::error("cli/more", message));
        }
    }

    fn follows(&self) -> bool {
        self.0.borrow().verbosity >= Verbosity::Verbose
    }
}

impl StderrState {
    fn problem(&mut self, problem: &Diagnostic) {
        if problem.level < Level::Error && self.verbosity == Verbosity::Quiet {
            return;
        }
        match self.format {
            LogFormat::Json => self.object(log::diagnostic(problem)),
            LogFormat::Text => self.line(&problem.render(self.colour)),
        }
    }

    fn event(&mut self, event: Event) {
        if let Event::Note(note) = &event {
            return self.problem(note);
        }
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        match self.format {
            LogFormat::Text => self.progress.report(masked(event, &self.masker)),
            LogFormat::Json if event_verbosity(&event) <= self.verbosity => {
                self.object(log::event(&event));
            }
            LogFormat::Json => {}
        }
    }

    fn line(&mut self, text: &str) {
        let text = self.masker.mask(text);
        self.progress.line(&format!("{}\n", text.trim_end_matches('\n')));
    }

    /// Writes one object as one line, with its time. Strings are masked one by one, so that a mask cannot break the
    /// JSON.
    fn object(&mut self, object: Value) {
        let mut all = serde_json::Map::new();
        all.insert("time".to_owned(), now().into());
        if let Value::Object(fields) = masked_values(object, &self.masker) {
            all.extend(fields);
        }
        // If standard error is closed, there is nowhere to report it.
        let _ = writeln!(std::io::stderr().lock(), "{}", Value::Object(all));
    }
}

/// Seconds since 1970, to the millisecond.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1000.0).round() / 1000.0
}

/// Masks every string and every key of a JSON value.
pub(super) fn masked_values(value: Value, masker: &Masker) -> Value {
    match value {
        Value::String(text) => masker.mask(&text).into(),
        Value::Array(items) => {
            items.into_iter().map(|item| masked_values(item, masker)).collect::<Vec<_>>().into()
        }
        Value::Object(fields) => {
            let field =
                |(key, value): (String, Value)| (masker.mask(&key), masked_values(value, masker));
            Value::Object(fields.into_iter().map(field).collect())
        }
        other => other,
    }
}

/// Masks the texts of an event.
fn masked(event: Event, masker: &Masker) -> Event {
    match event {
        Event::Step { number, label } => Event::Step { number, label: masker.mask(&label) },
        Event::Line(line) => Event::Line(masker.mask(&line)),
        Event::Called { function, args } => {
            let args = args.iter().map(|arg| masker.mask(arg)).collect();
            Event::Called { function, args }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_mask_never_breaks_json() {
        let masker =
            Masker::new(&[Secret::new("a/b", r#"","text":"#), Secret::new("c", "hunter2x")]);
        let value = serde_json::json!({ "x": "", "text": ["say hunter2x", 7], "hunter2x": null });
        let masked = masked_values(value, &masker).to_string();
        assert_eq!(masked, r#"{"x":"","text":["say [secret c]",7],"[secret c]":null}"#);
    }
}
