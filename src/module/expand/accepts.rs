//! Checks the `[[accept]]` entries of a spec: an unknown id, a finding that cannot be accepted, a missing reason, or
//! nothing left to accept.

use super::findings::FindingResults;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::Modules;
use crate::module::manifest::Finding;
use crate::spec::{Accepted, Spec};

/// Errors and warnings about what the spec accepts.
pub(super) fn accepts(spec: &Spec, modules: &Modules, results: &FindingResults) -> Problems {
    let findings: Vec<&Finding> = modules.iter().flat_map(|module| &module.findings).collect();
    let accepted = spec.accepted.iter().enumerate();
    accepted
        .filter_map(|(index, accepted)| {
            let earlier = spec.accepted.iter().take(index);
            let twice = earlier.into_iter().find(|earlier| earlier.id == accepted.id);
            wrong(accepted, twice, &findings, results).map(|problem| problem.at(&accepted.place))
        })
        .collect()
}

fn wrong(
    accepted: &Accepted,
    twice: Option<&Accepted>,
    findings: &[&Finding],
    results: &FindingResults,
) -> Option<Diagnostic> {
    let id = &accepted.id;
    let Some(finding) = findings.iter().find(|finding| finding.id == *id) else {
        let problem = Diagnostic::error("accept/unknown", format!("there is no finding `{id}`"));
        return Some(problem.help("its id is at the end of its message, such as `MF053`"));
    };
    if let Some(twice) = twice {
        let problem = Diagnostic::error("accept/twice", format!("`{id}` is accepted twice"));
        return Some(problem.see(&twice.place, "also here"));
    }
    if accepted.reason.trim().is_empty() {
        let problem =
            Diagnostic::error("accept/reason", format!("`{id}` is accepted without a reason"));
        return Some(
            problem.help("say in `reason` why it is fine here, for the next reader of the spec"),
        );
    }
    if !finding.can_be_accepted() {
        let problem = Diagnostic::error("accept/never", format!("`{id}` cannot be accepted"));
        return Some(
            problem
                .help("fix what it reports: without that, the server does not work or is not safe"),
        );
    }
    if results.fired.contains(id) || results.unknown.contains(id) {
        return None;
    }
    let message = format!("accepting `{id}` is no longer needed: the finding no longer applies");
    Some(Diagnostic::warning("accept/unneeded", message).help("remove this `[[accept]]`"))
}
