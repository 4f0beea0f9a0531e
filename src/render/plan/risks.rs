//! What a reader must see first: what cannot be mended, and which running services are interrupted.

use crate::diagnostic::Diagnostic;
use crate::plan::{Item, Plan};
use crate::render::page::Page;
use crate::render::style::Label;
use crate::render::words::listed;
use crate::resource::{Action, Effect};
use indexmap::IndexMap;

/// Writes the risks; nothing when there are none.
pub(super) fn write(plan: &Plan, page: &mut Page) {
    let restarts = restarts(plan);
    if plan.risks.is_empty()
        && restarts.is_empty()
        && plan.refused().next().is_none()
        && plan.refusals.is_empty()
    {
        return;
    }
    page.gap();
    page.painted(Label::Heading, "risks");
    page.inside(|page| {
        for risk in &plan.risks {
            page.prose(Some(Label::Refuse), &format!("! {risk}"));
        }
        plan.refusals.iter().for_each(|refusal| write_refusal(refusal, page));
        plan.refused().for_each(|item| write_refused(item, page));
        for (service, causes) in restarts {
            let sentence = format!("! restarts {service}, for {}", listed(&causes));
            page.prose(Some(Label::Refuse), &sentence);
        }
    });
}

fn write_refusal(refusal: &Diagnostic, page: &mut Page) {
    page.prose(Some(Label::Refuse), &format!("! {}", refusal.message));
    page.inside(|page| {
        refusal.notes.iter().for_each(|found| page.prose(None, found));
        refusal.help.iter().for_each(|help| page.prose(None, &format!("help: {help}")));
    });
}

fn write_refused(item: &Item, page: &mut Page) {
    let Action::Refuse { why, help } = &item.change.action else { return };
    page.prose(Some(Label::Refuse), &format!("! cannot mend {}: {why}", item.address));
    page.inside(|page| page.prose(None, &format!("help: {help}")));
}

/// What restarts (an activation, or the item itself), and for which items.
fn restarts(plan: &Plan) -> IndexMap<String, Vec<String>> {
    let mut restarts: IndexMap<String, Vec<String>> = IndexMap::new();
    for item in plan.items.iter().filter(|item| item.effect == Some(Effect::Restart)) {
        let service = item.activation.clone().unwrap_or_else(|| item.address.to_string());
        restarts.entry(service).or_default().push(item.address.to_string());
    }
    restarts
}
