//! What is wanted of a host that is like this, and what to ask it.

use super::{Project, SecretValues};
use crate::apply::{inspect, report};
use crate::diagnostic::{Place, Problems};
use crate::facts::Facts;
use crate::module::{Expanded, Expansion, expand_knowing};
use crate::observe::questions;
use crate::plan::{Forgotten, Ledger, Scope, with_orphans};
use crate::resource::{Questions, Wanted, declare};
use crate::secret::{NonInteractive, Secret, SecretSource, Withheld};
use std::collections::BTreeMap;

/// What will be asked if the host is still what it was.
pub struct Prefetch {
    pub(super) questions: Questions,
    /// The secrets that were found on the way.
    pub(super) secrets: BTreeMap<String, Secret>,
}

impl Prefetch {
    /// From remembered facts. Problems are left for the real facts to show.
    pub(super) fn new(project: &Project, remembered: Option<&Facts>) -> Prefetch {
        // Nobody is asked for a secret while the connection is being made.
        let non_interactive = NonInteractive { stores: &project.secrets, lenient: false };
        let source: &dyn SecretSource = match project.values {
            SecretValues::Withheld => &Withheld { in_use: None },
            _ => &non_interactive,
        };
        let desired_state =
            |facts| desired_state_with(project, facts, source, &BTreeMap::new()).ok();
        let admitted =
            |desired_state: &DesiredState| match remembered.map(|facts| project.known(facts)) {
                Some(Ok(Some(known))) => known.admit(project, desired_state).is_ok(),
                Some(Ok(None)) => true,
                _ => false,
            };
        let desired_state = remembered.and_then(desired_state).filter(admitted).unwrap_or_default();
        Prefetch { questions: desired_state.questions(), secrets: desired_state.secrets }
    }
}

/// The wanted state for some facts.
#[derive(Default)]
pub struct DesiredState {
    /// Activations and notes.
    pub expansion: Expansion,
    /// The resources.
    pub wanted: Vec<Wanted>,
    /// What left the spec; its resources are among the wanted.
    pub(super) forgotten: Forgotten,
    /// What the host remembers.
    pub(super) ledger: Option<Ledger>,
    /// The secrets that it holds.
    pub(super) secrets: BTreeMap<String, Secret>,
}

impl DesiredState {
    /// What is asked about it.
    pub(super) fn questions(&self) -> Questions {
        let mut questions = questions(&self.wanted);
        inspect(&self.expansion.activations, &self.wanted, &mut questions);
        report(&self.expansion.activations, &mut questions);
        questions
    }
}

/// The wanted state for these facts.
pub(super) fn desired_state(project: &Project, facts: &Facts) -> Result<DesiredState, Problems> {
    desired_state_with(project, facts, &project.secrets, &BTreeMap::new())
}

/// The same with other secrets; `known` are some that were found already.
pub fn desired_state_with(
    project: &Project,
    facts: &Facts,
    secrets: &dyn SecretSource,
    known: &BTreeMap<String, Secret>,
) -> Result<DesiredState, Problems> {
    let Expanded { mut expansion, secrets, .. } =
        expand_knowing(&project.spec, &project.modules, facts, secrets, known)?;
    let wanted = declare(std::mem::take(&mut expansion.resources))?;
    Ok(DesiredState { expansion, wanted, secrets, ..DesiredState::default() })
}

impl DesiredState {
    /// With what the host's ledger knows and is not wanted any more.
    pub(super) fn and_orphans(
        mut self,
        project: &Project,
        scope: &Scope,
        ledger: Option<&Ledger>,
    ) -> Result<DesiredState, Problems> {
        self.ledger = ledger.cloned();
        // A run about a part of the spec removes nothing.
        let ledger = ledger.filter(|_| scope.is_whole());
        let place = Place::new(&project.spec.source, 0..0);
        let activations = &self.expansion.activations;
        let (wanted, forgotten) =
            with_orphans(self.wanted, activations, ledger, &project.allow, &place)?;
        Ok(DesiredState { wanted, forgotten, ..self })
    }
}
