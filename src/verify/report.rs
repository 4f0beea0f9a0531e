//! The result of a check from outside: steps, and the faults of each.

use crate::net::{NetFailure, RequestStage, bracketed};
use serde::Serialize;

/// The place of everything that only other machines can reach, such as IPv6 from a machine without it.
pub(super) const NO_ROUTE: &str = "this machine has no route to its address";

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What was asked: a URL, a name, a port.
    pub at: String,
    /// What was seen there.
    pub seen: String,
    /// What was expected.
    pub expected: String,
    /// What to do.
    pub fix: String,
    /// Whether it works as it is, but should be changed.
    pub warning: bool,
    /// The place that cannot be reached, if that is all that is wrong: a port of a name, or a name.
    #[serde(skip)]
    pub unreached: Option<String>,
}

impl Fault {
    /// Creates a fault that fails its step.
    pub fn new(
        at: impl Into<String>,
        seen: impl Into<String>,
        expected: impl Into<String>,
    ) -> Fault {
        let (at, seen, expected) = (at.into(), seen.into(), expected.into());
        Fault { at, seen, expected, fix: String::new(), warning: false, unreached: None }
    }

    /// Sets what to do.
    pub fn fix(mut self, fix: impl Into<String>) -> Fault {
        self.fix = fix.into();
        self
    }

    /// Marks it as a consequence of not reaching this place.
    pub fn unreached(mut self, host: &str, port: u16, failure: &NetFailure) -> Fault {
        self.unreached = match failure.stage {
            RequestStage::Name => Some(host.to_owned()),
            RequestStage::Route => Some(NO_ROUTE.to_owned()),
            RequestStage::Connection | RequestStage::Handshake => {
                Some(format!("{}:{port}", bracketed(host)))
            }
            RequestStage::Answer => None,
        };
        self
    }

    /// Makes it a warning, which does not fail its step.
    pub fn warning(mut self) -> Fault {
        self.warning = true;
        self
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// Everything was as expected.
    Passed,
    /// It works, but something should be looked at.
    Doubtful,
    /// Something was not as expected.
    Failed,
    /// It was not tried: `skipped` says why.
    Skipped,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifyStep {
    /// Its id, such as `delegation`.
    pub id: String,
    /// What holds when it passes, in a sentence for each.
    pub title: String,
    /// How it ended.
    pub outcome: StepOutcome,
    /// The number of things to try.
    pub wanted: usize,
    /// The number of things that were tried.
    pub tried: usize,
    /// Why it was skipped in whole or in part.
    pub skipped: Vec<String>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// The result of one probe.
#[derive(Clone, Debug, Default)]
pub struct ProbeResult {
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// What could not be tried.
    pub skipped: Vec<String>,
    /// Whether nothing was tried.
    pub untried: bool,
}

impl ProbeResult {
    /// Creates the result of a probe that tried nothing, for this reason.
    pub fn untried(why: String) -> ProbeResult {
        ProbeResult { skipped: vec![why], untried: true, ..ProbeResult::default() }
    }
}

impl From<Vec<Fault>> for ProbeResult {
    fn from(faults: Vec<Fault>) -> ProbeResult {
        ProbeResult { faults, ..ProbeResult::default() }
    }
}

impl From<Fault> for ProbeResult {
    fn from(fault: Fault) -> ProbeResult {
        vec![fault].into()
    }
}

impl VerifyStep {
    /// Creates a step that has tried nothing yet.
    pub fn new(id: &str, title: &str) -> VerifyStep {
        VerifyStep {
            id: id.to_owned(),
            title: title.to_owned(),
            outcome: StepOutcome::Passed,
            wanted: 0,
            tried: 0,
            skipped: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Adds the result of one probe; repetitions are dropped.
    pub fn add(&mut self, found: ProbeResult) {
        self.wanted += 1;
        self.tried += usize::from(!found.untried);
        for fault in found.faults {
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
        }
        for why in found.skipped {
            if !self.skipped.contains(&why) {
                self.skipped.push(why);
            }
        }
        self.outcome = if self.faults.iter().any(|fault| !fault.warning) {
            StepOutcome::Failed
        } else if !self.faults.is_empty() {
            StepOutcome::Doubtful
        } else if self.tried == 0 {
            StepOutcome::Skipped
        } else {
            StepOutcome::Passed
        };
    }
}

/// All steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// The steps, in the order in which they are reported.
    pub steps: Vec<VerifyStep>,
}

impl VerifyReport {
    /// Returns whether something failed, or nothing could be tried.
    pub fn failed(&self) -> bool {
        let is = |outcome| move |step: &VerifyStep| step.outcome == outcome;
        self.steps.iter().any(is(StepOutcome::Failed))
            || self.steps.iter().all(is(StepOutcome::Skipped))
    }
}
