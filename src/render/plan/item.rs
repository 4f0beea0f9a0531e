//! One item of a plan: symbol and word, address, reasons, differences.

use super::difference;
use crate::plan::Item;
use crate::render::page::Page;
use crate::render::style::Label;
use crate::render::words::{listed, one_line};
use crate::resource::{Action, Address, Effect};

/// Writes an item.
pub(super) fn write(item: &Item, page: &mut Page) {
    let (label, word) = title(item);
    let word = page.style().paint(label, word);
    let address = page.style().paint(Label::Heading, &one_line(&item.address.to_string()));
    page.line(&format!("{word}  {address}"));
    page.inside(|page| {
        reasons(item).iter().for_each(|reason| page.prose(Some(Label::Quiet), reason));
        page.inside(|page| difference::write_all(&item.change, page));
    });
}

/// Symbol and word. An item of which nothing differs is there for its effect: that is its word.
fn title(item: &Item) -> (Label, &'static str) {
    let only_effect = item.change.differences.is_empty().then_some(item.effect).flatten();
    match (&item.change.action, only_effect) {
        (Action::Create, _) => (Label::Create, "+ create"),
        (Action::Remove, _) => (Label::Remove, "- remove"),
        (Action::Refuse { .. }, _) => (Label::Refuse, "! cannot mend"),
        (Action::Update | Action::Keep, Some(Effect::Restart)) => (Label::Update, "~ restart"),
        (Action::Update | Action::Keep, Some(Effect::Reload)) => (Label::Update, "~ reload"),
        (Action::Update | Action::Keep, None) => (Label::Update, "~ update"),
    }
}

/// Why it changes, when, and what follows.
fn reasons(item: &Item) -> Vec<String> {
    let mut reasons: Vec<String> = item.why.iter().cloned().collect();
    if !item.because.is_empty() {
        let verb = if item.because.len() == 1 { "changes" } else { "change" };
        reasons.push(format!("because {} {verb}", addresses(&item.because)));
    }
    if !item.after.is_empty() {
        reasons.push(format!("after {}", addresses(&item.after)));
    }
    if item.one_way {
        let what = if item.change.action == Action::Create { "stays" } else { "is not taken back" };
        reasons.push(format!("{what} if the switch fails"));
    }
    if let (Some(activation), Some(effect)) = (&item.activation, item.effect) {
        let verb = if effect == Effect::Restart { "restarts" } else { "reloads" };
        reasons.push(format!("{verb} {activation}"));
    }
    reasons
        .extend(item.generates().iter().map(|name| format!("apply generates the secret {name}")));
    reasons.extend(item.change.notes.iter().cloned());
    reasons
}

fn addresses(list: &[Address]) -> String {
    listed(&list.iter().map(Address::to_string).collect::<Vec<_>>())
}
