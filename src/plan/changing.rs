//! Which secrets get another value on the host by a plan. What cannot be seen counts: a secret that is left out here may
//! be applied with whatever value the stores have then.

use super::{Item, Plan};
use crate::resource::{Action, Attribute, Seen, Wanted};
use std::collections::BTreeSet;

/// The names.
pub fn changing(plan: &Plan, wanted: &[Wanted]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in &plan.items {
        let of = wanted.iter().find(|one| *one.address() == item.address);
        names.extend(of.into_iter().flat_map(|one| of_item(item, one)));
    }
    names
}

fn of_item(item: &Item, wanted: &Wanted) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    // What a command is given is to be seen nowhere afterwards.
    let all = item.change.action == Action::Create || item.address.kind == "command";
    for (name, Attribute { value, .. }) in &wanted.declared.attributes {
        let mut held = BTreeSet::new();
        super::secrets::collect(value, &mut held);
        names.extend(held.into_iter().filter(|secret| all || !stays(item, name, secret)));
    }
    names
}

/// Whether it can be seen that the value of an attribute holds the same secret as before.
fn stays(item: &Item, attribute: &str, secret: &str) -> bool {
    let mut differences = item.change.differences.iter();
    let Some(one) = differences.find(|one| one.attribute == attribute) else { return true };
    let is_shown = matches!(&one.from, Seen::Body(body) if body.content.is_some());
    is_shown && !one.secrets().iter().any(|name| name == secret)
}
