//! Reads the host's history of runs. Invalid lines are skipped: a run may have been killed while writing one.

use super::{RunBegun, RunEnded};
use serde::Serialize;
use serde_json::Value;

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunRecord {
    /// Its first line.
    pub begun: RunBegun,
    /// Its last line; `None` if it was killed, or is in progress.
    pub ended: Option<RunEnded>,
}

/// All runs, newest first.
pub type Summary = Vec<RunRecord>;

/// Parses the runs in a text of JSON lines.
pub fn read(text: &str) -> Summary {
    let mut runs: Summary = Vec::new();
    for line in text.lines() {
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        match value.get("event").and_then(Value::as_str) {
            Some("begun") => {
                let begun = serde_json::from_value(value).ok();
                runs.extend(begun.map(|begun| RunRecord { begun, ended: None }));
            }
            Some("ended") => {
                let Ok(ended) = serde_json::from_value::<RunEnded>(value) else { continue };
                let of = runs.iter_mut().rev().find(|run| run.begun.run == ended.run);
                if let Some(run) = of {
                    run.ended = Some(ended);
                }
            }
            _ => {}
        }
    }
    runs.reverse();
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(run: &str) -> String {
        let begun = RunBegun { run: run.into(), event: "begun".into(), ..RunBegun::default() };
        serde_json::to_string(&begun).unwrap()
    }

    #[test]
    fn a_killed_run_has_no_end_and_cut_lines_are_skipped() {
        let ended =
            RunEnded { run: "a".into(), event: "ended".into(), status: 4, ..RunEnded::default() };
        let ended = serde_json::to_string(&ended).unwrap();
        let text = format!(
            "{}\n{ended}\n{}\n{{\"event\":\"en\n[1]\n{}\n",
            begun("a"),
            begun("b"),
            begun("c")
        );
        let runs = read(&text);
        let ends: Vec<(&str, Option<u8>)> = runs
            .iter()
            .map(|run| (run.begun.run.as_str(), run.ended.as_ref().map(|ended| ended.status)))
            .collect();
        assert_eq!(ends, [("c", None), ("b", None), ("a", Some(4))]);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_never_panics(text: String) {
            read(&text);
        }
    }
}
