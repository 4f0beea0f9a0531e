//! What is wanted of a host that is like this, and what to ask it.

use super::{Project, Values};
use crate::apply::inspect;
use crate::diagnostic::{Place, Problems};
use crate::facts::Facts;
use crate::module::{Expanded, Expansion, expand_knowing};
use crate::observe::questions;
use crate::plan::{Forgotten, Ledger, with_orphans};
use crate::resource::{Questions, Wanted, declare};
use crate::secret::{Secret, SecretSource, Unasked, Withheld};
use std::collections::BTreeMap;

/// What will be asked if the host is still what it was.
pub struct Guess {
    pub(super) questions: Questions,
    /// The secrets that were found on the way.
    pub(super) secrets: BTreeMap<String, Secret>,
}

impl Guess {
    /// From remembered facts. Problems are left for the real facts to show.
    pub(super) fn new(project: &Project, remembered: Option<&Facts>) -> Guess {
        // Nobody is asked for a secret while the connection is being made.
        let unasked = Unasked { stores: &project.secrets, lenient: false };
        let source: &dyn SecretSource = match project.values {
            Values::Withheld => &Withheld { in_use: None },
            _ => &unasked,
        };
        let want = |facts| want_with(project, facts, source, &BTreeMap::new()).ok();
        let admitted = |want: &Want| match remembered.map(|facts| project.known(facts)) {
            Some(Ok(Some(known))) => known.admit(project, want).is_ok(),
            Some(Ok(None)) => true,
            _ => false,
        };
        let want = remembered.and_then(want).filter(admitted).unwrap_or_default();
        Guess { questions: want.questions(), secrets: want.secrets }
    }
}

/// The wanted state for some facts.
#[derive(Default)]
pub struct Want {
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

impl Want {
    /// What is asked about it.
    pub(super) fn questions(&self) -> Questions {
        let mut questions = questions(&self.wanted);
        inspect(&self.expansion.activations, &self.wanted, &mut questions);
        questions
    }
}

/// The wanted state for these facts.
pub(super) fn want(project: &Project, facts: &Facts) -> Result<Want, Problems> {
    want_with(project, facts, &project.secrets, &BTreeMap::new())
}

/// The same with other secrets; `known` are some that were found already.
pub fn want_with(
    project: &Project,
    facts: &Facts,
    secrets: &dyn SecretSource,
    known: &BTreeMap<String, Secret>,
) -> Result<Want, Problems> {
    let Expanded { mut expansion, secrets, .. } =
        expand_knowing(&project.spec, &project.modules, facts, secrets, known)?;
    let wanted = declare(std::mem::take(&mut expansion.resources))?;
    Ok(Want { expansion, wanted, secrets, ..Want::default() })
}

impl Want {
    /// With what the host's ledger knows and is not wanted any more.
    pub(super) fn and_orphans(
        mut self,
        project: &Project,
        ledger: Option<&Ledger>,
    ) -> Result<Want, Problems> {
        self.ledger = ledger.cloned();
        // A run about a part of the spec removes nothing.
        let ledger = ledger.filter(|_| project.scope.is_whole());
        let place = Place::new(&project.spec.source, 0..0);
        let activations = &self.expansion.activations;
        let (wanted, forgotten) =
            with_orphans(self.wanted, activations, ledger, &project.allow, &place)?;
        Ok(Want { wanted, forgotten, ..self })
    }
}
