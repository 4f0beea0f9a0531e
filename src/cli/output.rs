//! The sole owner of the terminal: results go to standard output, everything else to standard error, and all of it
//! passes a last filter that knows the live secrets.

use super::args::{PlanFormat, View};
use super::output_args::OutputArgs;
use super::process_env::ProcessEnv;
use super::stderr::{Stderr, masked_values};
use crate::diagnostic::{Diagnostic, Exit, Level, Problems, counted};
use crate::plan::PlanDocument;
use crate::render;
use crate::run::{Reporter, drift};
use crate::secret::{Masker, Secret};
use std::io::Write;
use std::time::{Duration, Instant};

/// Where output goes.
pub(super) struct Output {
    takes_colour: bool,
    colour: bool,
    interactive: bool,
    timings: bool,
    started: Instant,
    masker: Masker,
    stderr: Stderr,
    /// Why a result could not be written.
    unwritten: Option<std::io::Error>,
}

impl Output {
    /// Creates the output for this environment.
    pub(super) fn new(process_env: &ProcessEnv) -> Output {
        Output {
            takes_colour: process_env.colour,
            colour: process_env.colour,
            interactive: process_env.interactive,
            timings: false,
            started: Instant::now(),
            masker: Masker::default(),
            stderr: process_env.stderr.clone(),
            unwritten: None,
        }
    }

    /// Applies the output flags from now on.
    pub(super) fn follow(&mut self, output: &OutputArgs) {
        self.colour = output.color.on(self.takes_colour);
        self.stderr.follow(output);
        super::panic::follow(&self.stderr, super::panic::write);
    }

    /// Sets whether to report timings at the end.
    pub(super) fn set_timings(&mut self, timings: bool) {
        self.timings = timings;
    }

    /// Sets the filter that knows what must never be printed.
    pub(super) fn set_masker(&mut self, masker: Masker) {
        self.stderr.set_masker(masker.clone());
        self.masker = masker;
        super::panic::follow(&self.stderr, super::panic::write);
    }

    /// Prints a plan.
    pub(super) fn plan(&mut self, plan: &PlanDocument, view: View) {
        match view.format {
            PlanFormat::Json => self.json(&render::plan::json(plan)),
            PlanFormat::Markdown if view.summary => {
                self.result(&render::plan::summary(plan, render::Style::plain()));
            }
            PlanFormat::Markdown => self.result(&render::plan::markdown(plan)),
            PlanFormat::Text if view.summary => {
                self.result(&render::plan::summary(plan, self.style()))
            }
            PlanFormat::Text => self.result(&render::plan::text(plan, self.style())),
        }
    }

    /// Returns the style for plans on this terminal.
    pub(super) fn style(&self) -> render::Style {
        render::Style { colour: self.colour, width: width(), full: false }
    }

    /// Prints that the plan is the one that `plan` showed `ago` ago.
    pub(super) fn shown_before(&mut self, plan: &PlanDocument, ago: Duration) {
        self.result(&render::plan::as_shown(plan, ago, self.style()));
    }

    /// Prints what differs from the plan that was shown.
    pub(super) fn otherwise(&mut self, now: &PlanDocument, before: &PlanDocument) {
        self.result(&render::plan::otherwise(now, before, self.style()));
    }

    /// Prints that the plan is the approved one.
    pub(super) fn approved(&mut self, plan: &PlanDocument) {
        self.result(&render::plan::approved(plan, self.style()));
    }

    /// Prints what has drifted.
    pub(super) fn drift(&mut self, report: &drift::DriftReport, format: PlanFormat) {
        let style = render::Style { colour: self.colour, width: width(), full: false };
        match format {
            PlanFormat::Json => self.json(&serde_json::to_value(report).unwrap_or_default()),
            PlanFormat::Markdown => self.result(&render::drift::markdown(report)),
            PlanFormat::Text => self.result(&render::drift::text(report, style)),
        }
    }

    /// Prints the findings of `check`.
    pub(super) fn report(&mut self, report: &render::problems::CheckReport) {
        self.result(&render::problems::text(report, self.colour));
    }

    /// Prints a JSON document.
    pub(super) fn json(&mut self, value: &serde_json::Value) {
        let value = masked_values(value.clone(), &self.masker);
        self.write(&serde_json::to_string_pretty(&value).unwrap_or_default());
    }

    /// Prints a result, ending with a newline.
    pub(super) fn result(&mut self, text: &str) {
        self.write(&self.masker.mask(text));
    }

    fn write(&mut self, text: &str) {
        let text = text.trim_end_matches('\n');
        let mut stdout = std::io::stdout().lock();
        let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
        drop(stdout);
        self.note_unwritten(written);
    }

    /// Remembers that a result is not where the user wants it. A reader that has gone (`| head`) is not an error.
    pub(super) fn note_unwritten(&mut self, written: std::io::Result<()>) {
        let failed = written.err().filter(|why| why.kind() != std::io::ErrorKind::BrokenPipe);
        self.unwritten = self.unwritten.take().or(failed);
    }

