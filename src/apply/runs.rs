//! The host's report on runs: the one that holds it, and what earlier ones left.

use crate::diagnostic::{Diagnostic, Exit};
use crate::resource::{Answers, LEFTOVERS, RUNS};

/// The state of a host with respect to runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// The run that holds it, since when, and how to end that run.
    pub holder: Option<String>,
    /// Units of an earlier run that are still active.
    pub at_work: Vec<String>,
    /// Whether a switch began and did not end, and no unit is working on it.
    pub is_switch_interrupted: bool,
    /// Directories that contain leftovers of a killed run.
    pub left_in: Vec<String>,
    /// The outcome of the last switch, if it failed.
    pub ended: Option<FailedSwitch>,
}

/// A switch that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedSwitch {
    /// Whether the host is back in its previous state.
    pub is_back: bool,
    /// The time (UTC).
    pub when: String,
    /// The step that failed, in words.
    pub step: String,
}

impl Runs {
    /// Reads the host's answer.
    pub fn read(answers: &Answers) -> Runs {
        let text = |key: &str, field: &str| answers.get(RUNS, key)?.text(field);
        let mut runs = Runs { holder: text("holder", "text"), ..Runs::default() };
        for unit in ["switch", "apt", "venv", "rebuild"] {
            if answers.get(RUNS, &format!("unit/{unit}")).is_some() {
                runs.at_work.push(format!("matrixform-{unit}.service"));
            }
        }
        runs.is_switch_interrupted =
            answers.get(RUNS, "switch").is_some() && runs.at_work.is_empty();
        let left = answers.answer(LEFTOVERS).into_iter().flat_map(|answer| answer.records.keys());
        let left = left.filter_map(|path| path.rsplit_once('/'));
        runs.left_in = left.map(|(directory, _)| directory.to_owned()).collect();
        runs.left_in.extend(text("unkept", "path"));
        runs.left_in.sort();
        runs.left_in.dedup();
        runs.ended = text("ended", "text").and_then(|text| {
            let mut lines = text.lines();
            let status = lines.next()?;
            let is_back = [Exit::RolledBack, Exit::Error]
                .iter()
                .any(|exit| status == (*exit as u8).to_string());
            let (when, step) =
                (lines.next()?.to_owned(), lines.next().unwrap_or_default().to_owned());
            Some(FailedSwitch { is_back, when, step })
        });
        runs
    }

    /// Whether a run, or a unit of one, is active there.
    pub fn is_busy(&self) -> bool {
        self.holder.is_some() || !self.at_work.is_empty()
    }

    /// Whether an earlier run left anything that a successful one clears.
    pub fn has_leftovers(&self) -> bool {
        self.is_switch_interrupted || self.ended.is_some() || !self.left_in.is_empty()
    }

    /// Returns the error for a host that another run holds.
    pub fn locked(holder: &str) -> Diagnostic {
        let message = "another run of matrixform is changing this host";
        Diagnostic::error("apply/locked", message)
            .note_line(format!("held by {}", holder.trim_start_matches("held by ")))
            .help("wait until it has ended, or pass `--wait`")
            .exit(Exit::Locked)
    }

    /// Returns why only the whole spec may be applied: a part would give up, or roll back, what the rest of an interrupted
    /// switch has backed up.
    pub fn whole_only(&self) -> Option<Diagnostic> {
        let message =
            "an earlier run was interrupted during its switch: only the whole spec can be applied";
        self.is_switch_interrupted.then(|| {
            Diagnostic::error("apply/cut", message)
                .help("apply without `--only` and `--skip` first, which finishes that run or rolls it back")
        })
    }

    /// Returns notes about the previous run.
    pub fn notes(&self) -> Vec<Diagnostic> {
        let interrupted = self.is_switch_interrupted.then(|| {
            let message = "an earlier run was interrupted during its switch: this host may run a mix of old and new files";
            Diagnostic::note("apply/cut", message)
                .help("the next apply finishes it or rolls it back")
        });
        let ended = self.ended.as_ref().map(|FailedSwitch { is_back, when, step }| {
            let what = match is_back {
                true => "was rolled back",
                false => "could not be rolled back completely",
            };
            let message = format!("the last switch, at {when}, failed and {what}: {step}");
            Diagnostic::note("apply/taken-back", message)
        });
        interrupted.into_iter().chain(ended).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8]) -> Runs {
        let mut answers = Answers::default();
        answers.add(RUNS, 0, body);
        Runs::read(&answers)
    }

    #[test]
    fn an_idle_host_reports_nothing() {
        let runs = read(b"/\0state=there\0\0");
        assert_eq!(runs, Runs::default());
        assert!(!runs.is_busy() && !runs.has_leftovers() && runs.notes().is_empty());
        assert!(runs.whole_only().is_none());
    }

    #[test]
    fn leftovers_of_an_earlier_run_are_reported() {
        let runs = read(
            b"/\0state=there\0\0switch\0path=/var/lib/matrixform/switch/0001\0\0\
              ended\0text=4\n2026-11-26T22:00:00Z\nrestarting x.service\0\0",
        );
        assert!(runs.is_switch_interrupted && runs.has_leftovers() && !runs.is_busy());
        assert!(runs.whole_only().is_some());
        let reported: Vec<String> = runs.notes().into_iter().map(|note| note.message).collect();
        assert!(reported[0].contains("was interrupted during its switch"), "{reported:?}");
        assert!(
            reported[1].ends_with("failed and was rolled back: restarting x.service"),
            "{reported:?}"
        );
        let bad = read(b"ended\0text=3\nthen\nx\0\0").notes();
        assert!(bad[0].message.contains("could not be rolled back completely"));
    }

    #[test]
    fn a_running_switch_counts_as_busy() {
        let runs = read(b"unit/switch\0state=active\0\0switch\0path=/x/0001\0\0");
        assert!(runs.is_busy() && !runs.is_switch_interrupted);
        assert_eq!(runs.at_work, ["matrixform-switch.service"]);
    }
}
