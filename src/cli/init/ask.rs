//! Asks what the flags leave open: on a terminal until each answer is right, elsewhere not at all.

use super::answers::Answers;
use super::question::{QUESTIONS, Question};
use super::types::Types;
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};

/// Everything that is wrong with the flags, in the order of the questions.
pub(super) fn check(answers: &Answers, types: &Types<'_>) -> Result<(), Problems> {
    let mut given: Vec<(&str, &str)> = answers.iter().collect();
    let order = |flag: &str| QUESTIONS.iter().position(|question| question.flag == flag);
    given.sort_by_key(|(flag, _)| order(flag).unwrap_or(QUESTIONS.len()));
    let wrong = given.into_iter().filter_map(|(flag, text)| types.read(flag, text).err());
    let wrong: Problems = wrong.flatten().map(|one| one.exit(Exit::Usage)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Asks for what is missing.
pub(super) fn ask(
    answers: &mut Answers,
    types: &mut Types<'_>,
    output: &mut Output,
) -> Result<(), Problems> {
    for question in &QUESTIONS {
        if answers.get(question.flag).is_none() && (question.when)(answers) {
            let answer = one(question, answers, types, output)?;
            answers.set(question.flag, answer);
        }
        types.set_profile(answers.get("profile"));
    }
    Ok(())
}

/// One question until its answer is right.
fn one(
    question: &Question,
    answers: &Answers,
    types: &Types<'_>,
    output: &mut Output,
) -> Result<String, Problems> {
    let default = (question.default)(answers, types);
    let prompt = prompt(question.flag, default.as_deref());
    output.say(&format!("\n{}", question.about));
    loop {
        let typed = output.ask(&prompt).ok_or_else(unanswered)?;
        let typed = Some(typed.trim()).filter(|typed| !typed.is_empty());
        let Some(answer) = typed.or(default.as_deref()) else { continue };
        match types.read(question.flag, answer) {
            Ok(()) => return Ok(answer.to_owned()),
            Err(problems) => output.problems(&problems),
        }
    }
}

/// `public name [matrix.example.org]: `
fn prompt(flag: &str, default: Option<&str>) -> String {
    let default = default.map(|default| format!(" [{default}]")).unwrap_or_default();
    format!("{}{default}: ", flag.replace('-', " "))
}

fn unanswered() -> Problems {
    let message = "nothing was written: a question was left open";
    vec![Diagnostic::error("init/unanswered", message)]
}

/// Takes defaults for what is missing; all that has none is one error.
pub(super) fn fill(answers: &mut Answers, types: &mut Types<'_>) -> Result<(), Problems> {
    let mut missing = Vec::new();
    for question in &QUESTIONS {
        if answers.get(question.flag).is_none() && (question.when)(answers) {
            match (question.default)(answers, types) {
                Some(default) => answers.set(question.flag, default),
                None => missing.push(format!("`--{}`", question.flag)),
            }
        }
        types.set_profile(answers.get("profile"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message =
        format!("nobody can be asked, and these flags are missing: {}", missing.join(", "));
    let problem = Diagnostic::error("init/missing", message).exit(Exit::Usage);
    Err(vec![problem.help("add them, or run `matrixform init` on a terminal without `--yes`")])
}
