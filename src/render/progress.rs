//! The progress of a run: on a terminal, one line per host that is redrawn; elsewhere a line per step, so that a log
//! stays readable. A step's output is shown while it runs and not kept, except for what it waits for; if it fails, the
//! error includes its last lines.

use super::Verbosity;
use super::detail::call;
use super::phrases::{one_line, took};
use crate::apply::Event;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::time::{Duration, Instant};

/// How often the clock is updated while nothing else happens.
const TICK: Duration = Duration::from_millis(250);

/// Host, step i of n, current activity, elapsed time; the activity is shortened on narrow screens.
const LINE: &str = "{prefix}  {pos}/{len}  {wide_msg}  {elapsed}";

/// Shows events as they arrive.
pub struct Progress {
    /// Receives permanent lines.
    out: Box<dyn Write + Send>,
    /// Where to draw; `None` for a line per step.
    draw: Option<Box<dyn Fn() -> ProgressDrawTarget + Send>>,
    bar: Option<ProgressBar>,
    verbosity: Verbosity,
    host: String,
    steps: usize,
    label: String,
    begun: Instant,
}

impl Progress {
    /// Creates a progress display on standard error, which may be a `terminal`.
    pub fn new(terminal: bool) -> Progress {
        let draw = || ProgressDrawTarget::stderr();
        Progress::to(std::io::stderr(), terminal.then_some(Box::new(draw)))
    }

    fn to(
        out: impl Write + Send + 'static,
        draw: Option<Box<impl Fn() -> ProgressDrawTarget + Send + 'static>>,
    ) -> Progress {
        Progress {
            out: Box::new(out),
            draw: draw.map(|draw| draw as _),
            bar: None,
            verbosity: Verbosity::Normal,
            host: String::new(),
            steps: 0,
            label: String::new(),
            begun: Instant::now(),
        }
    }

    /// Sets the verbosity from now on.
    pub fn set_verbosity(&mut self, verbosity: Verbosity) {
        self.verbosity = verbosity;
    }

    /// Shows an event, if the verbosity is high enough. Its text is already masked.
    pub fn report(&mut self, event: Event) {
        if event_verbosity(&event) > self.verbosity && !matches!(event, Event::Line(_)) {
            return;
        }
        match event {
            Event::Begun { host, steps } => self.begin(&host, steps),
            Event::Step { number, label } => self.step(number, &label),
            Event::Line(line) => self.running(&line),
            Event::Called { function, args } => self.line(&one_line(&call(function, &args))),
            Event::Ended { number, took: time } => {
                let (host, steps) = (&self.host, self.steps);
                self.line(&format!("{host}  {number}/{steps}  took {}", took(time)));
            }
            Event::Changed(_) => {}
            Event::Note(note) => self.line(&note.render(false)),
            Event::Finished => self.finish(),
        }
    }

    /// Prints permanent text above the progress line.
    pub fn line(&mut self, text: &str) {
        let out = &mut self.out;
        // If standard error is closed, there is nowhere to report it.
        let mut write = || drop(writeln!(out, "{}", text.trim_end_matches('\n')));
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Removes the progress line: all steps are done, or one has failed.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn begin(&mut self, host: &str, steps: usize) {
        self.end();
        self.host = one_line(host);
        self.steps = steps;
        self.begun = Instant::now();
        let Some(draw) = &self.draw else { return };
        let bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), draw());
        // The template is a constant; if it were invalid, indicatif's default would be shown.
        bar.set_style(ProgressStyle::with_template(LINE).unwrap_or(ProgressStyle::default_bar()));
        bar.set_prefix(self.host.clone());
        bar.enable_steady_tick(TICK);
        self.bar = Some(bar);
    }

    fn step(&mut self, number: usize, label: &str) {
        self.label = one_line(label);
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::try_from(number).unwrap_or(u64::MAX));
                bar.set_message(self.label.clone());
            }
            None => self.line(&format!("{}  {number}/{}  {}", self.host, self.steps, self.label)),
        }
    }

    /// Shows a line that the current step printed, permanently if the user wants details.
    fn running(&mut self, text: &str) {
        let line = one_line(text.trim());
        let follows = self.verbosity >= Verbosity::Verbose;
        match &self.bar {
            Some(bar) if !follows => bar.set_message(format!("{}: {line}", self.label)),
            None if !follows && !is_wait(text) => {}
            _ => self.line(&format!("{}  {}: {line}", self.host, self.label)),
        }
    }

    fn finish(&mut self) {
        self.end();
        let took = HumanDuration(self.begun.elapsed());
        self.line(&format!("{}  {1}/{1}  done in {took}", self.host, self.steps));
    }
}

