//! Applies the strictest check to a new spec before anything is written: warnings count too.

use crate::cli::parsed_spec::ParsedSpec;
use crate::diagnostic::{Diagnostic, Level, Place, Problems, Source};
use crate::module::Modules;
use crate::spec::files::InMemory;
use std::path::Path;

/// The code of the note with the text for another web server.
const ELSEWHERE: &str = "MF069";

/// The options of a new spec, and the flags that answer them.
const FLAGS: [(&str, &str); 13] = [
    ("address", "host"),
    ("user", "user"),
    ("port", "port"),
    ("host_key", "host-key"),
    ("server_name", "server-name"),
    ("public_baseurl", "public-name"),
    ("served_by", "web-site"),
    ("contacts", "contact"),
    ("admin_contact", "contact"),
    ("profile", "profile"),
    ("registration.mode", "registration"),
    ("provider", "tls"),
    ("chain", "chain"),
];

/// The findings about a new spec.
#[derive(Default)]
pub(super) struct InitVerdict {
    /// Errors and warnings.
    pub(super) found: Problems,
    /// Notes on what to do elsewhere.
    pub(super) notes: Problems,
}

impl InitVerdict {
    /// Returns whether nothing was found but warnings.
    pub(super) fn only_warns(&self) -> bool {
        self.found.iter().all(|one| one.level < Level::Error)
    }

    /// Returns the flag whose answer the first finding is about.
    pub(super) fn about(&self) -> Option<&'static str> {
        self.found.iter().find_map(|one| one.place.as_ref().and_then(|(place, _)| flag_at(place)))
    }

    /// Turns all findings into errors, for when there is no one to ask.
    pub(super) fn strictly(self, path: &Path) -> Result<Problems, Problems> {
        if self.found.is_empty() {
            return Ok(self.notes);
        }
        let found = self.found.into_iter();
        let mut found: Problems =
            found.map(|problem| Diagnostic { level: Level::Error, ..problem }).collect();
        found.push(unwritten(path));
        Err(found)
    }
}

/// Reviews a spec with these files beside it.
pub(super) fn review(path: &Path, text: &str, files: InMemory, modules: &Modules) -> InitVerdict {
    let source = Source::new(path.display().to_string(), text);
    let directory = path.parent().unwrap_or(path);
    let parsed = match ParsedSpec::unwritten(&source, files, modules.clone(), directory) {
        Ok(parsed) => parsed,
        Err(found) => return InitVerdict { found, ..InitVerdict::default() },
    };
    let (found, notes): (Problems, Problems) =
        parsed.review().into_iter().partition(|problem| problem.level >= Level::Warning);
    InitVerdict { found, notes: notes.into_iter().filter(|note| note.code == ELSEWHERE).collect() }
}

/// Returns the note, after the problems, that the spec was not written.
pub(super) fn unwritten(path: &Path) -> Diagnostic {
    let message =
        format!("{} would be written with these answers; nothing was written", path.display());
    Diagnostic::note("init/unwritten", message)
}

fn flag_at(place: &Place) -> Option<&'static str> {
    let (line, _) = place.line_column();
    let line = place.source.text.lines().nth(line - 1)?;
    let key = line.split_once('=')?.0.trim();
    FLAGS.iter().find(|(option, _)| *option == key).map(|(_, flag)| *flag)
}
