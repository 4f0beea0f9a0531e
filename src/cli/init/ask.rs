//! Asks for what the flags leave open, until each answer is valid.

use super::answers::InitAnswers;
use super::command_words::{INTRODUCTION, InitCommand, unreadable};
use super::names::{domain_of_host, private_only};
use super::normal::normal;
use super::question::{QUESTIONS, Question};
use super::types::Types;
use crate::cli::keyboard::{Keyboard, TypedLine};
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Problems};
use std::path::Path;

/// A conversation that remembers which questions were asked, so that the user can go back.
pub(super) struct Asker<'a> {
    keyboard: Keyboard,
    directory: &'a Path,
    /// The directory that `~` stands for, since no shell expands an answer.
    home: Option<&'a str>,
    /// The answers given as flags, which are never asked for.
    given: InitAnswers,
    asked: Vec<usize>,
}

enum PromptOutcome {
    Answered,
    Back,
}

impl<'a> Asker<'a> {
    /// Creates a conversation about a spec for this directory, with the answers given as flags.
    pub(super) fn new(
        directory: &'a Path,
        home: Option<&'a str>,
        given: &InitAnswers,
    ) -> Result<Asker<'a>, Problems> {
        let keyboard = Keyboard::new()?;
        Ok(Asker { keyboard, directory, home, given: given.clone(), asked: Vec::new() })
    }

    /// Asks for what is missing. Going back shows the earlier answers as defaults.
    pub(super) fn all(
        &mut self,
        answers: &mut InitAnswers,
        types: &mut Types<'_>,
        output: &mut Output,
    ) -> Result<(), Problems> {
        output.print(INTRODUCTION);
        self.ask_from(0, None, answers, types, output)
    }

    /// Asks one question again, and those that its new answer leaves open; without a flag, the last question that was
    /// asked.
    pub(super) fn ask_again(
        &mut self,
        flag: Option<&str>,
        answers: &mut InitAnswers,
        types: &mut Types<'_>,
        output: &mut Output,
    ) -> Result<(), Problems> {
        let at = flag.and_then(Question::position).or(self.asked.last().copied());
        let at = at.unwrap_or(QUESTIONS.len() - 1);
        self.asked.retain(|before| *before < at);
        self.ask_from(at, Some(at), answers, types, output)
    }

    /// Asks from one question on. `reasked` is asked even if it has an answer, all others then only if they have none.
    fn ask_from(
        &mut self,
        mut at: usize,
        mut reasked: Option<usize>,
        answers: &mut InitAnswers,
        types: &mut Types<'_>,
        output: &mut Output,
    ) -> Result<(), Problems> {
        let only_open = reasked.is_some();
        while let Some(question) = QUESTIONS.get(at) {
            types.set_profile(answers.get("profile"));
            let flag = question.flag;
            // `user@host` answers the question about the user as well.
            let known = self.given.get(flag).is_some() || answers.is_taken(flag);
            let known = known || only_open && answers.get(flag).is_some();
            if reasked != Some(at) && known || !(question.when)(answers) {
                at += 1;
                continue;
            }
            match self.one(question, answers, types, output)? {
                PromptOutcome::Answered => {
                    self.asked.push(at);
                    at += 1;
                }
                PromptOutcome::Back => {
                    at = self.asked.pop().unwrap_or(at);
                    reasked = reasked.map(|_| at);
                }
            }
        }
        types.set_profile(answers.get("profile"));
        Ok(())
    }

    /// Asks one question until its answer is valid.
    fn one(
        &self,
        question: &Question,
        answers: &mut InitAnswers,
        types: &Types<'_>,
        output: &mut Output,
    ) -> Result<PromptOutcome, Problems> {
        let flag = question.flag;
        let before = answers.get(flag).map(str::to_owned);
        let default = before.clone().or_else(|| (question.default)(answers, types));
        let prompt = prompt(flag, default.as_deref());
        output.print(&format!("\n{}", question.about(answers)));
        loop {
            let typed = match self.keyboard.ask(&prompt) {
                TypedLine::Line(line) => line,
                TypedLine::Interrupted => return Err(self.left(answers, "stopped by Ctrl-C")),
                TypedLine::End => return Err(self.left(answers, "a question was not answered")),
            };
            let typed = typed.trim();
            match InitCommand::read(typed) {
                Some(InitCommand::Back) => return Ok(PromptOutcome::Back),
                Some(InitCommand::Leave) => return Err(self.left(answers, "you quit")),
                Some(InitCommand::Help) => {
                    output.print(&format!("\n{INTRODUCTION}\n\n{}", question.about(answers)));
                    continue;
                }
                None => {}
            }
            // The earlier answer stays, with all that came with it.
            if typed.is_empty() && before.is_some() {
                return Ok(PromptOutcome::Answered);
            }
            let typed = Some(typed).filter(|typed| !typed.is_empty()).or(default.as_deref());
            let Some(answer) = typed else {
                output.print("There is no default: type an answer, or `<` to go back.");
                continue;
            };
            match self.taken(flag, answer, answers, types) {
                Err(wrong) => output.problems(&wrong),
                Ok(taken) => {
                    print_understood(answer, &taken, output);
                    answers.take(flag, taken);
                    remark(flag, answers, output);
                    return Ok(PromptOutcome::Answered);
                }
            }
        }
    }

    /// Returns the answers that a text gives, to its own question and to others.
    fn taken(
        &self,
        flag: &'static str,
        answer: &str,
        answers: &InitAnswers,
        types: &Types<'_>,
    ) -> Result<Vec<(&'static str, String)>, Problems> {
        if let Some(why) = unreadable(answer) {
            return Err(vec![Diagnostic::error("init/line", why)]);
        }
        let mut taken = normal(flag, answer);
        for (flag, text) in &mut taken {
            if let Some((home, rest)) =
                self.home.zip(text.strip_prefix("~/")).filter(|_| *flag == "chain")
            {
                *text = format!("{home}/{rest}");
            }
        }
        for (flag, text) in &taken {
            types.read(flag, text, answers)?;
        }
        // Answers given elsewhere win: repeating one is fine, contradicting one is an error.
        for (other, text) in taken.iter().filter(|(other, _)| *other != flag) {
            let known = answers.get(other).filter(|_| {
                let by_flag = self.given.get(other).is_some();
                by_flag || flag == "user" && answers.question_of(other) != flag
            });
            if let Some(known) = known.filter(|known| !known.eq_ignore_ascii_case(text)) {
                return Err(vec![other_than(other, text, known, self.given.get(other).is_some())]);
            }
        }
        taken.retain(|(other, _)| {
            *other == flag
                || self.given.get(other).is_none()
                    && (flag != "user"
                        || answers.get(other).is_none()
                        || answers.question_of(other) == flag)
        });
        Ok(taken)
    }

    /// Asks a yes-or-no question.
    pub(super) fn yes(
        &self,
        question: &str,
        answers: &InitAnswers,
        output: &mut Output,
    ) -> Result<bool, Problems> {
        loop {
            let typed = match self.keyboard.ask(&format!("{question} [y/n]: ")) {
                TypedLine::Line(line) => line.trim().to_ascii_lowercase(),
                TypedLine::Interrupted => return Err(self.left(answers, "stopped by Ctrl-C")),
                TypedLine::End => return Err(self.left(answers, "a question was not answered")),
            };
            match (typed.as_str(), InitCommand::read(&typed)) {
                ("y" | "yes", _) => return Ok(true),
                ("n" | "no", _) | (_, Some(InitCommand::Back)) => return Ok(false),
                (_, Some(InitCommand::Leave)) => return Err(self.left(answers, "you quit")),
                _ => output.print("Type `y` or `n`."),
            }
        }
    }

    /// Reports how to continue: the answers so far, as flags.
    fn left(&self, answers: &InitAnswers, how: &str) -> Problems {
        let problem = Diagnostic::error("init/unanswered", format!("nothing was written: {how}"));
        let problem = match answers.iter().next() {
            None => problem,
            Some(_) => problem
                .help(format!("to continue from here: `{}`", answers.command(self.directory))),
        };
        vec![problem]
    }
}

