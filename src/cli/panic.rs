//! Reports panics as bugs, through the filter that knows the live secrets, because a panic's message quotes whatever
//! the code held.

use super::output_args::LogFormat;
use super::stderr::{Stderr, masked_values};
use crate::diagnostic::Diagnostic;
use crate::render::log;
use crate::secret::Masker;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::PanicHookInfo;

/// Reports panics of all threads like other problems; `write` receives the text.
pub(super) fn follow(stderr: &Stderr, write: fn(&str)) {
    let (masker, format) = stderr.masker_and_format();
    std::panic::set_hook(Box::new(move |info| write(&reported(&problem(info), &masker, format))));
}

/// Writes a line to standard error, bypassing a progress display that may be in mid-update.
pub(super) fn write(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn problem(info: &PanicHookInfo<'_>) -> Diagnostic {
    let text = info.payload().downcast_ref::<&str>().copied();
    let text = text.or_else(|| info.payload().downcast_ref::<String>().map(String::as_str));
    let at = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let problem = Diagnostic::bug(format!("panicked{at}: {}", text.unwrap_or("no words")));
    let trace = Backtrace::capture();
    match trace.status() {
        BacktraceStatus::Captured => problem.note_line(trace.to_string()),
        _ => problem,
    }
}

fn reported(problem: &Diagnostic, masker: &Masker, format: LogFormat) -> String {
    match format {
        LogFormat::Text => masker.mask(&problem.render(false)),
        LogFormat::Json => masked_values(log::diagnostic(problem), masker).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use std::sync::Mutex;

    static PRINTED: Mutex<String> = Mutex::new(String::new());

    fn record(text: &str) {
        PRINTED.lock().unwrap().push_str(text);
    }

    #[test]
    fn a_panic_is_reported_as_a_bug_and_masked() {
        let stderr = Stderr::new(false, false);
        stderr.set_masker(Masker::new(&[Secret::new("a/b", "CANARY-of-the-panic")]));
        let before = std::panic::take_hook();
        follow(&stderr, record);
        let value = "CANARY-of-the-panic";
        let died = std::thread::spawn(move || panic!("no such thing: {value:?} in \"{value}\""));
        assert!(died.join().is_err());
        std::panic::set_hook(before);
        let printed = PRINTED.lock().unwrap().clone();
        assert!(
            printed.contains("no such thing: \"[secret a/b]\" in \"[secret a/b]\""),
            "{printed}"
        );
        assert!(
            printed.contains("this is a bug in matrixform") && !printed.contains("CANARY"),
            "{printed}"
        );
    }

    #[test]
    fn a_json_log_has_the_panic_as_an_object() {
        let masker = Masker::new(&[Secret::new("a/b", "CANARY-of-the-panic")]);
        let text = reported(&Diagnostic::bug("x CANARY-of-the-panic"), &masker, LogFormat::Json);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&value["code"], &value["message"]), (&"bug".into(), &"x [secret a/b]".into()));
    }
}
