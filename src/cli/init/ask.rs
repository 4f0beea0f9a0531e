//! Asks what the flags leave open: on a terminal until each answer is right, elsewhere not at all.

use super::answers::Answers;
use super::normal::normal;
use super::question::{QUESTIONS, Question};
use super::types::Types;
use crate::cli::keyboard::{Keyboard, Typed};
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};

/// What goes back to the question before.
const BACK: [&str; 2] = ["<", "back"];

/// Everything that is wrong with the flags, in the order of the questions.
pub(super) fn check(answers: &Answers, types: &Types<'_>) -> Result<(), Problems> {
    let mut given: Vec<(&str, &str)> = answers.iter().collect();
    let order = |flag: &str| QUESTIONS.iter().position(|question| question.flag == flag);
    given.sort_by_key(|(flag, _)| order(flag).unwrap_or(QUESTIONS.len()));
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

/// Asks for what is missing. Whoever goes back finds the answers as the defaults.
pub(super) fn ask(
    answers: &mut Answers,
    types: &mut Types<'_>,
    output: &mut Output,
) -> Result<(), Problems> {
    let given = answers.clone();
    let keyboard = Keyboard::new()?;
    let mut asked: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(question) = QUESTIONS.get(at) {
        types.set_profile(answers.get("profile"));
        // `user@host` says the user as well.
        let said = given.get(question.flag).is_some() || answers.is_taken(question.flag);
        if said || !(question.when)(answers) {
            at += 1;
            continue;
        }
        match one(question, answers, types, (output, &keyboard))? {
            Asked::Said => {
                asked.push(at);
                at += 1;
            }
            Asked::Back => at = asked.pop().unwrap_or(at),
        }
    }
    types.set_profile(answers.get("profile"));
    Ok(())
}

enum Asked {
    Said,
    Back,
}

/// One question until its answer is right.
fn one(
    question: &Question,
    answers: &mut Answers,
    types: &Types<'_>,
    (output, keyboard): (&mut Output, &Keyboard),
) -> Result<Asked, Problems> {
    let flag = question.flag;
    let before = answers.get(flag).map(str::to_owned);
    let default = before.clone().or_else(|| (question.default)(answers, types));
    let prompt = prompt(flag, default.as_deref());
    output.say(&format!("\n{}", question.about(answers)));
    loop {
        let typed = match keyboard.ask(&prompt) {
            Typed::Line(line) => line,
            stopped => return Err(unanswered(answers, &stopped)),
        };
        let typed = typed.trim();
        if BACK.contains(&typed) {
            return Ok(Asked::Back);
        }
        // The answer of before stays, with all that it said.
        if typed.is_empty() && before.is_some() {
            return Ok(Asked::Said);
        }
        let Some(answer) = Some(typed).filter(|typed| !typed.is_empty()).or(default.as_deref())
        else {
            output.say("There is no default: type an answer, or `<` for the question before.");
            continue;
        };
        let taken = normal(flag, answer);
        let wrong = taken.iter().filter_map(|(flag, text)| types.read(flag, text, answers).err());
        let wrong: Problems = wrong.flatten().collect();
        if !wrong.is_empty() {
            output.problems(&wrong);
            continue;
        }
        let said: Vec<&str> = taken.iter().map(|(_, text)| text.as_str()).collect();
        if said != [answer] {
            let said = taken.iter().map(|(flag, text)| format!("{} {text}", label(flag)));
            output.say(&format!("Taken as: {}", said.collect::<Vec<_>>().join(", ")));
        }
        answers.take(flag, taken);
        return Ok(Asked::Said);
    }
}

fn label(flag: &str) -> String {
    flag.replace('-', " ")
}

/// `public name [matrix.example.org]: `
fn prompt(flag: &str, default: Option<&str>) -> String {
    let default = default.map(|default| format!(" [{default}]")).unwrap_or_default();
    format!("{}{default}: ", label(flag))
}

/// Nothing is lost: what was answered can be said as flags.
fn unanswered(answers: &Answers, stopped: &Typed) -> Problems {
    let how = match stopped {
        Typed::Interrupted => "stopped by Ctrl-C",
        _ => "a question was left open",
    };
    let problem = Diagnostic::error("init/unanswered", format!("nothing was written: {how}"));
    let flags: Vec<String> = answers.iter().map(|(flag, text)| flag_of(flag, text)).collect();
    match flags.is_empty() {
        true => vec![problem],
        false => {
            let flags = flags.join(" ");
            vec![problem.help(format!("to go on from here: `matrixform init {flags}`"))]
        }
    }
}

/// `--host matrix.example.org`, as a shell reads it.
fn flag_of(flag: &str, text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@.:/_-+".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => format!("--{flag} {text}"),
        false => format!("--{flag} '{}'", text.replace('\'', "'\\''")),
    }
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
