//! The host's ledger in the course of a run: before the first change all that may be there afterwards is in it, and
//! when the run has ended well what is there.

use super::history::Recorded;
use super::identity::note;
use super::{Look, Session};
use crate::apply::Move;
use crate::diagnostic::Problems;
use crate::plan::{Ledger, changing};
use crate::resource::Action;
use std::collections::BTreeMap;

impl Session<'_> {
    /// Whether the host has written down who its server is, and what it was made to be.
    pub fn is_recorded(&self, look: &Look) -> bool {
        self.is_identified(look)
            && look.ledger.as_ref() == Some(&self.ledger(look, self.is_whole()))
    }

    /// After a run about a part of the spec the rest may be as ever: all that was known stays known.
    fn is_whole(&self) -> bool {
        self.project.scope.is_whole()
    }

    fn ledger(&self, look: &Look, ended_well: bool) -> Ledger {
        let items = look.plan.items.iter();
        let actions: BTreeMap<String, Action> =
            items.map(|item| (item.address.to_string(), item.change.action.clone())).collect();
        let id = &self.project.spec.id.text;
        let now = look.in_use.at_hand.as_ref().filter(|_| ended_well);
        Ledger::of(id, &look.wanted, look.ledger.as_ref(), &actions, ended_well)
            .with_secrets(now, &changing(&look.plan, &look.wanted))
    }

    /// What a run that is cut may leave must be known: the ledger from before the first change on, where it is another.
    fn begun(&self, look: &Look) -> Option<Ledger> {
        let ledger = self.ledger(look, false);
        (look.ledger.as_ref() != Some(&ledger) && !look.plan.is_empty()).then_some(ledger)
    }

    /// Writes that down.
    pub(super) fn begin_ledger(&self, look: &Look) -> Option<Move> {
        self.begun(look).map(|ledger| note(ledger.step()))
    }

    /// The host is as wanted.
    pub(super) async fn end_ledger(
        &mut self,
        look: &Look,
        recorded: Option<&Recorded>,
    ) -> Result<(), Problems> {
        let mut ledger = self.ledger(look, self.is_whole());
        ledger.applied = recorded.map(Recorded::applied).or(ledger.applied);
        let begun = self.begun(look);
        if begun.as_ref().or(look.ledger.as_ref()) == Some(&ledger) {
            return Ok(());
        }
        self.write_down(ledger.step()).await
    }
}
