//! A plan as text, read from top to bottom: host and id, risks, changes by module, one line of numbers. Every symbol
//! and colour is accompanied by a word, so nothing is lost without them.

mod body;
mod difference;
mod hunks;
mod item;
mod json;
mod markdown;
mod new_body;
mod otherwise;
mod risks;
mod scope;
mod secrets;
mod summary;
#[cfg(test)]
mod tests;

pub(super) use difference::write_all as write_differences;
pub use json::json;
pub(super) use markdown::fence;
pub use markdown::{markdown, prose as markdown_prose};
pub use otherwise::otherwise;
pub use summary::{approved, as_shown, numbers, summary};

use super::Style;
use super::page::Page;
use super::style::TextRole;
use crate::diagnostic::Diagnostic;
use crate::plan::shown::{Note, PlanDocument, ShownItem};
use indexmap::IndexMap;

/// Formats the plan for people; ends in a newline.
pub fn text(plan: &PlanDocument, style: Style) -> String {
    let mut page = Page::new(style);
    page.painted(TextRole::Heading, &title(plan));
    scope::write(plan, &mut page);
    risks::write(plan, &mut page);
    write_notes(plan, &mut page);
    for (module, items) in by_module(plan) {
        page.gap();
        page.painted(TextRole::Heading, module);
        page.inside(|page| items.iter().for_each(|item| item::write(item, page)));
    }
    write_secrets(plan, &mut page);
    write_remarks(plan, &mut page);
    page.gap();
    page.painted(TextRole::Heading, &numbers(plan));
    page.finish()
}

/// Repeats the risks before the question at the end of a plan that does not fit on a screen. `None` if there are none,
/// or they are still visible.
pub fn risks_again(plan: &PlanDocument, style: Style) -> Option<String> {
    /// Lines of a small terminal, without the question.
    const SCREEN: usize = 22;
    if text(plan, style).lines().count() <= SCREEN {
        return None;
    }
    let mut page = Page::new(style);
    risks::write(plan, &mut page);
    let again = page.finish();
    (!again.trim().is_empty()).then_some(again)
}

/// Formats `HOST, plan ID`.
fn title(plan: &PlanDocument) -> String {
    format!("{}, plan {}", plan.host, plan.id)
}

/// Those that need no action come first, such as accepted findings: one line each.
fn write_notes(plan: &PlanDocument, page: &mut Page) {
    let (lines, others): (Vec<&Note>, Vec<&Note>) = plan
        .notes
        .iter()
        .partition(|note| note.level == "note" && note.help.is_none() && note.found.len() <= 1);
    if !lines.is_empty() {
        page.gap();
    }
    for note in lines {
        let lines: Vec<&str> =
            std::iter::once(&note.message).chain(&note.found).map(String::as_str).collect();
        let (message, found) = (lines.join(": "), Vec::new());
        write_note(&Note { message, found, place: None, ..note.clone() }, page);
    }
    for note in others {
        page.gap();
        write_note(note, page);
    }
}

fn write_note(note: &Note, page: &mut Page) {
    let diagnostic = match note.level.as_str() {
        "error" => Diagnostic::error(note.code.clone(), note.message.clone()),
        "warning" => Diagnostic::warning(note.code.clone(), note.message.clone()),
        _ => Diagnostic::note(note.code.clone(), note.message.clone()),
    };
    let place = note.place.iter().map(|place| format!("at {place}"));
    let mut diagnostic =
        place.chain(note.found.iter().cloned()).fold(diagnostic, Diagnostic::note_line);
    diagnostic.help.clone_from(&note.help);
    diagnostic.render(page.style().colour).lines().for_each(|line| page.line(line));
}

fn write_secrets(plan: &PlanDocument, page: &mut Page) {
    let sentences = secrets::sentences(plan);
    if !sentences.is_empty() {
        page.gap();
    }
    sentences.iter().for_each(|sentence| page.prose(None, sentence));
}

fn write_remarks(plan: &PlanDocument, page: &mut Page) {
    if !plan.remarks.is_empty() {
        page.gap();
    }
    plan.remarks.iter().for_each(|remark| page.prose(Some(TextRole::Quiet), remark));
}

/// Returns the items of each module in the order of apply; modules in the order of their first item.
fn by_module(plan: &PlanDocument) -> IndexMap<&str, Vec<&ShownItem>> {
    let mut groups: IndexMap<&str, Vec<&ShownItem>> = IndexMap::new();
    for item in &plan.items {
        groups.entry(item.origin.module.as_str()).or_default().push(item);
    }
    groups
}