/// Returns the lowest verbosity at which an event is shown. What a step waits for is always shown, so that a run that
/// seems to hang can be understood.
pub fn event_verbosity(event: &Event) -> Verbosity {
    match event {
        Event::Called { .. } => Verbosity::Everything,
        Event::Ended { .. } => Verbosity::Verbose,
        Event::Line(line) if !is_wait(line) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    }
}

fn is_wait(line: &str) -> bool {
    line.trim_start().starts_with("waiting for ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::resource::Address;
    use indicatif::{InMemoryTerm, TermLike};
    use std::sync::{Arc, Mutex};

    /// Permanent lines on the same screen as the bar.
    struct Screen(InMemoryTerm);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.write_str(&String::from_utf8_lossy(bytes).replace('\n', "\r\n"))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn step(number: usize, label: &str) -> Event {
        Event::Step { number, label: label.to_owned() }
    }

    fn events() -> Vec<Event> {
        vec![
            Event::Begun { host: "matrix.example.org".to_owned(), steps: 17 },
            step(1, "taking the host's lock"),
            step(2, "installing nginx"),
            Event::Line("waiting for cloud-final.service".to_owned()),
            Event::Line("Unpacking libnginx-mod-http-geoip2 (1:3.4-4) \u{1b}[31mover\n".to_owned()),
        ]
    }

    fn on(terminal: &InMemoryTerm) -> Progress {
        let target = terminal.clone();
        let draw = move || ProgressDrawTarget::term_like_with_hz(Box::new(target.clone()), 255);
        Progress::to(Screen(terminal.clone()), Some(Box::new(draw)))
    }

    /// A busy machine may need a second.
    fn calm(text: &str) -> String {
        text.replace("  1s", "  0s").replace("1 second\n", "0 seconds\n")
    }

    #[test]
    fn a_terminal_shows_one_updated_line() {
        let terminal = InMemoryTerm::new(10, 60);
        let mut progress = on(&terminal);
        events().into_iter().for_each(|event| progress.report(event));
        let running = "matrix.example.org  2/17  installing nginx: Unpacking li  0s";
        assert_eq!(calm(&terminal.contents()), running);
        progress.report(Event::Note(Diagnostic::warning("x", "waited for cloud-init")));
        let with_note = format!("warning: waited for cloud-init\n{running}");
        assert_eq!(calm(&terminal.contents()), with_note);
        progress.report(step(17, "asking nginx"));
        let last = "warning: waited for cloud-init\n\
            matrix.example.org  17/17  asking nginx                   0s";
        assert_eq!(calm(&terminal.contents()), last);
        progress.report(Event::Finished);
        let done = "warning: waited for cloud-init\n\
            matrix.example.org  17/17  done in 0 seconds\n";
        assert_eq!(calm(&format!("{}\n", terminal.contents())), done);
    }

    #[test]
    fn a_failure_removes_the_progress_line() {
        let terminal = InMemoryTerm::new(10, 60);
        let mut progress = on(&terminal);
        events().into_iter().for_each(|event| progress.report(event));
        progress.end();
        progress.line("error: installing nginx failed\n");
        assert_eq!(terminal.contents(), "error: installing nginx failed");
    }

    #[test]
    fn a_log_gets_a_line_per_step() {
        let log = Log::default();
        let none: Option<Box<fn() -> ProgressDrawTarget>> = None;
        let mut progress = Progress::to(log.clone(), none);
        events().into_iter().for_each(|event| progress.report(event));
        progress.report(Event::Changed(Address::new("apt", "nginx")));
        progress.report(step(3, "two\nlines"));
        progress.report(Event::Ended { number: 3, took: Duration::from_millis(5) });
        progress.report(Event::Finished);
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        insta::assert_snapshot!(calm(&text), @r"
        matrix.example.org  1/17  taking the host's lock
        matrix.example.org  2/17  installing nginx
        matrix.example.org  installing nginx: waiting for cloud-final.service
        matrix.example.org  3/17  two\nlines
        matrix.example.org  17/17  done in 0 seconds
        ");
    }

    #[test]
    fn verbose_progress_shows_calls_lines_and_times() {
        let log = Log::default();
        let none: Option<Box<fn() -> ProgressDrawTarget>> = None;
        let mut progress = Progress::to(log.clone(), none);
        progress.set_verbosity(Verbosity::Everything);
        let args = vec!["nginx".to_owned(), "a b".to_owned()];
        progress.report(Event::Called { function: "apt_converge", args });
        events().into_iter().for_each(|event| progress.report(event));
        progress.report(Event::Ended { number: 2, took: Duration::from_millis(12_345) });
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        insta::assert_snapshot!(text);
    }
}
