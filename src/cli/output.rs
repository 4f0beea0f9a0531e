//! The one owner of the terminal: results go to standard output, everything else to standard error,
//! and all of it passes a last filter that knows the live secrets.

use super::args::{PlanFormat, View};
use super::output_args::OutputArgs;
use super::process_env::ProcessEnv;
use super::stderr::{Stderr, masked_values};
use crate::diagnostic::{Diagnostic, Exit, Level, Problems};
use crate::plan::Shown;
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
}

impl Output {
    /// Output for these surroundings.
    pub(super) fn new(process_env: &ProcessEnv) -> Output {
        Output {
            takes_colour: process_env.colour,
            colour: process_env.colour,
            interactive: process_env.interactive,
            timings: false,
            started: Instant::now(),
            masker: Masker::default(),
            stderr: process_env.stderr.clone(),
        }
    }

    /// Speaks as the flags want it from now on.
    pub(super) fn follow(&mut self, output: &OutputArgs) {
        self.colour = output.color.on(self.takes_colour);
        self.stderr.follow(output);
        super::panic::follow(&self.stderr, super::panic::write);
    }

    /// Whether to say at the end what it took.
    pub(super) fn set_timings(&mut self, timings: bool) {
        self.timings = timings;
    }

    /// The filter that knows what must never be printed.
    pub(super) fn set_masker(&mut self, masker: Masker) {
        self.stderr.set_masker(masker.clone());
        self.masker = masker;
        super::panic::follow(&self.stderr, super::panic::write);
    }

    /// A plan.
    pub(super) fn plan(&mut self, plan: &Shown, view: View) {
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

    /// How a plan looks on this terminal.
    pub(super) fn style(&self) -> render::Style {
        render::Style { colour: self.colour, width: width(), full: false }
    }

    /// That the plan is the one that `plan` has shown so long ago.
    pub(super) fn shown_before(&mut self, plan: &Shown, ago: Duration) {
        self.result(&render::plan::as_shown(plan, ago, self.style()));
    }

    /// What differs from the plan that was shown.
    pub(super) fn otherwise(&mut self, now: &Shown, before: &Shown) {
        self.result(&render::plan::otherwise(now, before, self.style()));
    }

    /// That the plan is the one that was approved.
    pub(super) fn approved(&mut self, plan: &Shown) {
        self.result(&render::plan::approved(plan, self.style()));
    }

    /// What has drifted.
    pub(super) fn drift(&mut self, report: &drift::DriftReport, format: PlanFormat) {
        let style = render::Style { colour: self.colour, width: width(), full: false };
        match format {
            PlanFormat::Json => self.json(&serde_json::to_value(report).unwrap_or_default()),
            PlanFormat::Markdown => self.result(&render::drift::markdown(report)),
            PlanFormat::Text => self.result(&render::drift::text(report, style)),
        }
    }

    /// What was found in specs.
    pub(super) fn report(&mut self, report: &render::problems::CheckReport) {
        self.result(&render::problems::text(report, self.colour));
    }

    /// A JSON document.
    pub(super) fn json(&mut self, value: &serde_json::Value) {
        let value = masked_values(value.clone(), &self.masker);
        self.write(&serde_json::to_string_pretty(&value).unwrap_or_default());
    }

    /// A result, with a line end.
    pub(super) fn result(&mut self, text: &str) {
        self.write(&self.masker.mask(text));
    }

    fn write(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        // A reader that went away (`| head`) is no error of ours.
        let _ = writeln!(stdout, "{}", text.trim_end_matches('\n'));
    }

    /// A secret as it is, past the filter: only where someone asked for it by name.
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
        let mut stdout = stdout.lock();
        let _ = stdout.write_all(secret.expose());
        if !secret.expose().ends_with(b"\n") {
            let _ = stdout.write_all(b"\n");
        }
        Ok(())
    }

    /// Messages; of very many the first ones.
    pub(super) fn problems(&mut self, problems: &[Diagnostic]) {
        self.stderr.problems(problems);
    }

    /// Where progress is reported.
    pub(super) fn stderr(&self) -> Stderr {
        self.stderr.clone()
    }

    /// Takes the progress display away.
    pub(super) fn end_progress(&mut self) {
        self.stderr.end_progress();
    }

    /// Whether there is someone to ask.
    pub(super) fn can_ask(&self) -> bool {
        self.interactive
    }

    /// Says something to whoever will be asked.
    pub(super) fn say(&mut self, text: &str) {
        self.stderr.words("words", text);
    }

    /// Asks, and gives the answer; none when there is no more input.
    pub(super) fn ask(&mut self, prompt: &str) -> Option<String> {
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "{prompt}");
        let _ = stderr.flush();
        drop(stderr);
        self.answer().filter(|answer| answer.ends_with('\n'))
    }

    /// The line that is typed now; one that its end is missing of is ended on the terminal.
    fn answer(&mut self) -> Option<String> {
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        if !answer.ends_with('\n') {
            self.stderr.end_line();
        }
        read.is_ok().then_some(answer)
    }

    /// Asks for `yes`; anything else, or nobody to ask, stops.
    pub(super) fn confirm(&mut self, plan: &Shown, host: &str) -> Result<(), Problems> {
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
        self.stderr.question(&format!("Apply {} to {host}? Only `yes` applies:", changes(plan)));
        if self.answer().is_some_and(|answer| answer.trim() == "yes") {
            return Ok(());
        }
        Err(vec![Diagnostic::error(
            "apply/declined",
            "nothing was changed: the answer was not `yes`",
        )])
    }

    /// Asks in the course of a run whether to go on; the run is not kept from its work meanwhile.
    pub(super) async fn confirm_rest(&mut self, plan: &Shown, host: &str) -> bool {
        let all = changes(plan);
        self.agrees(&format!("Apply the remaining {all} to {host}? Only `yes` applies:")).await
    }

    /// Asks for `yes` while something else goes on.
    pub(super) async fn agrees(&mut self, question: &str) -> bool {
        self.stderr.question(question);
        let (sender, answer) = tokio::sync::oneshot::channel();
        // A thread of its own: one that waits for a line that never comes ends with the process.
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

    /// What the run took, when asked for.
    pub(super) fn timings(&mut self, cost: &str) {
        if self.timings {
            let elapsed = self.started.elapsed().as_millis();
            self.stderr.words("cost", &format!("{cost}\n{elapsed} ms in all"));
        }
    }

    /// The run ends like this.
    pub(super) fn end(&mut self, exit: Exit) -> Exit {
        self.stderr.end(exit as u8, self.started.elapsed());
        exit
    }

    /// The exit status that problems ask for: the first error's.
    pub(super) fn status(problems: &[Diagnostic]) -> Exit {
        let error = problems.iter().find(|problem| problem.level == Level::Error);
        error.or(problems.first()).map_or(Exit::Bug, |problem| problem.exit)
    }
}

/// `1 change`, `2 changes`.
fn changes(plan: &Shown) -> String {
    match plan.items.len() {
        1 => "1 change".to_owned(),
        many => format!("{many} changes"),
    }
}

/// Columns of the terminal; 100 where there is none.
fn width() -> usize {
    usize::from(console::Term::stdout().size_checked().map_or(100, |(_, columns)| columns))
        .clamp(60, 160)
}
