//! What the modules have to say about this spec. Each finding points to the line of the spec that it
//! is about; errors stop the run, warnings stay with the plan unless the spec accepts them.

use super::run::Runner;
use super::scope::Frame;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::manifest::{Finding, FindingLevel, Manifest};
use crate::module::settings::Section;
use crate::module::syntax::References;
use crate::spec::Spec;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// What a finding of a module says: errors, warnings, notes, and accepted ones as notes.
pub(super) fn findings(
    runner: &Runner,
    frame: &Frame,
    spec: &Spec,
    (manifest, section, finding): (&Manifest, &Section, &Finding),
) -> Result<Problems, Problems> {
    let by = finding.for_each.as_ref();
    let frames = runner.frames(by, Some(&finding.condition), frame)?;
    super::run::all_or_told(frames.iter().map(|(index, frame)| {
        let place = place(manifest, section, finding, *index);
        say(runner, frame, spec, finding, &place)
    }))
}

fn say(
    runner: &Runner,
    frame: &Frame,
    spec: &Spec,
    finding: &Finding,
    place: &Place,
) -> Result<Diagnostic, Problems> {
    let id = &finding.id;
    let message = format!("{} ({id})", runner.plain(&finding.message, frame)?.trim());
    let fix = runner.plain(&finding.fix, frame)?.trim_end().to_owned();
    let accepted = spec.accepted.iter().find(|accepted| accepted.id == *id);
    let problem = match (finding.level, accepted) {
        (FindingLevel::Error, _) => Diagnostic::error(code(id), message),
        (FindingLevel::Note, _) => Diagnostic::note(code(id), message),
        (FindingLevel::Warning, None) => Diagnostic::warning(code(id), message),
        (FindingLevel::Warning, Some(accepted)) => {
            let message = format!("{message}: accepted, {}", accepted.reason);
            return Ok(Diagnostic::note(code(id), message).at(&accepted.place));
        }
    };
    Ok(if fix.is_empty() { problem.at(place) } else { problem.at(place).help(fix) })
}

/// The line of the spec that a finding is about: the first parameter that its condition reads and
/// that the spec says, else the entry of the list, else the section.
fn place(manifest: &Manifest, section: &Section, finding: &Finding, index: usize) -> Place {
    let mut read = References::default();
    read.expression(&finding.condition);
    let own_list = finding.for_each.as_ref();
    let own_list = own_list.is_some_and(|list| list.text == format!("{}.list", manifest.name));
    let entry = section.entries.get(if own_list { index } else { 0 });
    let table = entry.and_then(|entry| entry.node.as_table());
    let root = if own_list { "item" } else { manifest.name.as_str() };
    let names = read.0.iter().filter(|(of, _)| of == root).map(|(_, name)| name);
    let said = names.filter_map(|name| table?.get(name)).next();
    match (said, entry) {
        (Some(said), _) => said.key.clone(),
        (None, Some(entry)) if own_list => entry.node.place.clone(),
        _ => section.place.clone(),
    }
}

/// Ids come from manifests and codes are static: each id is kept once for the life of the process.
fn code(id: &str) -> &'static str {
    static IDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut ids = IDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = ids.get(id) {
        return known;
    }
    let kept: &'static str = Box::leak(id.to_owned().into_boxed_str());
    ids.insert(kept);
    kept
}
