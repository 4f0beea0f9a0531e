//! From one wanted state to another: the plan for a host that matches the first. No host is asked, so what neither
//! state says is unknown.

use super::ledger::{Ledger, Orphans, RunCoverage, orphans};
use super::{Plan, make_simulated};
use crate::diagnostic::{Place, Problems};
use crate::resource::{
    Action, Activation, Address, Declared, Members, PackageVersions, SimulatedHost, Wanted,
    add_sshd, declare, join,
};
use std::collections::{BTreeMap, BTreeSet};

/// A wanted state.
pub struct WantedState<'a> {
    /// The name of the installation.
    pub installation: &'a str,
    /// Its resources.
    pub wanted: Vec<Wanted>,
    /// Their activations.
    pub activations: Vec<Activation>,
}

/// What is known about packages without asking the host.
pub struct Packages<'a> {
    /// Installed versions.
    pub installed: &'a PackageVersions,
    /// apt's candidates for packages that are not installed.
    pub candidates: &'a PackageVersions,
    /// The packages of a new host.
    pub at_first: &'a PackageVersions,
}

impl WantedState<'_> {
    /// Drops what the other side lacks, when that may only be omitted there.
    fn retain_known(&mut self, other: &WantedState<'_>) -> Result<(), Problems> {
        let known: BTreeSet<&Address> = other.wanted.iter().map(Wanted::address).collect();
        let all = std::mem::take(&mut self.wanted).into_iter().map(|item| item.declared);
        let mut retained: Vec<Declared> = all.filter(|one| known.contains(&one.address)).collect();
        make_needs_optional(&mut retained);
        self.wanted = declare(retained)?;
        Ok(())
    }
}

/// Makes all needs optional: what is needed may be omitted.
pub fn make_needs_optional(declared: &mut [Declared]) {
    let needs = declared.iter_mut().flat_map(|one| &mut one.needs);
    needs.for_each(|need| need.optional = true);
}

/// Returns the plan for `head` on a host that matches `base`. What `base` has and `head` lacks is removed, unless
/// `is_partial`.
///
/// # Errors
///
/// A kind refuses a resource that is no longer wanted, or the resources of either side cannot be ordered.
pub fn between(
    mut base: WantedState<'_>,
    mut head: WantedState<'_>,
    host: &str,
    packages: &Packages<'_>,
    place: &Place,
    is_partial: bool,
) -> Result<Plan, Problems> {
    if is_partial {
        base.retain_known(&head)?;
    }
    let ledger = ledger(&base, packages)?;
    let ledger = Some(&ledger);
    let (wanted, forgotten) =
        with_orphans(head.wanted, &mut head.activations, ledger, &BTreeSet::new(), place)?;
    let simulated = SimulatedHost::of(&base.wanted, packages.installed, packages.candidates);
    let mut plan = make_simulated(host, &wanted, &head.activations, &simulated)?;
    forgotten.mark(&mut plan);
    Ok(plan)
}

/// Returns the ledger of a new host to which `base` was applied.
fn ledger(base: &WantedState<'_>, packages: &Packages<'_>) -> Result<Ledger, Problems> {
    let new = SimulatedHost::of(&[], packages.at_first, packages.candidates);
    let first = make_simulated("", &base.wanted, &base.activations, &new)?;
    let items = first.items.into_iter();
    let actions: BTreeMap<String, Action> =
        items.map(|item| (item.address.to_string(), item.change.action)).collect();
    Ok(Ledger::of(base.installation, &base.wanted, None, &actions, RunCoverage::All))
}

/// Returns the wanted state, and with it what the ledger knows and is no longer wanted. Adds the activation of sshd if
/// its last file is removed.
///
/// # Errors
///
/// A kind refuses a resource that is no longer wanted, or it conflicts with a wanted one.
pub fn with_orphans(
    mut wanted: Vec<Wanted>,
    activations: &mut Vec<Activation>,
    ledger: Option<&Ledger>,
    allow: &BTreeSet<String>,
    place: &Place,
) -> Result<(Vec<Wanted>, Orphans), Problems> {
    let Some(ledger) = ledger else { return Ok((wanted, Orphans::default())) };
    let mut forgotten = orphans(ledger, &wanted, allow, place);
    if !forgotten.declared.is_empty() {
        let (retained, gone) = (wanted.len(), forgotten.declared.len());
        let mut all: Vec<Declared> = wanted.into_iter().map(|item| item.declared).collect();
        all.append(&mut forgotten.declared);
        add_sshd(&mut all, activations);
        let members = Members::of(&all, activations);
        let (_, added) = all.split_at_mut(retained);
        join(added, &members, activations);
        forgotten.declared = added.iter().take(gone).cloned().collect();
        wanted = declare(all)?;
    }
    Ok((wanted, forgotten))
}
