//! Holds a new spec to the strictest check before anything is written: a warning stops it too.

use crate::cli::draft::Draft;
use crate::diagnostic::{Diagnostic, Level, Problems, Source};
use crate::module::Modules;
use crate::spec::files::InMemory;
use std::path::Path;

/// The note with the text for another web server.
const ELSEWHERE: &str = "MF069";

/// Whether the spec is right, with these files beside it; then what is to be done elsewhere.
pub(super) fn judge(
    path: &Path,
    text: &str,
    files: InMemory,
    modules: &Modules,
) -> Result<Problems, Problems> {
    let source = Source::new(path.display().to_string(), text);
    let folder = path.parent().unwrap_or(path);
    let draft = Draft::unwritten(&source, files, modules.clone(), folder)
        .map_err(|problems| unwritten(path, problems))?;
    let (found, notes): (Problems, Problems) =
        draft.review().into_iter().partition(|problem| problem.level >= Level::Warning);
    let found = found.into_iter();
    let found: Problems =
        found.map(|problem| Diagnostic { level: Level::Error, ..problem }).collect();
    match found.is_empty() {
        true => Ok(notes.into_iter().filter(|note| note.code == ELSEWHERE).collect()),
        false => Err(unwritten(path, found)),
    }
}

/// The problems of a spec that exists nowhere yet, with a word on that.
fn unwritten(path: &Path, mut problems: Problems) -> Problems {
    let message =
        format!("{} is what these answers would give; nothing was written", path.display());
    problems.push(Diagnostic::note("init/unwritten", message));
    problems
}
