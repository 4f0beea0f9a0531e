//! The wanted state of a host with certain facts, and the questions for it.

use super::{Project, SecretValues};
use crate::apply::{inspect, report};
use crate::diagnostic::{Place, Problems};
use crate::facts::Facts;
use crate::module::{Expanded, Expansion, expand_knowing};
use crate::observe::questions;
use crate::plan::{Ledger, Orphans, Scope, with_orphans};
use crate::resource::{Questions, Wanted, declare};
use crate::secret::{NonInteractive, Secret, SecretSource, Withheld};
use std::collections::BTreeMap;

/// The questions for a host that has not changed.
pub struct Prefetch {
    pub(super) questions: Questions,
    /// The secrets that were found in the process.
    pub(super) secrets: BTreeMap<String, Secret>,
}

impl Prefetch {
    /// Prepares questions from remembered facts. Problems are ignored here: they show up with the real facts.
    pub(super) fn new(project: &Project, remembered: Option<&Facts>) -> Prefetch {
        // Never prompt for a secret while connecting.
        let non_interactive = NonInteractive { stores: &project.secrets, lenient: false };
        let source: &dyn SecretSource = match project.values {
            SecretValues::Withheld => &Withheld { in_use: None },
            _ => &non_interactive,
        };
        let expanded_spec =
            |facts| expanded_spec_with(project, facts, source, &BTreeMap::new()).ok();
        let admitted =
            |expanded_spec: &ExpandedSpec| match remembered.map(|facts| project.known(facts)) {
                Some(Ok(Some(known))) => known.admit(project, expanded_spec).is_ok(),
                Some(Ok(None)) => true,
                _ => false,
            };
        let expanded_spec = remembered.and_then(expanded_spec).filter(admitted).unwrap_or_default();
        Prefetch { questions: expanded_spec.questions(), secrets: expanded_spec.secrets }
    }
}

/// The wanted state for certain facts.
#[derive(Default)]
pub struct ExpandedSpec {
    /// Activations and notes.
    pub expansion: Expansion,
    /// The resources.
    pub wanted: Vec<Wanted>,
    /// Resources that are no longer in the spec; they are also in `wanted`.
    pub(super) forgotten: Orphans,
    /// The host's ledger.
    pub(super) ledger: Option<Ledger>,
    /// The secrets that it contains.
    pub(super) secrets: BTreeMap<String, Secret>,
}

impl ExpandedSpec {
    /// Returns the questions for it.
    pub(super) fn questions(&self) -> Questions {
        let mut questions = questions(&self.wanted);
        inspect(&self.expansion.activations, &self.wanted, &mut questions);
        report(&self.expansion.activations, &mut questions);
        questions
    }
}

/// Computes the wanted state for these facts.
pub(super) fn expanded_spec(project: &Project, facts: &Facts) -> Result<ExpandedSpec, Problems> {
    expanded_spec_with(project, facts, &project.secrets, &BTreeMap::new())
}

/// Computes the wanted state with other secrets; `known` holds secrets that were found already.
///
/// # Errors
///
/// The spec does not expand, `secrets` does not provide a secret that a resource holds, or a kind refuses a resource.
pub fn expanded_spec_with(
    project: &Project,
    facts: &Facts,
    secrets: &dyn SecretSource,
    known: &BTreeMap<String, Secret>,
) -> Result<ExpandedSpec, Problems> {
    let Expanded { mut expansion, secrets, .. } =
        expand_knowing(&project.spec, &project.modules, facts, secrets, known)?;
    let wanted = declare(std::mem::take(&mut expansion.resources))?;
    Ok(ExpandedSpec { expansion, wanted, secrets, ..ExpandedSpec::default() })
}

impl ExpandedSpec {
    /// Adds resources that are in the host's ledger but no longer wanted.
    pub(super) fn and_orphans(
        mut self,
        project: &Project,
        scope: &Scope,
        ledger: Option<&Ledger>,
    ) -> Result<ExpandedSpec, Problems> {
        self.ledger = ledger.cloned();
        // A run on part of the spec removes nothing.
        let ledger = ledger.filter(|_| scope.is_whole());
        let place = Place::new(&project.spec.source, 0..0);
        let activations = &mut self.expansion.activations;
        let (wanted, forgotten) =
            with_orphans(self.wanted, activations, ledger, &project.allow, &place)?;
        Ok(ExpandedSpec { wanted, forgotten, ..self })
    }
}
