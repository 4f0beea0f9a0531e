//! The scope of a partial plan: which changes are added to it, and which are left out.

use crate::diagnostic::counted;
use crate::plan::shown::PlanDocument;
use crate::plan::{ScopeReason, Scoped};
use crate::render::page::Page;
use crate::render::phrases::one_line;
use crate::render::style::TextRole;

/// Writes the scope; nothing for a plan of the whole spec.
pub(super) fn write(plan: &PlanDocument, page: &mut Page) {
    let Some(scope) = &plan.scope else { return };
    page.gap();
    page.painted(TextRole::Heading, &title(scope));
    page.inside(|page| lines(scope).iter().for_each(|line| page.prose(None, line)));
}

/// Formats `--only nginx: a part of the spec, 3 changes left out`.
pub(super) fn title(scope: &Scoped) -> String {
    let omitted = match scope.omitted.len() {
        0 => "nothing skipped".to_owned(),
        number => format!("{} skipped", counted(number, "change")),
    };
    format!("{}: part of the spec, {omitted}", one_line(&scope.options()))
}

/// Returns a line for each change that is added or left out.
pub(super) fn lines(scope: &Scoped) -> Vec<String> {
    let line = |what: &str, one: &ScopeReason| {
        format!("{what} {}: {}", one_line(&one.address), one_line(&one.why))
    };
    let with = scope.with.iter().map(|one| line("with", one));
    with.chain(scope.omitted.iter().map(|one| line("without", one))).collect()
}
