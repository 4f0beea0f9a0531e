//! The host's ledger during a run: before the first change it lists everything that may exist afterwards, and after a
//! successful run everything that does.

use super::history::OngoingRun;
use super::identity::note;
use super::{Session, Snapshot};
use crate::apply::{PlannedStep, Restarted};
use crate::diagnostic::Problems;
use crate::plan::ledger::RunCoverage;
use crate::plan::{Ledger, changing};
use crate::resource::Action;
use std::collections::{BTreeMap, BTreeSet};

impl Session<'_> {
    /// Whether the host has recorded its server's identity and its own wanted state.
    pub fn is_recorded(&self, snapshot: &Snapshot) -> bool {
        self.is_identified(snapshot)
            && snapshot.ledger.as_ref() == Some(&self.ledger(snapshot, true))
    }

    fn ledger(&self, snapshot: &Snapshot, ended_well: bool) -> Ledger {
        let items = snapshot.plan.items.iter();
        let actions: BTreeMap<String, Action> =
            items.map(|item| (item.address.to_string(), item.change.action.clone())).collect();
        let id = &self.project.spec.id.text;
        // After a run on part of the spec, the rest may be unchanged: its entries are kept.
        let omitted = snapshot.plan.scoped.iter().flat_map(|scoped| &scoped.omitted);
        let omitted: BTreeSet<String> = omitted.map(|one| one.address.clone()).collect();
        let reached = match (ended_well, snapshot.plan.scoped.is_some()) {
            (false, _) => RunCoverage::Unknown,
            (true, true) => RunCoverage::AllBut(&omitted),
            (true, false) => RunCoverage::All,
        };
        let changing = changing(&snapshot.plan, &snapshot.wanted);
        Ledger::of(id, &snapshot.wanted, snapshot.ledger.as_ref(), &actions, reached).with_secrets(
            snapshot.in_use.at_hand.as_ref(),
            &changing,
            reached,
        )
    }

    /// Returns the ledger for a run in progress, if it differs: an interrupted run must not leave unknown resources.
    fn begun(&self, snapshot: &Snapshot) -> Option<Ledger> {
        let ledger = self.ledger(snapshot, false);
        (snapshot.ledger.as_ref() != Some(&ledger) && !snapshot.plan.is_empty()).then_some(ledger)
    }

    /// Returns the step that writes this ledger.
    pub(super) fn begin_ledger(&self, snapshot: &Snapshot) -> Option<PlannedStep> {
        self.begun(snapshot).map(|ledger| note(ledger.step()))
    }

    /// Writes the ledger once the host is as wanted.
    pub(super) async fn end_ledger(
        &mut self,
        snapshot: &Snapshot,
        recorded: Option<&OngoingRun>,
        restarted: &[Restarted],
    ) -> Result<(), Problems> {
        let mut ledger = self.ledger(snapshot, true);
        let applied = recorded.map(OngoingRun::applied);
        if let Some(applied) = &applied {
            ledger.restarts.renew(restarted, &applied.time);
        }
        ledger.applied = applied.or(ledger.applied);
        let begun = self.begun(snapshot);
        if begun.as_ref().or(snapshot.ledger.as_ref()) == Some(&ledger) {
            return Ok(());
        }
        self.write_down(ledger.step()).await
    }
}
