//! A plan as text, read from top to bottom: host, risks, changes by module, one line of numbers.
//! Words stand beside every symbol and colour, so nothing is lost without them.

mod body;
mod difference;
mod hunks;
mod item;
mod json;
mod new_body;
mod risks;
#[cfg(test)]
mod tests;

pub use json::json;

use super::Style;
use super::page::Page;
use super::style::Label;
use crate::plan::{Item, Plan};
use crate::resource::Action;
use indexmap::IndexMap;

/// The plan as a person reads it; ends in a line end.
pub fn text(plan: &Plan, style: Style) -> String {
    let mut page = Page::new(style);
    page.painted(Label::Heading, &plan.host);
    risks::write(plan, &mut page);
    write_notes(plan, &mut page);
    for (module, items) in by_module(plan) {
        page.gap();
        page.painted(Label::Heading, module);
        page.inside(|page| items.iter().for_each(|item| item::write(item, page)));
    }
    write_remarks(plan, &mut page);
    page.gap();
    page.painted(Label::Heading, &summary(plan));
    page.finish()
}

/// The numbers, or that there is nothing to do.
pub fn summary(plan: &Plan) -> String {
    let unchanged = format!("{} unchanged", plan.unchanged);
    if plan.is_empty() {
        return format!("no changes, {unchanged}");
    }
    let count = |fits: fn(&Action) -> bool| {
        plan.items.iter().filter(|item| fits(&item.change.action)).count()
    };
    let mut parts = vec![
        format!("{} to create", count(|action| *action == Action::Create)),
        format!("{} to update", count(|action| matches!(action, Action::Update | Action::Keep))),
        format!("{} to remove", count(|action| *action == Action::Remove)),
    ];
    match plan.refused().count() {
        0 => {}
        refused => parts.push(format!("{refused} cannot be mended")),
    }
    parts.push(unchanged);
    parts.join(", ")
}

fn write_notes(plan: &Plan, page: &mut Page) {
    for note in &plan.notes {
        page.gap();
        note.render(page.style().colour).lines().for_each(|line| page.line(line));
    }
}

fn write_remarks(plan: &Plan, page: &mut Page) {
    if !plan.remarks.is_empty() {
        page.gap();
    }
    plan.remarks.iter().for_each(|remark| page.prose(Some(Label::Quiet), remark));
}

/// The items of each module in the order of apply; modules in the order of their first item.
fn by_module(plan: &Plan) -> IndexMap<&str, Vec<&Item>> {
    let mut groups: IndexMap<&str, Vec<&Item>> = IndexMap::new();
    for item in &plan.items {
        groups.entry(item.origin.module.as_str()).or_default().push(item);
    }
    groups
}
