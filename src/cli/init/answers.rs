//! The answers about the server so far, by the flag for each.

use crate::diagnostic::{quote, shell_path};
use std::collections::BTreeMap;
use std::path::Path;

/// The directory if none is named.
pub(super) const DEFAULT_DIRECTORY: &str = "inventory";

/// Answers by flag, without its dashes.
#[derive(Clone, Debug, Default)]
pub(super) struct InitAnswers {
    by_flag: BTreeMap<&'static str, String>,
    /// The answers that came with the answer to another question, and that question.
    came_with: BTreeMap<&'static str, &'static str>,
}

impl InitAnswers {
    /// Returns an answer.
    pub(super) fn get(&self, flag: &str) -> Option<&str> {
        self.by_flag.get(flag).map(String::as_str)
    }

    /// Returns an answer; empty while there is none.
    pub(super) fn text(&self, flag: &str) -> &str {
        self.get(flag).unwrap_or_default()
    }

    /// Stores an answer.
    pub(super) fn set(&mut self, flag: &'static str, text: impl Into<String>) {
        self.by_flag.insert(flag, text.into());
    }

    /// Stores the answer to a question and what it says about others; what its last answer said about others is
    /// dropped.
    pub(super) fn take(&mut self, flag: &'static str, answers: Vec<(&'static str, String)>) {
        let InitAnswers { by_flag, came_with } = self;
        came_with.retain(|other, by| {
            let stays = *by != flag;
            if !stays {
                by_flag.remove(other);
            }
            stays
        });
        for (other, text) in answers {
            if other != flag {
                came_with.insert(other, flag);
            }
            by_flag.insert(other, text);
        }
    }

    /// Returns whether the answer to another question answered this one as well.
    pub(super) fn is_taken(&self, flag: &str) -> bool {
        self.came_with.contains_key(flag)
    }

    /// Returns the question that an answer came with: another one or its own.
    pub(super) fn question_of(&self, flag: &'static str) -> &'static str {
        self.came_with.get(flag).copied().unwrap_or(flag)
    }

    /// Returns the command line that gives these answers, quoted for a shell.
    pub(super) fn command(&self, directory: &Path) -> String {
        let directory = directory.to_string_lossy();
        let directory = Some(directory).filter(|directory| directory != DEFAULT_DIRECTORY);
        let directory = directory.map(|directory| shell_path(&directory));
        let flags = self.iter().map(|(flag, text)| format!("--{flag} {}", quote(text)));
        let args: Vec<String> = directory.into_iter().chain(flags).collect();
        format!("matrixform init {}", args.join(" ")).trim_end().to_owned()
    }

    /// Returns all answers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.by_flag.iter().map(|(flag, text)| (*flag, text.as_str()))
    }

    /// Returns the server name without its port: the name that certificates and documents are about.
    pub(super) fn site(&self) -> &str {
        let name = self.text("server-name");
        name.rsplit_once(':').map_or(name, |(host, _)| host)
    }
}

impl FromIterator<(&'static str, String)> for InitAnswers {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(answers: I) -> InitAnswers {
        InitAnswers { by_flag: answers.into_iter().collect(), came_with: BTreeMap::new() }
    }
}
