//! What an activation reports every time the host is observed, regardless of any plan, such as failing backups. Each
//! line has the id of a finding, and what was found.

use super::survey::lines;
use crate::diagnostic::{Diagnostic, visible};
use crate::resource::{Activation, Answers, Questions, REPORT, Surveyed};

/// Adds the questions about these activations.
pub fn report(activations: &[Activation], questions: &mut Questions) {
    for activation in activations {
        if let Some(command) = &activation.reports {
            questions.ask(REPORT, &[&activation.name, command]);
        }
    }
}

/// Returns what needs attention: findings, with what was found on the host.
pub fn reported(findings: &[Surveyed], answers: &Answers) -> Vec<Diagnostic> {
    let text = |name: &str, field: &str| answers.get(REPORT, name)?.text(field);
    let found = findings.iter().filter_map(|one| {
        let found = lines(&text(&one.activation, "output")?, &one.problem.code);
        let problem = one.problem.clone();
        let with_lines = || found.iter().fold(problem, |all, line| all.note_line(line.as_str()));
        (!found.is_empty()).then(with_lines)
    });
    let mut reported: Vec<Diagnostic> = found.collect();
    let records = answers.answer(REPORT).map(|answer| &answer.records);
    for (name, record) in records.into_iter().flatten() {
        let status = record.text("status").unwrap_or_default();
        if status != "0" {
            let message = format!("{} did not report the outcome", visible(name));
            let output = record.text("output").unwrap_or_default();
            let last = output.lines().last().map(visible).unwrap_or_default();
            let last: String = last.chars().take(200).collect();
            let problem = Diagnostic::warning("plan/report", message);
            reported.push(problem.note_line(format!("status {}: {last}", visible(&status))));
        }
    }
    reported
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(status: &str, output: &str) -> Vec<String> {
        let problem = Diagnostic::warning("MF360", "the last backup failed (MF360)").help("look");
        let findings = [Surveyed { activation: "backup".to_owned(), problem }];
        let mut answers = Answers::default();
        answers.add(REPORT, 0, format!("backup\0status={status}\0output={output}\0\0").as_bytes());
        reported(&findings, &answers).iter().map(|problem| problem.render(false)).collect()
    }

    #[test]
    fn details_follow_their_finding() {
        let text = shown("0", "MF360 offsite: wrong password\u{1b}[2J\nMF999 other\n").join("\n");
        assert!(text.contains("the last backup failed"), "{text}");
        assert!(text.contains("offsite: wrong password") && !text.contains('\u{1b}'), "{text}");
        assert!(!text.contains("other"), "{text}");
        assert_eq!(shown("0", ""), Vec::<String>::new());
    }

    #[test]
    fn a_failed_report_shows_its_status() {
        let text = shown("124", "x\nsettings: not found").join("\n");
        assert!(text.contains("status 124: settings: not found"), "{text}");
    }
}
