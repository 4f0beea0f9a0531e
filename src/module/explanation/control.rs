//! A control: what `verify` tests from outside, and what to do if it fails. Controls that share an id are one step of
//! `verify` and one page.

use super::page::{ExplanationPage, row, whole};
use super::{About, at};
use crate::module::Modules;
use crate::module::manifest::ControlForm;

/// The page of a control.
pub(super) fn page(about: &About<'_>, id: &str) -> ExplanationPage {
    let mut page = ExplanationPage::new(format!("control {id}"));
    page.sentence("Tested from outside by `matrixform verify`.");
    for control in all(about.known.modules).filter(|control| control.id == id) {
        let mut rows = vec![row("threat", control.threat.clone())];
        rows.extend(control.when.iter().map(|when| row("applies if", whole(&when.text))));
        rows.extend(control.for_each.iter().map(|each| row("for each of", whole(&each.text))));
        rows.extend(control.fix.iter().map(|fix| row("what to do", whole(&fix.text))));
        rows.push(row("declared", at(&control.place)));
        page.part(&whole(&control.title.text), rows);
    }
    page
}

/// All controls of all modules.
pub(super) fn all(modules: &Modules) -> impl Iterator<Item = &ControlForm> {
    modules.iter().flat_map(|one| &one.controls)
}
