//! What happens to resources that left the spec.

use crate::diagnostic::{Diagnostic, Problems};
use crate::plan::Plan;
use crate::resource::{Action, Address, Declared};
use std::collections::BTreeMap;

/// What is removed, and what stays.
#[derive(Debug, Default)]
pub struct Orphans {
    /// Resources that are wanted absent.
    pub declared: Vec<Declared>,
    /// Those that must be allowed by name, and why.
    pub destroys: BTreeMap<Address, String>,
    /// What stays, by reason.
    pub(super) left: BTreeMap<&'static str, Vec<RemainingItem>>,
}

/// Something that stays.
#[derive(Debug)]
pub(super) struct RemainingItem {
    /// Its address.
    pub(super) address: String,
    /// The command that would remove it.
    pub(super) command: String,
}

impl Orphans {
    /// Marks the plan's items that must be allowed, and adds notes about what stays.
    pub fn mark(&self, plan: &mut Plan) {
        for item in &mut plan.items {
            item.destroys = self.destroys.get(&item.address).cloned();
            if self.declared.iter().any(|one| one.address == item.address) {
                item.change.action = Action::Remove;
            }
        }
        plan.notes.extend(self.notes());
        let destroyed = plan.items.iter().filter(|item| item.destroys.is_some());
        let destroyed: Vec<String> =
            destroyed.map(|item| format!("destroy:{}", item.address)).collect();
        let is_idle = |one: &&String| one.starts_with("destroy:") && !destroyed.contains(one);
        let idle = plan.allow.iter().filter(is_idle);
        plan.notes.extend(idle.map(|one| {
            let message = format!("`--allow {one}` has no effect: this plan does not destroy it");
            Diagnostic::warning("plan/allow", message)
        }));
    }

    /// Returns one note per reason, with the command to remove each resource.
    pub(super) fn notes(&self) -> Problems {
        let note = |(why, left): (&&str, &Vec<RemainingItem>)| {
            let message = format!("no longer in the spec, and left on the host: {why}");
            let lines = left.iter().map(|one| {
                format!("{}: {}", one.address.escape_debug(), one.command.escape_debug())
            });
            lines.fold(Diagnostic::note("plan/left", message), Diagnostic::note_line)
        };
        self.left.iter().map(note).collect()
    }

    pub(super) fn leave(&mut self, why: &'static str, address: &str, command: String) {
        let left = RemainingItem { address: address.to_owned(), command };
        self.left.entry(why).or_default().push(left);
    }
}
