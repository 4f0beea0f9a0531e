//! Reads and writes saved plans.

use crate::atomic_file;
use crate::bounded;
use crate::diagnostic::{Diagnostic, Exit, shell_path, visible};
use crate::plan::PlanDocument;
use crate::plan::shown::{MAX_BYTES, ShownValue};
use crate::resource::Address;
use std::path::Path;

/// The most differences from an approved plan that are shown.
const DIFFERENCES: usize = 30;

/// Reads a plan, which anyone may have written.
pub(super) fn read(path: &Path) -> Result<PlanDocument, Diagnostic> {
    let name = visible(&path.display().to_string());
    let text = bounded::read_text(path, MAX_BYTES).map_err(|error| {
        Diagnostic::error("plan/unreadable", format!("{name} cannot be read: {error}"))
            .help("`matrixform plan SPEC --out FILE` writes a plan")
    })?;
    if path.extension().is_some_and(|end| end == "toml") {
        let message = format!("{name} is a spec, or a part of one, not a saved plan");
        let word = shell_path(&path.display().to_string());
        return Err(Diagnostic::error("plan/unreadable", message).help(format!(
            "`matrixform plan {word} --out FILE` writes a plan; `matrixform explain OPTION {word}` shows what an option is set to"
        )));
    }
    PlanDocument::of_file(&text, &name)
}

/// Writes a plan, whole or not at all.
pub(super) fn write(path: &Path, plan: &PlanDocument) -> Result<(), Diagnostic> {
    atomic_file::replace(path, plan.to_file().as_bytes(), None).map_err(|error| {
        let message = format!("{} cannot be written: {error}", path.display());
        Diagnostic::error("plan/unwritten", message)
    })
}

/// Returns whether a resource could not be read when the plan was approved.
pub(super) fn is_unseen(approved: &PlanDocument, address: &Address) -> bool {
    let address = address.to_string();
    let item = approved.items.iter().find(|item| item.address == address);
    item.is_some_and(|item| {
        item.differences.iter().any(|one| matches!(one.from, ShownValue::Unknown { .. }))
    })
}

/// Returns an error if a plan is not the approved one; `unfit` lists why the secrets here do not match it.
pub(super) fn fits(
    now: &PlanDocument,
    approved: &PlanDocument,
    unfit: Vec<String>,
) -> Result<(), Diagnostic> {
    let mut differences = unfit;
    differences.extend(now.differs_from(approved));
    if differences.is_empty() {
        return Ok(());
    }
    let message = format!("the approved plan {} no longer fits", short(&approved.id));
    let shown = differences.iter().take(DIFFERENCES);
    let mut problem = shown
        .fold(Diagnostic::error("plan/stale", message).exit(Exit::Stale), |problem, line| {
            problem.note_line(line.as_str())
        });
    if differences.len() > DIFFERENCES {
        problem = problem.note_line(format!("and {} more", differences.len() - DIFFERENCES));
    }
    Err(problem.help(format!(
        "nothing was changed; make a new plan, which would now be {}, and have it approved",
        short(&now.id)
    )))
}

/// Returns the start of an id, enough to tell plans apart by eye.
fn short(id: &str) -> String {
    id.chars().take(16).collect()
}
