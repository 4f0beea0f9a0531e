//! A plan in a few lines: its numbers, and a line for each change.

use super::item::{clean_address, title as word};
use super::title;
use crate::diagnostic::counted;
use crate::plan::shown::PlanDocument;
use crate::render::page::Page;
use crate::render::phrases::listed;
use crate::render::style::{Style, TextRole};
use std::time::Duration;

/// Formats the numbers, or that there is nothing to do.
pub fn numbers(plan: &PlanDocument) -> String {
    let counts = &plan.counts;
    let omitted = plan.scope.as_ref().map_or(0, |scope| scope.omitted.len());
    let omitted = if omitted > 0 { format!(", {omitted} skipped") } else { String::new() };
    if plan.items.is_empty() {
        let match_it = if counts.unchanged == 1 { "matches" } else { "match" };
        let compared = counted(counts.unchanged, "resource");
        return format!("no changes: {compared} {match_it} the spec{omitted}");
    }
    let mut parts = vec![
        format!("{} to create", counts.create),
        format!("{} to update", counts.update),
        format!("{} to remove", counts.remove),
    ];
    if counts.refuse > 0 {
        parts.push(format!("{} cannot be changed in place", counts.refuse));
    }
    parts.push(format!("{} unchanged{omitted}", counts.unchanged));
    parts.join(", ")
}

/// Formats host and id, the risks, a line for each change, and the numbers.
pub fn summary(plan: &PlanDocument, style: Style) -> String {
    let mut page = Page::new(style);
    page.painted(TextRole::Heading, &title(plan));
    super::scope::write(plan, &mut page);
    super::risks::write(plan, &mut page);
    if !plan.items.is_empty() {
        page.gap();
    }
    for item in &plan.items {
        let (role, word) = word(item);
        let word = style.paint(role, word);
        let attributes: Vec<String> =
            item.differences.iter().map(|one| one.attribute.clone()).collect();
        let attributes = if attributes.is_empty() {
            String::new()
        } else {
            format!(": {}", listed(&attributes))
        };
        page.line(&format!("{word}  {}{attributes}", clean_address(item)));
    }
    super::write_secrets(plan, &mut page);
    page.gap();
    page.painted(TextRole::Heading, &numbers(plan));
    page.finish()
}

/// Formats apply's message about an approved plan: its summary, and that nothing has changed.
pub fn approved(plan: &PlanDocument, style: Style) -> String {
    format!("{}\nas approved; nothing has changed since\n", summary(plan, style).trim_end())
}

/// Formats apply's message about a plan that `plan` has shown in full this long ago.
pub fn as_shown(plan: &PlanDocument, ago: Duration, style: Style) -> String {
    let when = match ago.as_secs() / 60 {
        0 => "less than a minute ago".to_owned(),
        1 => "a minute ago".to_owned(),
        minutes => format!("{minutes} minutes ago"),
    };
    let summary = summary(plan, style);
    format!("{}\nas shown by `plan` {when}; `apply -v` shows it in full\n", summary.trim_end())
}
