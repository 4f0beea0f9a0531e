//! One call of a shell function that converges. Words may stand in argument lists of programs on the
//! host, so they never hold a secret (they are plain text by type); secrets go in by `input` alone.

use super::{Phase, scram};
use crate::secret::{Content, Secret};
use std::time::Duration;

/// A call of a function of the host's library.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name.
    pub function: &'static str,
    /// Its words.
    pub words: Vec<String>,
    /// Its standard input (base64 on the way; the function decodes it with `input`).
    pub input: Option<Content>,
    /// What ends the input, and is not the same twice.
    pub salted: Option<Salted>,
}

/// Names that must lead to this host, which is seen by fetching a word over plain HTTP (as RFC 8555, 8.3, does): by the host
/// itself and by the operator's machine. A step with it gets two words more: the one that was offered (empty: do not look),
/// and a line `NAME WHY` for each name that led elsewhere from the operator's machine.
#[derive(Clone, Debug, PartialEq)]
pub struct NameProof {
    /// The names.
    pub names: Vec<String>,
    /// The folder whose `.well-known/acme-challenge` the host serves.
    pub webroot: String,
}

/// A password as PostgreSQL keeps it, under a salt that is drawn when the step is about to be taken: two plans of one state
/// are the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Salted {
    /// The password.
    pub password: Secret,
    /// What follows it.
    pub rest: String,
}

/// What one step of converging does.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The call.
    pub call: Call,
    /// What is running now, in words: `installing nginx`.
    pub label: String,
    /// When in a run it happens, where that is not when its kind changes.
    pub phase: Option<Phase>,
    /// What an authority will want to see of this host first.
    pub proof: Option<NameProof>,
    /// How long it may take; then it is ended, as far as it can be.
    pub limit: Duration,
}

/// How long most steps may take. Those that stand on a clock of their own (a service, a health check) get
/// what that says, and a minute.
const LIMIT: Duration = Duration::from_secs(5 * 60);

impl Step {
    /// A step that calls `function` with `words`.
    pub fn new(label: impl Into<String>, function: &'static str, words: &[&str]) -> Step {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        let call = Call { function, words, input: None, salted: None };
        Step { call, label: label.into(), phase: None, proof: None, limit: LIMIT }
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

    /// The same step, which is taken when these names are known to lead here.
    pub fn proving(mut self, proof: NameProof) -> Step {
        self.proof = Some(proof);
        self
    }

    /// The same step, whose input ends with this.
    pub fn salted(mut self, salted: Option<Salted>) -> Step {
        self.call.salted = salted;
        self
    }

    /// The step as it is taken: with a salt that nobody has seen.
    pub fn drawn(mut self) -> Step {
        let Some(Salted { password, rest }) = self.call.salted.take() else { return self };
        // A server reveals the salt to anyone who starts a login. Made of the password, it would let them test
        // guesses at home.
        let mut salt = [0; 16];
        if getrandom::fill(&mut salt).is_err() {
            let why =
                "the machine that matrixform runs on has no random number generator for a salt";
            return Step::new(self.label, "fail", &[why]);
        }
        let verifier = |password: &[u8]| scram::verifier(password, &salt).into_bytes();
        let mut input = self.call.input.take().unwrap_or_else(|| Content::plain(""));
        input.push_secret(&password.map(verifier));
        input.push(rest.as_bytes());
        self.input(input)
    }

    /// The same step, which downloads, builds or starts something: an hour.
    pub fn lasting(self) -> Step {
        self.within(Duration::from_secs(60 * 60))
    }

    /// The same step, which itself ends after so many seconds.
    pub fn ending_after(self, seconds: u64) -> Step {
        self.within(Duration::from_secs(seconds.saturating_add(60)))
    }

    /// The same step with this time to take.
    pub fn within(mut self, limit: Duration) -> Step {
        self.limit = limit;
        self
    }
}
