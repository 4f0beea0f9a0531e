//! Compares two specs: makes the plan of the second for a host that matches the first.

use super::side::DiffSide;
use crate::cli::known_facts::{RELEASE, recorded, release};
use crate::cli::saved_facts;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::facts::Facts;
use crate::plan::shown::{PlanInputs, sha256_of_all};
use crate::plan::{Packages, Plan, PlanDocument, between, secret_names};
use crate::resource::Wanted;
use crate::secret::StandIns;
use std::collections::BTreeSet;
use std::path::Path;

/// The most resources in only one of the specs that are listed.
const LISTED: usize = 20;

/// The result of a comparison.
pub(super) struct ComparedSpecs {
    /// The facts it is based on, in a sentence.
    pub(super) by: String,
    /// Findings about HEAD.
    pub(super) notes: Problems,
    /// The plan.
    pub(super) shown: PlanDocument,
}

/// Compares two specs; `on` is a release to assume instead of the saved facts.
pub(super) fn compare(
    base: &Path,
    head: &Path,
    on: Option<&str>,
) -> Result<ComparedSpecs, Problems> {
    let (facts, by) = facts(base, on)?;
    let mut before = DiffSide::read(base, &facts, &StandIns { in_use: None })?;
    let in_use = secret_names(&before.wanted);
    let mut after = DiffSide::read(head, &facts, &StandIns { in_use: Some(&in_use) })?;
    let at_first = recorded(release(&facts).as_deref().unwrap_or(RELEASE))?;
    let packages = Packages {
        installed: &facts.packages,
        candidates: &facts.candidates,
        at_first: &at_first.packages,
    };
    let place = Place::new(&after.spec.source, 0..0);
    let host = after.spec.host.address.clone();
    let is_partial = !after.unread.is_empty();
    // If a side is incomplete, what it lacks is unknown.
    let alone = alone(&before.wanted, &after.wanted);
    let mut plan =
        between(before.planned(), after.planned(), &host, &packages, &place, is_partial)?;
    plan.risks = elsewhere(&before, &after);
    plan.notes.extend(unread(&before, &after, &alone));
    let mut facts_read = before.expansion.facts;
    facts_read.extend(after.expansion.facts);
    let bound = PlanInputs {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        installation: after.spec.id.text.clone(),
        spec: sha256_of_all(after.spec.texts()),
        host_key: None,
        machine: None,
        facts: facts_read,
    };
    let plan = Plan { remarks: vec![by.clone()], ..plan };
    let shown = PlanDocument::of(&plan, bound, after.spec.base()).sealed();
    Ok(ComparedSpecs { by, notes: after.expansion.notes, shown })
}

/// Returns the facts, and where they come from.
fn facts(base: &Path, on: Option<&str>) -> Result<(Facts, String), Problems> {
    if let Some(release) = on {
        return Ok((recorded(release)?, format!("facts recorded for a fresh {release} host")));
    }
    let file = saved_facts::path(base);
    let file = file.file_name().unwrap_or_default().to_string_lossy();
    if let Some(facts) = saved_facts::read(base).map_err(|problem| vec![problem])? {
        return Ok((facts, format!("facts from {file} beside the first spec")));
    }
    let by = format!(
        "facts recorded for a fresh {RELEASE} host: there is no {file} (create it with `matrixform facts SPEC --save`)"
    );
    Ok((recorded(RELEASE)?, by))
}

/// Returns the addresses that only one side has.
fn alone(before: &[Wanted], after: &[Wanted]) -> BTreeSet<String> {
    let addresses = |side: &[Wanted]| -> BTreeSet<String> {
        side.iter().map(|item| item.address().to_string()).collect()
    };
    addresses(before).symmetric_difference(&addresses(after)).cloned().collect()
}

/// Warns if the host or the installation differs: the plan may then not fit the host.
fn elsewhere(before: &DiffSide, after: &DiffSide) -> Vec<String> {
    let host = |side: &DiffSide| side.spec.host.address.clone();
    let id = |side: &DiffSide| side.spec.id.text.clone();
    let mut risks = Vec::new();
    if host(before) != host(after) {
        let (from, to) = (host(before), host(after));
        risks.push(format!(
            "the host changes from {from} to {to}; this plan is valid only if both are the same machine"
        ));
    }
    if id(before) != id(after) {
        let (from, to) = (id(before), id(after));
        risks.push(format!(
            "the installation changes from {from} to {to}; a host of one installation refuses the other"
        ));
    }
    risks
}

/// Warns about what is omitted because no environment variable is read.
fn unread(before: &DiffSide, after: &DiffSide, known: &BTreeSet<String>) -> Option<Diagnostic> {
    let names: Vec<String> =
        before.unread.union(&after.unread).map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "environment variables are not read, so what depends on {} is omitted; removals are not shown",
        names.join(", ")
    );
    let warning = Diagnostic::warning("diff/unread", message);
    let lines =
        known.iter().take(LISTED).map(|address| format!("in only one of the specs: {address}"));
    Some(lines.fold(warning, Diagnostic::note_line))
}
