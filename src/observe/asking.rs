//! Whether the host could be observed: missing tools, failed questions, and those that hang.

use crate::diagnostic::{Diagnostic, visible};
use crate::host;
use crate::remote::PendingAnswer;
use crate::resource::{Answers, QuestionFailure};

/// The exit status of a flight in which questions were ended because they timed out.
pub(super) const TIME_IS_UP: u32 = 124;

/// The exit statuses that a shell reports for a command ended by a signal.
const ENDED: [u32; 2] = [128 + 15, 128 + 9];

/// The exit status of a question that was not asked, because an earlier one of its lane was ended.
const NOT_ASKED: u32 = 254;

/// The most of a question's arguments that an error quotes (characters).
const MAX_QUOTED_CHARS: usize = 200;

/// The questions of one flight.
pub(super) struct Asking<'a> {
    pub(super) calls: &'a [(&'static str, Vec<&'a str>)],
    pub(super) asked: &'a PendingAnswer,
}

impl Asking<'_> {
    /// Fails unless every question was answered. An unsupported system may have other tools; it is refused elsewhere,
    /// for being unsupported, if it had the time to say so.
    pub(super) fn check(&self, answers: &Answers, is_late: bool) -> Result<(), Diagnostic> {
        let is_ended = |failure: &QuestionFailure| ENDED.contains(&failure.status);
        let is_hanging = is_late && answers.failures().iter().any(is_ended);
        if !is_hanging && !host::is_supported(answers) {
            return Ok(());
        }
        let missing = host::missing_tools(answers);
        if !missing.is_empty() {
            return Err(host::without(&missing));
        }
        let is_unasked = |failure: &&QuestionFailure| failure.status == NOT_ASKED;
        let (unasked, failed): (Vec<_>, Vec<_>) = answers.failures().iter().partition(is_unasked);
        let Some(first) = failed.first().or(unasked.first()) else { return Ok(()) };
        let problem = self.failed(first, is_late);
        Err(failed.iter().skip(1).fold(problem, |problem, other| {
            problem
                .note_line(format!("{} failed too (exit status {})", other.function, other.status))
        }))
    }

    fn failed(&self, failure: &QuestionFailure, is_late: bool) -> Diagnostic {
        if is_late && ENDED.contains(&failure.status) {
            let seconds = self.asked.limit.as_secs();
            let message = format!("the host did not answer within {seconds} s");
            return Diagnostic::error("observe/hangs", message)
                .note_line(format!("while reading: {}", self.question(&failure.function)))
                .help("check on the host whether a mount hangs (`df`), and what these paths are");
        }
        let missing = host::not_found(&failure.error_output);
        if !missing.is_empty() {
            return host::without(&missing);
        }
        let (function, status) = (&failure.function, failure.status);
        let message =
            format!("the host could not be read: {function} failed (exit status {status})");
        let problem = Diagnostic::error("observe/failed", message)
            .note_line(format!("while reading: {}", self.question(function)));
        let stderr = visible(&failure.error_output);
        stderr.lines().fold(problem, |problem, line| problem.note_line(line)).help(
            "fix that on the host, then try again: matrixform does not guess what it cannot read",
        )
    }

    /// Names the questions that could not be ended on the host.
    pub(super) fn overdue(&self, problem: Diagnostic, ids: &[u32]) -> Diagnostic {
        let asked = self.asked.functions.iter().filter(|(id, _)| ids.contains(id));
        asked.fold(problem, |problem, (_, function)| {
            problem.note_line(format!("while reading: {}", self.question(function)))
        })
    }

    /// A question with its arguments.
    fn question(&self, function: &str) -> String {
        let args = self.calls.iter().find(|(name, _)| *name == function);
        let args = args.map(|(_, args)| args.join(" ")).unwrap_or_default();
        let short: String = args.chars().take(MAX_QUOTED_CHARS).collect();
        let more = if short.len() < args.len() { "…" } else { "" };
        visible(format!("{function} {short}{more}").trim_end())
    }
}
