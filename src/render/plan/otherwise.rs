//! The differences between a plan and an earlier one that was read.

use super::item::{self, clean_address};
use super::{difference, risks};
use crate::plan::shown::{PlanDocument, ShownAction, ShownDifference, ShownItem, ShownValue};
use crate::render::Style;
use crate::render::page::Page;
use crate::render::style::TextRole;

/// Formats only the differences: for an item in both plans, between its two wanted states.
pub fn otherwise(now: &PlanDocument, before: &PlanDocument, style: Style) -> String {
    let mut page = Page::new(style);
    page.painted(TextRole::Heading, "after the installation, this differs from the plan you saw:");
    page.gap();
    page.inside(|page| {
        for item in &now.items {
            match before.items.iter().find(|one| one.address == item.address) {
                None => item::write(item, page),
                Some(then) => write_changed(item, then, page),
            }
        }
        for gone in before.items.iter().filter(|item| !is_described(now, item)) {
            page.line(&format!("{} is not changed", clean_address(gone)));
        }
    });
    let known = risks::sentences(before);
    let is_new = |risk: &risks::Risk| known.iter().all(|one| one.sentence != risk.sentence);
    for risk in risks::sentences(now).into_iter().filter(is_new) {
        page.prose(Some(TextRole::Refuse), &format!("! {}", risk.sentence));
        page.inside(|page| risk.more.iter().for_each(|line| page.prose(None, line)));
    }
    page.finish()
}

/// Whether a plan changes the item, or found it as wanted.
fn is_described(plan: &PlanDocument, item: &ShownItem) -> bool {
    plan.items.iter().any(|one| one.address == item.address)
        || plan.unchanged.contains(&item.address)
}

/// Writes an item whose change differs from the one shown; nothing if the wanted state is the same.
fn write_changed(now: &ShownItem, then: &ShownItem, page: &mut Page) {
    let wanted = |item: &ShownItem, name: &str| {
        let of = item.differences.iter().find(|one| one.attribute == name);
        of.map_or(ShownValue::Nothing, |one| one.to.clone())
    };
    let changed = now.differences.iter().filter_map(|one| {
        let from = wanted(then, &one.attribute);
        (from != one.to).then(|| ShownDifference { from, volatile: false, ..one.clone() })
    });
    let changed: Vec<ShownDifference> = changed.collect();
    // A package may already have created a file, which is then updated instead: that is expected.
    let removes = |item: &ShownItem| item.action == ShownAction::Remove;
    if now.refused != then.refused || removes(now) != removes(then) {
        return item::write(now, page);
    }
    if !changed.is_empty() {
        let address = page.style().paint(TextRole::Heading, &clean_address(now));
        page.line(&address);
        page.inside(|page| difference::write_all(&changed, ShownAction::Update, page));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Item;
    use crate::render::plan::tests::made::{document, item, new_body, plan, text_body};
    use crate::resource::{Action, Comparison};
    use crate::secret::Content;

    fn file(path: &str, text: &str) -> Item {
        let content = new_body(&Content::plain(text));
        item("nginx", &format!("file:{path}"), Action::Create, vec![content])
    }

    #[test]
    fn only_differences_are_shown() {
        let before = plan(vec![
            item("nginx", "apt:nginx", Action::Create, Vec::new()),
            file("/etc/same", "as shown\n"),
            file("/etc/other", "first\nlisten 443 ssl http2;\nlast\n"),
            file("/etc/gone", "not wanted any more\n"),
            file("/etc/brought", "ours\n"),
        ]);
        let brought = Item {
            change: Comparison {
                action: Action::Update,
                differences: vec![text_body("the package's\n", "ours\n")],
                ..Comparison::unchanged()
            },
            ..before.items[4].clone()
        };
        let mut now = plan(vec![
            file("/etc/same", "as shown\n"),
            file("/etc/other", "first\nlisten 443 ssl;\nhttp2 on;\nlast\n"),
            file("/etc/new", "one line\n"),
            brought,
        ]);
        now.unchanged.push(before.items[0].address.clone());
        now.risks.push("a risk that was not there".to_owned());
        insta::assert_snapshot!(otherwise(&document(&now), &document(&before), Style::plain()));
    }
}
