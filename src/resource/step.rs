//! One call of a shell function that converges. Words may stand in argument lists of programs on the
//! host, so they never hold a secret (they are plain text by type); secrets go in by `input` alone.

use super::Phase;
use crate::secret::Content;

/// A call of a function of the host's library.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name.
    pub function: &'static str,
    /// Its words.
    pub words: Vec<String>,
    /// Its standard input (base64 on the way; the function decodes it with `input`).
    pub input: Option<Content>,
}

/// What one step of converging does.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The call.
    pub call: Call,
    /// What is running now, in words: `installing nginx`.
    pub says: String,
    /// When in a run it happens, where that is not when its kind changes.
    pub phase: Option<Phase>,
}

impl Step {
    /// A step that calls `function` with `words`.
    pub fn new(says: impl Into<String>, function: &'static str, words: &[&str]) -> Step {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Step { call: Call { function, words, input: None }, says: says.into(), phase: None }
    }

    /// The same step at another time of the run.
    pub fn at(mut self, phase: Phase) -> Step {
        self.phase = Some(phase);
        self
    }

    /// The same step with this standard input.
    pub fn input(mut self, content: Content) -> Step {
        self.call.input = Some(content);
        self
    }
}
