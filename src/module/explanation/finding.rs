//! A finding: its message, its condition, what to do, and how to accept it.

use super::About;
use super::page::{ExplanationPage, row, whole};
use super::sites::of_finding;
use super::{at, options::options, uses};
use crate::diagnostic::Diagnostic;
use crate::module::Manifest;
use crate::module::findings_reference::elided;
use crate::module::manifest::{Finding, FindingLevel};

/// The page of a finding.
pub(super) fn page(about: &About<'_>, manifest: &Manifest, finding: &Finding) -> ExplanationPage {
    let mut page = ExplanationPage::new(finding.id.clone());
    let what = match finding.level {
        FindingLevel::Error => "matrixform does not connect to the host while it applies.",
        FindingLevel::Warning => "Shown with every plan until you fix or accept it.",
        FindingLevel::Note => "Shown with every plan; nothing is wrong.",
        FindingLevel::Advice => "Shown only by `check`.",
    };
    let level = finding.level.as_str();
    page.sentence(elided(&finding.message.text));
    page.sentence(finding.why.clone().unwrap_or_default());
    let mut rows = vec![
        row("level", format!("{level}: {what}")),
        match &finding.survey {
            None => row("applies if", whole(&finding.condition.text)),
            Some(name) if reports(manifest, name) => {
                row("found", "on the host, whenever it is looked at")
            }
            Some(name) => row("found", format!("on the host, before `{name}` changes")),
        },
    ];
    // Text to paste elsewhere keeps its lines.
    let mut fix = finding.fix.text.trim().lines();
    rows.push(row("what to do", elided(fix.next().unwrap_or_default())));
    rows.extend(fix.map(|more| row("", more)));
    rows.push(row("declared", at(&finding.place)));
    page.part("finding", rows);
    page.part("options that it reads", read(about, finding));
    page.sentence(
        finding.accept.as_ref().map_or(String::new(), |when| format!("Fine when: {when}")),
    );
    if finding.can_be_accepted() {
        let lines = [
            "[[accept]]".to_owned(),
            format!("id = \"{}\"", finding.id),
            "reason = \"…\"".to_owned(),
        ];
        page.part("to accept it", lines.into_iter().map(|line| row("", line)).collect());
    }
    page.part("in this spec", occurrences(about, manifest, finding));
    page
}

/// Whether this activation has a `reports` command, which runs every time the host is observed.
fn reports(manifest: &Manifest, activation: &str) -> bool {
    manifest.activations.iter().any(|form| form.name == activation && form.reports.is_some())
}

/// The options that a finding reads, rather than the values derived from them.
fn read(about: &About<'_>, finding: &Finding) -> Vec<(String, String)> {
    let chains = of_finding(finding);
    let all: Vec<&Manifest> = about.known.modules.iter().collect();
    let read = options(about.known.modules).into_iter().filter(|option| {
        let names = option.chain();
        let whole =
            |chain: &Vec<String>| chain.len() >= names.len() && uses::reads(&all, chain, &names);
        chains.iter().any(|chain| whole(&chain.names))
    });
    read.map(|option| row(option.name(), super::option::value(about, &option))).collect()
}

fn occurrences(about: &About<'_>, manifest: &Manifest, finding: &Finding) -> Vec<(String, String)> {
    let (Some(wanted), Some(spec)) = (&about.wanted, about.spec()) else { return Vec::new() };
    let end = format!("({})", finding.id);
    let own_notes = wanted.notes.iter().filter(|note| note.message.contains(&end));
    let rows: Vec<(String, String)> = own_notes
        .map(|note| {
            let place = note.place.as_ref().map(|(place, _)| place.to_string());
            row(place.unwrap_or_default(), whole(&note.message))
        })
        .collect();
    // An accepted note is no longer shown, but still holds.
    let accepted = spec.accepted.iter().find(|one| one.id == finding.id).filter(|one| {
        let at = |note: &Diagnostic| note.place.as_ref().is_some_and(|(at, _)| *at == one.place);
        !wanted.notes.iter().any(|note| note.code == "accept/unneeded" && at(note))
    });
    match (rows.is_empty(), accepted) {
        (false, _) => rows,
        (true, None) if finding.survey.is_some() => Vec::new(),
        (true, Some(accepted)) => {
            vec![row(
                accepted.place.to_string(),
                format!("applies, and is accepted: {}", accepted.reason),
            )]
        }
        _ if spec.sections.contains_key(&manifest.name) => vec![row("does not apply", "")],
        _ => vec![row("does not apply", format!("there is no `{}` in this spec", manifest.name))],
    }
}
