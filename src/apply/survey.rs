//! What an activation's survey finds on the host before a change: things added by others that would no longer work as
//! before. It only runs for such a change: a host without changes is not surveyed.

use crate::diagnostic::{Diagnostic, Level, visible};
use crate::plan::Plan;
use crate::resource::{Activation, Answers, Questions, SURVEY, Surveyed};

/// How many lines of a result are shown, and how many characters of each.
const LINES: usize = 10;
const WIDTH: usize = 200;

/// Returns the questions to ask because this plan changes something.
pub fn survey(plan: &Plan, activations: &[Activation]) -> Questions {
    let mut questions = Questions::default();
    let changes = |name: &str| plan.items.iter().any(|i| i.activation.as_deref() == Some(name));
    for activation in activations.iter().filter(|activation| changes(&activation.name)) {
        if let Some(command) = &activation.survey {
            questions.ask(SURVEY, &[&activation.name, command]);
        }
    }
    questions
}

/// Adds the results to the plan: errors refuse it, warnings become risks, accepted findings become notes.
pub fn surveyed(plan: &mut Plan, findings: &[Surveyed], answers: &Answers) {
    let Some(answer) = answers.answer(SURVEY) else { return };
    let mut names: Vec<&String> = answer.records.keys().collect();
    names.sort();
    for name in names {
        let Some(record) = answer.records.get(name) else { continue };
        let text = |field: &str| record.text(field).unwrap_or_default();
        if text("status") != "0" {
            let problem = unanswered(name, &text("status"), &text("output"));
            let own = |one: &&Surveyed| one.activation == *name;
            match findings.iter().filter(own).any(|one| one.problem.level == Level::Error) {
                // A survey that failed might have refused the plan.
                true => plan.risks.push(risk(&problem, &problem.notes)),
                false => plan.notes.push(problem),
            }
        }
        let output = text("output");
        for one in findings.iter().filter(|one| one.activation == *name) {
            let found = lines(&output, &one.problem.code);
            if !found.is_empty() {
                add(plan, one, &found);
            }
        }
    }
}

fn add(plan: &mut Plan, one: &Surveyed, found: &[String]) {
    let problem = one.problem.clone();
    match problem.level {
        Level::Warning => plan.risks.push(risk(&problem, found)),
        level => {
            let reported =
                found.iter().fold(problem, |reported, line| reported.note_line(line.as_str()));
            let list = if level == Level::Error { &mut plan.refusals } else { &mut plan.notes };
            list.push(reported);
        }
    }
}

/// A risk as one paragraph.
fn risk(problem: &Diagnostic, found: &[String]) -> String {
    let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{}: {}{help}", problem.message, found.join("; "))
}

/// The lines that a survey prints for one finding; only the first ones if there are very many.
pub(super) fn lines(output: &str, id: &str) -> Vec<String> {
    let own = |line: &str| {
        let found = line.strip_prefix(id)?.strip_prefix(' ')?;
        Some(visible(found).chars().take(WIDTH).collect())
    };
    let mut found: Vec<String> = output.lines().filter_map(own).collect();
    found.dedup();
    if let Some(more @ 1..) = found.len().checked_sub(LINES) {
        found.truncate(LINES);
        found.push(format!("and {more} more"));
    }
    found
}

fn unanswered(name: &str, status: &str, output: &str) -> Diagnostic {
    let message =
        format!("cannot tell what else on the host a change to {} would affect", visible(name));
    let last = output.lines().last().map(visible).filter(|last| !last.is_empty());
    let line = match (status, last) {
        ("124", _) => "the search took more than 10 s".to_owned(),
        (_, Some(last)) => last.chars().take(WIDTH).collect(),
        (status, None) => format!("the search ended with status {}", visible(status)),
    };
    Diagnostic::warning("plan/survey", message).note_line(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(problem: Diagnostic) -> Surveyed {
        Surveyed { activation: "nginx".to_owned(), problem }
    }

    fn findings() -> Vec<Surveyed> {
        let taken =
            Diagnostic::error("MF1", "nginx serves a name of ours (MF1)").help("take it out");
        let lost = Diagnostic::warning("MF2", "lines go (MF2)").help("keep them");
        let accepted =
            Diagnostic::note("MF3", "a port is held (MF3): accepted, it moves").in_brief();
        [taken, lost, accepted].map(one).to_vec()
    }

    fn found(status: &str, output: &str) -> Plan {
        found_by(&findings(), status, output)
    }

    fn found_by(findings: &[Surveyed], status: &str, output: &str) -> Plan {
        let mut answers = Answers::default();
        answers.add(SURVEY, 0, format!("nginx\0status={status}\0output={output}\0\0").as_bytes());
        let mut plan = Plan::default();
        surveyed(&mut plan, findings, &answers);
        plan
    }

    #[test]
    fn errors_refuse_warnings_are_risks_and_accepted_ones_notes() {
        let plan = found("0", "MF1 /a:3: x\nMF2 l1\nMF2 l2\nMF3 port 443\nMF9 unknown\nMF10 no\n");
        assert_eq!(plan.refusals[0].notes, ["/a:3: x"]);
        assert_eq!(plan.risks, ["lines go (MF2): l1; l2 (keep them)"]);
        assert_eq!(plan.notes[0].notes, ["port 443"]);
        assert_eq!((plan.refusals.len(), plan.notes.len()), (1, 1));
        assert!(found("0", "").refusals.is_empty());
    }

    #[test]
    fn host_output_is_bounded_and_escaped() {
        let many: String =
            (0..40).map(|n| format!("MF1 {n}\u{1b}[2J{}\n", "x".repeat(999))).collect();
        let lines = &found("0", &many).refusals[0].notes;
        assert_eq!((lines.len(), lines[10].as_str()), (LINES + 1, "and 30 more"));
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH && !line.contains('\u{1b}')));
    }

    #[test]
    fn a_failed_survey_is_a_risk_if_it_could_refuse() {
        let begin = "cannot tell what else on the host a change to nginx would affect: ";
        for (status, output, shown) in [
            ("2", "MF3 port 443\nawk: cannot\n", "awk: cannot"),
            ("124", "", "the search took more than 10 s"),
            ("1", "", "the search ended with status 1"),
        ] {
            assert_eq!(found(status, output).risks, [format!("{begin}{shown}")]);
        }
        let lost = Diagnostic::warning("MF2", "lines go (MF2)");
        let mild = vec![one(lost)];
        let plan = found_by(&mild, "2", "psql: no\n");
        assert_eq!((plan.risks.len(), plan.notes[0].notes[0].as_str()), (0, "psql: no"));
    }
}