    /// Prints a secret unmasked, past the filter: only if someone asked for it by name.
    pub(super) fn reveal(&mut self, secret: &Secret, show: bool) -> Result<(), Problems> {
        let stdout = std::io::stdout();
        if std::io::IsTerminal::is_terminal(&stdout) && !show {
            return Err(vec![
                Diagnostic::error(
                    "secret/terminal",
                    "standard output is a terminal, where the value would stay visible",
                )
                .help("redirect it to a file or a program, or pass `--show`"),
            ]);
        }
        let end: &[u8] = if secret.expose().ends_with(b"\n") { b"" } else { b"\n" };
        let mut stdout = stdout.lock();
        let written = stdout.write_all(secret.expose()).and_then(|()| stdout.write_all(end));
        let written = written.and_then(|()| stdout.flush());
        drop(stdout);
        self.note_unwritten(written);
        Ok(())
    }

    /// Prints messages; if there are very many, only the first ones.
    pub(super) fn problems(&mut self, problems: &[Diagnostic]) {
        self.stderr.problems(problems);
    }

    /// Returns the handle to standard error, where progress is reported.
    pub(super) fn stderr(&self) -> Stderr {
        self.stderr.clone()
    }

    /// Removes the progress display.
    pub(super) fn end_progress(&mut self) {
        self.stderr.end_progress();
    }

    /// Returns whether there is someone to ask.
    pub(super) fn can_ask(&self) -> bool {
        self.interactive
    }

    /// Prints a text for the person who will be asked.
    pub(super) fn print(&mut self, text: &str) {
        self.stderr.text("text", text);
    }

    /// Asks, and returns the answer; `None` at the end of input.
    pub(super) fn ask(&mut self, prompt: &str) -> Option<String> {
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "{prompt}");
        let _ = stderr.flush();
        drop(stderr);
        self.answer().filter(|answer| answer.ends_with('\n'))
    }

    /// Reads the line being typed; if it has no newline (end of input), ends it on the terminal.
    fn answer(&mut self) -> Option<String> {
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        if !answer.ends_with('\n') {
            self.stderr.end_line();
        }
        read.is_ok().then_some(answer)
    }

    /// Asks for `yes`; any other answer, or no terminal to ask on, is an error.
    pub(super) fn confirm(&mut self, plan: &PlanDocument, host: &str) -> Result<(), Problems> {
        if !self.interactive {
            return Err(vec![
                Diagnostic::error(
                    "apply/unconfirmed",
                    "nothing was changed: cannot ask for confirmation without a terminal",
                )
                .help("review the plan above and run again with `--yes`"),
            ]);
        }
        if let Some(risks) = render::plan::risks_again(plan, self.style()) {
            self.result(&risks);
        }
        self.stderr.question(&format!(
            "Apply {} to {host}? Only `yes` applies:",
            counted(plan.items.len(), "change")
        ));
        if self.answer().is_some_and(|answer| answer.trim() == "yes") {
            return Ok(());
        }
        Err(vec![Diagnostic::error(
            "apply/declined",
            "nothing was changed: the answer was not `yes`",
        )])
    }

    /// Asks during a run whether to continue, without blocking the run.
    pub(super) async fn confirm_rest(&mut self, plan: &PlanDocument, host: &str) -> bool {
        let all = counted(plan.items.len(), "change");
        self.agrees(&format!("Apply the remaining {all} to {host}? Only `yes` applies:")).await
    }

    /// Asks for `yes` without blocking other tasks.
    pub(super) async fn agrees(&mut self, question: &str) -> bool {
        self.stderr.question(question);
        let (sender, answer) = tokio::sync::oneshot::channel();
        // On a separate thread: if no line ever comes, the thread ends with the process.
        std::thread::spawn(move || {
            let mut answer = String::new();
            let read = std::io::stdin().read_line(&mut answer);
            let _ = sender.send(if read.is_ok() { answer } else { String::new() });
        });
        let answer = tokio::select! {
            _ = tokio::signal::ctrl_c() => String::new(),
            answer = answer => answer.unwrap_or_default(),
        };
        if !answer.ends_with('\n') {
            self.stderr.end_line();
        }
        answer.trim() == "yes"
    }

    /// Prints what the run cost, if asked for.
    pub(super) fn timings(&mut self, cost: &str) {
        if self.timings {
            let elapsed = self.started.elapsed().as_millis();
            self.stderr.text("timings", &format!("{cost}\n{elapsed} ms in all"));
        }
    }

    /// Ends the run with this exit status, or with an error if it succeeded but a result could not be written.
    pub(super) fn end(&mut self, exit: Exit) -> Exit {
        let mut exit = exit;
        if let Some(why) = self.unwritten.take() {
            let message = format!("standard output could not be written: {why}");
            self.problems(&[Diagnostic::error("cli/unwritten", message)]);
            if matches!(exit, Exit::Done | Exit::Pending) {
                exit = Exit::Error;
            }
        }
        self.stderr.end(exit as u8, self.started.elapsed());
        exit
    }

    /// Returns the exit status of the first error.
    pub(super) fn status(problems: &[Diagnostic]) -> Exit {
        let error = problems.iter().find(|problem| problem.level == Level::Error);
        error.or(problems.first()).map_or(Exit::Bug, |problem| problem.exit)
    }
}

/// Returns the terminal's width in columns; 100 if there is none.
fn width() -> usize {
    usize::from(console::Term::stdout().size_checked().map_or(100, |(_, columns)| columns))
        .clamp(60, 160)
}
