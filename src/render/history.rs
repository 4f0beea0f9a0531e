//! A host's runs as text. All of it comes from the host, so control characters in it must not reach the terminal.

use super::columns::columns;
use super::phrases::one_line;
use crate::diagnostic::Exit;
use crate::run::history::{RunEnded, RunRecord};

/// Formats a line for each run, newest first.
pub fn table(runs: &[RunRecord]) -> String {
    if runs.is_empty() {
        return "no history: nothing applied yet, or only by an older version\n".to_owned();
    }
    columns(["RUN", "WHO", "COMMIT", "CHANGES", "ENDED"], runs.iter().map(row).collect())
}

fn row(run: &RunRecord) -> [String; 5] {
    let begun = &run.begun;
    [
        one_line(&begun.run),
        one_line(&begun.who),
        commit(run),
        begun.items.len().to_string(),
        ended(run.ended.as_ref()),
    ]
}

fn commit(run: &RunRecord) -> String {
    let commit = run
        .begun
        .commit
        .as_deref()
        .map_or_else(|| "unknown".to_owned(), |commit| one_line(commit).chars().take(12).collect());
    if run.begun.dirty { format!("{commit}, changed") } else { commit }
}

fn ended(ended: Option<&RunEnded>) -> String {
    let Some(ended) = ended else { return "no end: interrupted, or in progress".to_owned() };
    if ended.status == 0 {
        return format!("successfully, after {} s", ended.seconds);
    }
    let known = Exit::ALL.iter().find(|(exit, _)| *exit as u8 == ended.status);
    let meaning = known.map_or("unknown", |(_, meaning)| meaning);
    format!("{} ({meaning}), after {} s", ended.status, ended.seconds)
}

/// Formats one run in full.
pub fn whole(run: &RunRecord) -> String {
    let begun = &run.begun;
    let plan = match one_line(&begun.plan) {
        plan if plan.is_empty() => plan,
        plan => format!("plan {plan}\n"),
    };
    let mut text = format!(
        "run {} of `{}`\nbegan {} by {}, matrixform {}\ncommit {}\n{}ended {}\n",
        one_line(&begun.run),
        one_line(&begun.operation),
        one_line(&begun.time),
        one_line(&begun.who),
        one_line(&begun.tool),
        commit(run),
        plan,
        ended(run.ended.as_ref()),
    );
    let message = run.ended.as_ref().map(|ended| one_line(&ended.message));
    text.extend(
        message.filter(|message| !message.is_empty()).map(|message| format!("      {message}\n")),
    );
    text.push('\n');
    for item in &begun.items {
        text.push_str(&format!("  {}  {}\n", one_line(&item.action), one_line(&item.address)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::history::{RecordedItem, RunBegun};

    fn ran(run: &str, ended: Option<RunEnded>) -> RunRecord {
        let item = |action: &str, address: &str| RecordedItem {
            address: address.into(),
            action: action.into(),
        };
        let begun = RunBegun {
            run: run.into(),
            event: "begun".into(),
            time: "2026-11-27T05:40:12Z".into(),
            operation: "apply".into(),
            who: "alice".into(),
            commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
            dirty: ended.is_none(),
            tool: "0.1.0".into(),
            plan: "f".repeat(64),
            items: vec![item("create", "file:/a"), item("remove", "absent:/b\u{1b}[2J")],
        };
        RunRecord { begun, ended }
    }

    #[test]
    fn runs_as_a_table_and_in_full() {
        let failed = RunEnded {
            status: 4,
            seconds: 7,
            message: "Synapse\ndid not start".into(),
            ..RunEnded::default()
        };
        let runs = [
            ran("20261127T054012Z-00ff", None),
            ran("20261127T054000Z-0001", Some(failed)),
            ran("20261126T054000Z-0002", Some(RunEnded { seconds: 31, ..RunEnded::default() })),
        ];
        insta::assert_snapshot!(table(&runs) + "\n" + &whole(&runs[1]));
        assert!(table(&[]).contains("nothing applied yet"));
    }
}
