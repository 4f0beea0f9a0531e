//! A call of a shell function that makes a change. Its arguments may appear in argument lists of programs on the host, so
//! they never contain a secret (their type is plain text); secrets are only passed through `input`.

use super::{Phase, scram};
use crate::secret::{Content, Secret};
use std::time::Duration;

/// A call of a function of the host's library.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name.
    pub function: &'static str,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its standard input (base64 in transit; the function decodes it with `input`).
    pub input: Option<Content>,
    /// Appended to the input, and different every time.
    pub salted: Option<SaltedPassword>,
}

/// Names that must lead to this host. To check them, the host itself and the operator's machine fetch a token over
/// plain HTTP (as in RFC 8555, 8.3). A step with a proof gets two more arguments: the token that is served (empty: skip the
/// check), and a line `NAME WHY` for each name that led elsewhere from the operator's machine.
#[derive(Clone, Debug, PartialEq)]
pub struct NameProof {
    /// The names.
    pub names: Vec<String>,
    /// The directory whose `.well-known/acme-challenge` the host serves.
    pub webroot: String,
}

/// A password as PostgreSQL stores it. The salt is drawn when the step is about to run, so two plans for the same state
/// are equal.
#[derive(Clone, Debug, PartialEq)]
pub struct SaltedPassword {
    /// The password.
    pub password: Secret,
    /// The text after it.
    pub rest: String,
}

/// One step of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The call.
    pub call: Call,
    /// The label shown while it runs: `installing nginx`.
    pub label: String,
    /// When in a run it happens, if that differs from its kind.
    pub phase: Option<Phase>,
    /// The proof that an authority will demand of this host first.
    pub proof: Option<NameProof>,
    /// The time limit, after which it is killed if possible.
    pub limit: Duration,
    /// Whether it changes a directory, and not an entry of one.
    pub on_directory: bool,
    /// The function that begins its work in the background, with the same arguments: other steps run meanwhile, and this one
    /// waits for it, or does it if it failed.
    pub begin: Option<&'static str>,
}

/// The limit for most steps. A step with a timeout of its own (a service, a health check) gets that plus one minute.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

impl Step {
    /// Creates a step that calls `function` with `args`.
    pub fn new(label: impl Into<String>, function: &'static str, args: &[&str]) -> Step {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let call = Call { function, args, input: None, salted: None };
        Step {
            call,
            label: label.into(),
            phase: None,
            proof: None,
            limit: DEFAULT_TIMEOUT,
            on_directory: false,
            begin: None,
        }
    }

    /// Says that it changes the directory that its first argument names.
    pub fn on_directory(mut self) -> Step {
        self.on_directory = true;
        self
    }

    /// Moves the step to another phase.
    pub fn at(mut self, phase: Phase) -> Step {
        self.phase = Some(phase);
        self
    }

    /// Allows the work to be begun in the background, by this function.
    pub fn begun_by(mut self, function: &'static str) -> Step {
        self.begin = Some(function);
        self
    }

    /// Returns the step that begins the work in the background.
    pub fn begins(&self) -> Option<Step> {
        let args: Vec<&str> = self.call.args.iter().map(String::as_str).collect();
        Some(Step::new(format!("{} in the background", self.label), self.begin?, &args))
    }

    /// Sets the standard input.
    pub fn input(mut self, content: Content) -> Step {
        self.call.input = Some(content);
        self
    }

    /// Runs the step only after a proof that these names lead here.
    pub fn after_proof_of(mut self, proof: NameProof) -> Step {
        self.proof = Some(proof);
        self
    }

    /// Appends this to the input.
    pub fn salted(mut self, salted: Option<SaltedPassword>) -> Step {
        self.call.salted = salted;
        self
    }

    /// Prepares the step to run: draws a salt that nobody has seen.
    pub fn with_salt(mut self) -> Step {
        let Some(SaltedPassword { password, rest }) = self.call.salted.take() else { return self };
        // A server reveals the salt to anyone who starts a login. A salt derived from the password would allow offline
        // guesses.
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

    /// Sets the limit for a step that downloads, builds or starts something: an hour.
    pub fn long_running(self) -> Step {
        self.within(Duration::from_secs(60 * 60))
    }

    /// Sets the limit for a step that ends on its own after this many seconds.
    pub fn ending_after(self, seconds: u64) -> Step {
        self.within(Duration::from_secs(seconds.saturating_add(60)))
    }

    /// Sets the limit.
    pub fn within(mut self, limit: Duration) -> Step {
        self.limit = limit;
        self
    }
}
