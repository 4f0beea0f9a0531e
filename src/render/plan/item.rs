//! One item of a plan: symbol and word, address, reasons, differences.

use super::difference;
use crate::plan::shown::{ShownAction, ShownItem};
use crate::render::page::Page;
use crate::render::phrases::{listed, one_line};
use crate::render::style::TextRole;
use crate::resource::Effect;

/// Writes an item.
pub(super) fn write(item: &ShownItem, page: &mut Page) {
    let (role, word) = title(item);
    let word = page.style().paint(role, word);
    let address = page.style().paint(TextRole::Heading, &clean_address(item));
    page.line(&format!("{word}  {address}"));
    page.inside(|page| {
        if let Some(why) = &item.destroys {
            page.prose(Some(TextRole::Refuse), &format!("! destroys: {why}"));
        }
        let requested = item.origin.requested.iter().map(|place| format!("requested by {place}"));
        let mut lines: Vec<String> = item.why.iter().cloned().chain(requested).collect();
        lines.extend(reasons(item));
        lines.iter().for_each(|line| page.prose(Some(TextRole::Quiet), line));
        page.inside(|page| difference::write_all(&item.differences, item.action, page));
    });
}

/// Returns the address, on one line whatever it contains.
pub(super) fn clean_address(item: &ShownItem) -> String {
    one_line(&item.address)
}

/// Returns the symbol and the verb. An item without differences is listed for its effect, which is its verb.
pub(super) fn title(item: &ShownItem) -> (TextRole, &'static str) {
    let only_effect = item.differences.is_empty().then_some(item.effect).flatten();
    match (item.action, only_effect) {
        (ShownAction::Create, _) => (TextRole::Create, "+ create"),
        (ShownAction::Remove, _) => (TextRole::Remove, "- remove"),
        (ShownAction::Refuse, _) => (TextRole::Refuse, "! cannot change"),
        (ShownAction::Update, Some(Effect::Restart)) => (TextRole::Update, "~ restart"),
        (ShownAction::Update, Some(Effect::Reload)) => (TextRole::Update, "~ reload"),
        (ShownAction::Update, None) => (TextRole::Update, "~ update"),
    }
}

/// Returns what it comes after, whether a failed switch undoes it, and its effects.
pub(super) fn reasons(item: &ShownItem) -> Vec<String> {
    let mut reasons = Vec::new();
    if !item.after.is_empty() {
        reasons.push(format!("after {}", listed(&item.after)));
    }
    if item.one_way {
        let what = if item.action == ShownAction::Create { "stays" } else { "is not undone" };
        reasons.push(format!("{what} if the switch fails"));
    }
    if let (Some(activation), Some(effect)) = (&item.activation, item.effect) {
        let verb = if effect == Effect::Restart { "restarts" } else { "reloads" };
        reasons.push(format!("{verb} {activation}"));
    }
    let generated = item.generates.iter();
    reasons.extend(generated.map(|name| format!("apply generates the secret {name}")));
    reasons.extend(item.notes.iter().cloned());
    reasons
}
