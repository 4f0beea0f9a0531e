//! The findings of the modules about this spec. Each points to the line of the spec that it is about; errors stop the
//! run, warnings stay with the plan unless the spec accepts them.

use super::about::about;
use super::run::Runner;
use super::scope::EvalFrame;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::manifest::{Finding, FindingLevel, Manifest};
use crate::module::settings::Section;
use crate::resource::Surveyed;
use crate::spec::{Accepted, REPLACES, Spec};
use std::collections::BTreeSet;

/// The findings so far, and those that could not be evaluated.
#[derive(Default)]
pub(super) struct FindingResults {
    /// Errors, warnings and notes.
    pub(super) problems: Problems,
    /// The ids of the findings that fired, accepted or not.
    pub(super) fired: BTreeSet<String>,
    /// The ids of findings that could not be evaluated.
    pub(super) unknown: BTreeSet<String>,
    /// The findings that only the host can decide.
    pub(super) surveyed: Vec<Surveyed>,
}

impl FindingResults {
    /// Adds the messages of a module's finding. An error is the reason it cannot be evaluated.
    pub(super) fn evaluate(
        &mut self,
        (runner, frame): (&Runner, &EvalFrame),
        spec: &Spec,
        of: (&Manifest, &Section, &Finding),
        with_advice: bool,
    ) -> Result<(), Problems> {
        let (.., finding) = of;
        let id = finding.id.clone();
        let found = match diagnose_each((runner, frame), spec, of) {
            Ok(found) => found,
            Err(problems) => {
                self.unknown.insert(id);
                return Err(problems);
            }
        };
        if let Some(activation) = &finding.survey {
            self.unknown.insert(id);
            self.surveyed.extend(
                found
                    .into_iter()
                    .flatten()
                    .map(|problem| Surveyed { activation: activation.clone(), problem }),
            );
            return Ok(());
        }
        if !found.is_empty() {
            self.fired.insert(id);
        }
        if with_advice || finding.level != FindingLevel::Advice {
            self.problems.extend(found.into_iter().flatten());
        }
        Ok(())
    }
}

/// The messages for each item of the finding's list, or the one for the module.
fn diagnose_each(
    (runner, frame): (&Runner, &EvalFrame),
    spec: &Spec,
    (manifest, section, finding): (&Manifest, &Section, &Finding),
) -> Result<Vec<Option<Diagnostic>>, Problems> {
    let by = finding.for_each.as_ref();
    let frames = runner.frames(by, Some(&finding.condition), frame)?;
    super::run::all_or_reported(frames.iter().map(|(index, frame)| {
        let at = finding.at.as_ref().map(|at| runner.plain(at, frame)).transpose()?;
        let place = about(manifest, section, finding, *index, at.as_deref());
        let problem = diagnose((runner, frame), spec, finding, &place)?;
        Ok(problem.map(|problem| if is_layered(section) { with_rule(problem) } else { problem }))
    }))
}

/// Whether entries of a list come from several files.
fn is_layered(section: &Section) -> bool {
    let mut files = section.entries.iter().map(|entry| &entry.node.place.source.name);
    let first = files.next();
    files.any(|file| Some(file) != first)
}

/// Adds to the help the rule by which entries of several files are combined.
fn with_rule(mut problem: Diagnostic) -> Diagnostic {
    problem.help = Some(match problem.help {
        Some(help) => format!("{help} ({REPLACES})"),
        None => REPLACES.to_owned(),
    });
    problem
}

/// The message; none if the finding is a note or advice that the spec accepts.
fn diagnose(
    (runner, frame): (&Runner, &EvalFrame),
    spec: &Spec,
    finding: &Finding,
    place: &Place,
) -> Result<Option<Diagnostic>, Problems> {
    let id = &finding.id;
    let message = format!("{} ({id})", runner.plain(&finding.message, frame)?.trim());
    let fix = runner.plain(&finding.fix, frame)?.trim_end().to_owned();
    let counts = |one: &&Accepted| one.id == *id && !one.reason.trim().is_empty();
    let accepted = spec.accepted.iter().find(counts);
    if let Some(accepted) = accepted.filter(|_| finding.can_be_accepted()) {
        return Ok(as_accepted(finding, message, accepted));
    }
    let problem = match finding.level {
        FindingLevel::Error => Diagnostic::error(id.clone(), message),
        FindingLevel::Warning => Diagnostic::warning(id.clone(), message),
        FindingLevel::Note | FindingLevel::Advice => Diagnostic::note(id.clone(), message),
    };
    let problem = problem.at(place);
    Ok(Some(if fix.is_empty() { problem } else { problem.help(fix) }))
}

fn as_accepted(finding: &Finding, message: String, accepted: &Accepted) -> Option<Diagnostic> {
    let message = format!("{message}: accepted, {}", accepted.reason);
    let note = || Diagnostic::note(finding.id.clone(), message).at(&accepted.place).in_brief();
    matches!(finding.level, FindingLevel::Error | FindingLevel::Warning).then(note)
}
