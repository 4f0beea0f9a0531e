//! Converts a plan into what is shown of it.

use super::value::ShownValue;
use super::{
    Counts, FORMAT, Label, Note, PlanDocument, PlanInputs, Secrets, ShownAction, ShownDifference,
    ShownItem, ShownOrigin, ShownRefusal,
};
use crate::diagnostic::{Diagnostic, Level, Place};
use crate::plan;
use crate::resource;

impl PlanDocument {
    /// Returns what is shown of a plan made from `bound`. File names are relative to the spec's directory (`base`), so
    /// that they are the same wherever the repository is. It gets its id when it is [masked](Shown::masked) or
    /// [sealed](Shown::sealed).
    pub fn of(plan: &plan::Plan, bound: PlanInputs, base: &str) -> PlanDocument {
        let items: Vec<ShownItem> =
            plan.items.iter().map(|item| ShownItem::of(item, base)).collect();
        let notes = |notes: &[Diagnostic]| notes.iter().map(|note| Note::of(note, base)).collect();
        PlanDocument {
            format: FORMAT,
            id: String::new(),
            host: plan.host.clone(),
            bound,
            allow: plan.allow.iter().cloned().collect(),
            scope: plan.scoped.clone(),
            labels: Label::of(&items, !plan.refusals.is_empty()),
            counts: Counts::of(&items, plan.unchanged.len()),
            risks: plan.risks.clone(),
            refusals: notes(&plan.refusals),
            secrets: Secrets::default(),
            items,
            unchanged: plan.unchanged.iter().map(ToString::to_string).collect(),
            notes: notes(&plan.notes),
            remarks: plan.remarks.clone(),
        }
    }
}

impl ShownItem {
    /// Returns what is shown of an item.
    pub(in crate::plan) fn of(item: &plan::Item, base: &str) -> ShownItem {
        let addresses = |list: &[resource::Address]| list.iter().map(ToString::to_string).collect();
        ShownItem {
            address: item.address.to_string(),
            action: ShownAction::of(&item.change.action),
            destroys: item.destroys.clone(),
            differences: differences(item),
            refused: ShownRefusal::of(&item.change.action),
            because: addresses(&item.because),
            after: addresses(&item.after),
            activation: item.activation.clone(),
            effect: item.effect,
            one_way: item.one_way,
            generates: item.generates().into_iter().collect(),
            notes: item.change.notes.clone(),
            why: item.why.clone(),
            origin: ShownOrigin {
                module: item.origin.module.clone(),
                declared: line(&item.origin.declared, base),
                requested: requested(&item.origin).map(|place| line(place, base)),
            },
        }
    }
}

fn differences(item: &plan::Item) -> Vec<ShownDifference> {
    let kind = resource::kind(&item.address.kind);
    let is_new = item.change.action == resource::Action::Create;
    let is_implied = |one: &&resource::Difference| {
        kind.is_some_and(|kind| kind.implied.contains(&one.attribute))
    };
    let rest = item.change.differences.iter().filter(|one| !(is_new && is_implied(one)));
    let shown = |one: &resource::Difference| ShownDifference {
        volatile: kind.is_some_and(|kind| kind.is_volatile(one.attribute)),
        ..ShownDifference::of(one)
    };
    rest.map(shown).collect()
}

impl ShownAction {
    fn of(action: &resource::Action) -> ShownAction {
        match action {
            resource::Action::Unchanged | resource::Action::Update => ShownAction::Update,
            resource::Action::Create => ShownAction::Create,
            resource::Action::Remove => ShownAction::Remove,
            resource::Action::Refuse { .. } => ShownAction::Refuse,
        }
    }
}

impl ShownRefusal {
    fn of(action: &resource::Action) -> Option<ShownRefusal> {
        match action {
            resource::Action::Refuse { why, help } => {
                Some(ShownRefusal { why: why.clone(), help: help.clone() })
            }
            _ => None,
        }
    }
}

impl ShownDifference {
    /// Returns what is shown of a difference.
    pub(in crate::plan) fn of(one: &resource::Difference) -> ShownDifference {
        let (from, to) = ShownValue::both(one);
        ShownDifference {
            attribute: one.attribute.to_owned(),
            from,
            to,
            secrets: one.secrets(),
            volatile: false,
        }
    }
}

impl Note {
    /// Returns what is shown of a finding.
    fn of(note: &Diagnostic, base: &str) -> Note {
        let level = match note.level {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        Note {
            level: level.to_owned(),
            code: note.code.to_string(),
            message: note.message.clone(),
            place: note.place.as_ref().map(|(place, _)| line(place, base)),
            found: note.notes.clone(),
            help: note.help.clone(),
        }
    }
}

/// Returns the line of the spec that asks for it: for a resource of the user's own, the resource itself.
fn requested(origin: &resource::Origin) -> Option<&Place> {
    let own = origin.is_spec().then_some(&origin.declared);
    origin.requested.as_ref().or(own)
}

/// `FILE:LINE`.
fn line(place: &Place, base: &str) -> String {
    let name = place.source.name.as_str();
    format!("{}:{}", name.strip_prefix(base).unwrap_or(name), place.line_column().0)
}
