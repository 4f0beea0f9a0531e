//! The most important facts for a reader: destructive changes, items that cannot be changed in place, and running
//! services that are interrupted.

use crate::plan::shown::{Note, PlanDocument, ShownAction, ShownItem};
use crate::render::page::Page;
use crate::render::phrases::listed;
use crate::render::style::TextRole;
use crate::resource::{Address, Effect};
use indexmap::IndexMap;

/// Writes the risks; nothing if there are none.
pub(super) fn write(plan: &PlanDocument, page: &mut Page) {
    let sentences = sentences(plan);
    if sentences.is_empty() {
        return;
    }
    page.gap();
    page.painted(TextRole::Heading, "risks");
    page.inside(|page| {
        for risk in sentences {
            page.prose(Some(TextRole::Refuse), &format!("! {}", risk.sentence));
            page.inside(|page| risk.more.iter().for_each(|line| page.prose(None, line)));
        }
    });
}

/// One risk.
pub(super) struct Risk {
    /// A full sentence, without its full stop.
    pub(super) sentence: String,
    /// Details, and advice.
    pub(super) more: Vec<String>,
}

/// Returns all risks, the worst first.
pub(super) fn sentences(plan: &PlanDocument) -> Vec<Risk> {
    let plain = |sentence: String| Risk { sentence, more: Vec::new() };
    let mut risks: Vec<Risk> = plan.risks.iter().cloned().map(plain).collect();
    risks.extend(plan.items.iter().filter_map(destroyed));
    risks.extend(plan.refusals.iter().map(refusal));
    risks.extend(plan.items.iter().filter_map(refused));
    risks.extend(
        restarts(plan)
            .into_iter()
            .map(|(service, causes)| plain(format!("restarts {service}, for {}", listed(&causes)))),
    );
    risks
}

fn destroyed(item: &ShownItem) -> Option<Risk> {
    let why = item.destroys.as_ref()?;
    Some(Risk { sentence: format!("destroys {}: {why}", item.address), more: Vec::new() })
}

fn refusal(refusal: &Note) -> Risk {
    let help = refusal.help.iter().map(|help| format!("help: {help}"));
    let more = refusal.found.iter().cloned().chain(help).collect();
    Risk { sentence: refusal.message.clone(), more }
}

fn refused(item: &ShownItem) -> Option<Risk> {
    let refused = item.refused.as_ref()?;
    Some(Risk {
        sentence: format!("cannot change {} in place: {}", item.address, refused.why),
        more: vec![format!("help: {}", refused.help)],
    })
}

/// Returns what restarts (an activation, or the item itself), and because of which items.
fn restarts(plan: &PlanDocument) -> IndexMap<String, Vec<String>> {
    let mut restarts: IndexMap<String, Vec<String>> = IndexMap::new();
    let is_new = |name: &Option<String>| {
        let of = |item: &&ShownItem| name.is_some() && item.activation == *name;
        let mut services = plan.items.iter().filter(of).filter(|item| is_service(item)).peekable();
        services.peek().is_some() && services.all(|item| item.action == ShownAction::Create)
    };
    // A service created by this plan interrupts nobody.
    let interrupts =
        |item: &&ShownItem| item.effect == Some(Effect::Restart) && !is_new(&item.activation);
    for item in plan.items.iter().filter(interrupts) {
        let service = item.activation.clone().unwrap_or_else(|| item.address.clone());
        restarts.entry(service).or_default().push(item.address.clone());
    }
    restarts
}

fn is_service(item: &ShownItem) -> bool {
    Address::written(&item.address).unit().is_some()
}