/// Reports an answer that contradicts another.
fn other_than(flag: &str, text: &str, known: &str, by_flag: bool) -> Diagnostic {
    let message = format!("this sets the {0} to `{text}`, but the {0} is `{known}`", label(flag));
    let problem = Diagnostic::error("init/other", message);
    match by_flag {
        true => problem.help(format!("leave it out here, or quit and pass a different `--{flag}`")),
        false => problem
            .help(format!("leave it out here, or go back with `<` to change the {}", label(flag))),
    }
}

fn print_understood(answer: &str, taken: &[(&'static str, String)], output: &mut Output) {
    let understood: Vec<&str> = taken.iter().map(|(_, text)| text.as_str()).collect();
    if understood != [answer] {
        let understood = taken.iter().map(|(flag, text)| format!("{} {text}", label(flag)));
        output.print(&format!("Understood as: {}", understood.collect::<Vec<_>>().join(", ")));
    }
}

/// Points out a valid answer that may not be what was meant.
fn remark(flag: &str, answers: &InitAnswers, output: &mut Output) {
    if flag != "server-name" {
        return;
    }
    output.problems(&private_only(answers).into_iter().collect::<Problems>());
    let name = answers.text("server-name");
    if let Some(domain) = domain_of_host(name) {
        output.print(&format!(
            "User ids will be @name:{name}. For @name:{domain}, go back (`<`) and answer {domain}: {name}\n\
             can be the public name, which is asked for later."
        ));
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
