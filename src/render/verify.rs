//! The results of a check from outside, as text and JSON. Foreign text has already passed `visible`, and does so again.

use super::Style;
use super::phrases::{one_line, took};
use super::style::TextRole;
use crate::diagnostic::counted;
use crate::verify::{Fault, StepOutcome, VerifyReport, VerifyStep};
use serde_json::{Value, json};
use std::time::Duration;

/// Formats a line for each step, and its problems below it.
pub fn text(report: &VerifyReport, time: Duration, style: Style) -> String {
    let mut text: String = report.steps.iter().map(|step| of_step(step, style)).collect();
    let count = |outcome| report.steps.iter().filter(|step| step.outcome == outcome).count();
    let mut counts = vec![format!("{} passed", count(StepOutcome::Passed))];
    for (outcome, word) in [
        (StepOutcome::Doubtful, "to check"),
        (StepOutcome::Failed, "failed"),
        (StepOutcome::Skipped, "skipped"),
    ] {
        let number = count(outcome);
        if number > 0 {
            counts.push(format!("{number} {word}"));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let steps = counted(report.steps.len(), "step");
    text.push_str(&format!("{steps}: {} in {}\n", counts.join(", "), took(time)));
    text
}

fn of_step(step: &VerifyStep, style: Style) -> String {
    let (mark, role) = match step.outcome {
        StepOutcome::Passed => ("ok     ", TextRole::Create),
        StepOutcome::Doubtful => ("look   ", TextRole::Update),
        StepOutcome::Failed => ("FAILED ", TextRole::Refuse),
        StepOutcome::Skipped => ("skipped", TextRole::Quiet),
    };
    let mut text =
        format!("{} {}: {}\n", style.paint(role, mark), one_line(&step.id), one_line(&step.title));
    for fault in &step.faults {
        text.push_str(&of_fault(fault, style));
    }
    for why in &step.skipped {
        text.push_str(&style.paint(TextRole::Quiet, &format!("        {}", one_line(why))));
        text.push('\n');
    }
    text
}

fn of_fault(fault: &Fault, style: Style) -> String {
    let Fault { at, seen, expected, fix, warning, .. } = fault;
    let only = if *warning { " (a warning)" } else { "" };
    let mut text = format!("        {}{only}\n", style.paint(TextRole::Heading, &one_line(at)));
    for (word, what) in [("seen", seen), ("expected", expected), ("fix", fix)] {
        if !what.is_empty() {
            text.push_str(&format!("          {word:<9} {}\n", one_line(what)));
        }
    }
    text
}

/// Formats the report for programs.
pub fn json(report: &VerifyReport) -> Value {
    json!({
        "format_version": 1,
        "passed": !report.failed(),
        "steps": serde_json::to_value(&report.steps).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::ProbeResult;

    #[test]
    fn results_are_summarized() {
        let mut failed = VerifyStep::new("documents", "They are served");
        failed.add(
            Fault::new("https://a.example/\u{1b}[2J", "status 404", "status 200")
                .fix("serve it")
                .into(),
        );
        failed.add(Fault::new("b.example", "no CAA", "one").fix("make it").warning().into());
        let mut skipped = VerifyStep::new("dns", "The DNS is right");
        skipped.add(ProbeResult::untried("a.example is not looked up".to_owned()));
        let mut passed = VerifyStep::new("tls", "TLS is new");
        passed.add(ProbeResult::default());
        let report = VerifyReport { steps: vec![skipped, failed, passed] };
        assert!(report.failed());
        let wanted = "\
skipped dns: The DNS is right
        a.example is not looked up
FAILED  documents: They are served
        https://a.example/\\u{1b}[2J
          seen      status 404
          expected  status 200
          fix       serve it
        b.example (a warning)
          seen      no CAA
          expected  one
          fix       make it
ok      tls: TLS is new

3 steps: 1 passed, 1 failed, 1 skipped in 7 ms
";
        assert_eq!(text(&report, Duration::from_millis(7), Style::plain()), wanted);
        let value = json(&report);
        assert_eq!(value["passed"], false);
        assert_eq!(value["steps"][1]["faults"][1]["warning"], true);
        assert_eq!(value["steps"][0]["tried"], 0);
    }

    #[test]
    fn a_report_of_only_skipped_steps_has_not_passed() {
        let mut skipped = VerifyStep::new("dns", "The DNS is right");
        skipped.add(ProbeResult::untried("why".to_owned()));
        assert!(VerifyReport { steps: vec![skipped] }.failed());
    }
}
