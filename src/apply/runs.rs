//! What the host says of runs: the one that holds it, and what earlier ones left.

use crate::diagnostic::{Diagnostic, Exit};
use crate::resource::{Answers, LEFTOVERS, RUNS};

/// How the host stands with runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// Who holds it, since when, and how to end that.
    pub holder: Option<String>,
    /// Units of an earlier run that are still at work.
    pub at_work: Vec<String>,
    /// Whether a switch began and did not end, and nothing is at work on it.
    pub is_cut: bool,
    /// Folders in which a run that was killed left something.
    pub left_in: Vec<String>,
    /// What came of the last switch, when it failed: when, and in which step.
    pub ended: Option<(String, String)>,
}

impl Runs {
    /// Reads the host's answer.
    pub fn read(answers: &Answers) -> Runs {
        let text = |key: &str, field: &str| answers.get(RUNS, key)?.text(field);
        let mut runs = Runs { holder: text("holder", "text"), ..Runs::default() };
        for unit in ["switch", "apt", "venv"] {
            if answers.get(RUNS, &format!("unit/{unit}")).is_some() {
                runs.at_work.push(format!("matrixform-{unit}.service"));
            }
        }
        runs.is_cut = answers.get(RUNS, "switch").is_some() && runs.at_work.is_empty();
        let left = answers.answer(LEFTOVERS).into_iter().flat_map(|answer| answer.records.keys());
        let left = left.filter_map(|path| path.rsplit_once('/'));
        runs.left_in = left.map(|(folder, _)| folder.to_owned()).collect();
        runs.left_in.extend(text("unkept", "path"));
        runs.left_in.sort();
        runs.left_in.dedup();
        runs.ended = text("ended", "text").and_then(|text| {
            let mut lines = text.lines().skip(1);
            Some((lines.next()?.to_owned(), lines.next().unwrap_or_default().to_owned()))
        });
        runs
    }

    /// Whether somebody is at work there.
    pub fn is_busy(&self) -> bool {
        self.holder.is_some() || !self.at_work.is_empty()
    }

    /// Whether an earlier run left something that a good one clears.
    pub fn has_left(&self) -> bool {
        self.is_cut || self.ended.is_some() || !self.left_in.is_empty()
    }

    /// Another run has the host.
    pub fn locked(holder: &str) -> Diagnostic {
        let message = "another run of matrixform is changing this host";
        Diagnostic::error("apply/locked", message)
            .note_line(format!("held by {}", holder.trim_start_matches("held by ")))
            .help("wait until it has ended, or say `--wait`")
            .exit(Exit::Locked)
    }

    /// What is to be known of the run before.
    pub fn notes(&self) -> Vec<Diagnostic> {
        let cut = self.is_cut.then(|| {
            let message = "an earlier run was cut during its switch: this host may run a mixture of old and new files";
            Diagnostic::note("apply/cut", message)
                .help("the next apply finishes it, or puts back what was there before both")
        });
        let ended = self.ended.as_ref().map(|(when, step)| {
            let message = format!("the last switch, at {when}, failed and was taken back: {step}");
            Diagnostic::note("apply/taken-back", message)
        });
        cut.into_iter().chain(ended).collect()
    }
}
