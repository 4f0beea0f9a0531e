//! Answers without a conversation: the flags, and defaults for everything else.

use super::answers::InitAnswers;
use super::question::{QUESTIONS, Question};
use super::types::Types;
use crate::diagnostic::{Diagnostic, Exit, Problems};

/// Returns everything that is wrong with the flags, in the order of the questions.
pub(super) fn check(answers: &InitAnswers, types: &Types<'_>) -> Result<(), Problems> {
    let mut given: Vec<(&str, &str)> = answers.iter().collect();
    given.sort_by_key(|(flag, _)| Question::position(flag).unwrap_or(QUESTIONS.len()));
    let named = |flag: &str, one: Diagnostic| {
        let message = format!("--{flag}: {}", one.message);
        Diagnostic { message, ..one }.exit(Exit::Usage)
    };
    let wrong = given.into_iter().flat_map(|(flag, text)| {
        let found = types.read(flag, text, answers).err().unwrap_or_default();
        found.into_iter().map(|one| named(flag, one)).collect::<Problems>()
    });
    let wrong: Problems = wrong.collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Fills in defaults; all questions without one are reported as one error.
pub(super) fn fill(answers: &mut InitAnswers, types: &mut Types<'_>) -> Result<(), Problems> {
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
    let message = format!("not a terminal, and these flags are missing: {}", missing.join(", "));
    let problem = Diagnostic::error("init/missing", message).exit(Exit::Usage);
    Err(vec![problem.help("add them, or run `matrixform init` in a terminal without `--yes`")])
}
