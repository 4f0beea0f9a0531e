//! Which spec a command is about: the one that was named, or the only one of `inventory/`.

use crate::diagnostic::{Diagnostic, Exit, Problems, visible};
use crate::spec::{specs_among, stays_inside};
use std::path::{Path, PathBuf};

/// The spec that was named, or the only one of `inventory/`; `verb` is what was asked for.
pub(super) fn which(spec: Option<&PathBuf>, verb: &str) -> Result<PathBuf, Problems> {
    if let Some(path) = spec {
        return Ok(path.clone());
    }
    match inventory().as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(usage(verb, "no spec was named, and there is none in `inventory/`")),
        many => {
            let names: Vec<String> = many.iter().map(|path| path.display().to_string()).collect();
            Err(usage(
                verb,
                &format!("no spec was named, and there are several: {}", names.join(", ")),
            ))
        }
    }
}

pub(super) fn usage(verb: &str, message: &str) -> Problems {
    let help = format!("name it: `matrixform {verb} inventory/prod.toml`, or set MATRIXFORM_SPEC");
    vec![Diagnostic::error("cli/no-spec", message).help(help).exit(Exit::Usage)]
}

/// An error where a spec stands in the place of a name: of a `what`, as `write` shows it.
pub(super) fn no_spec(
    names: &[String],
    what: &str,
    verb: &str,
    write: &str,
) -> Result<(), Problems> {
    let is_spec = |name: &&String| {
        let path = Path::new(name.as_str());
        path.extension().is_some_and(|end| end == "toml") && (path.is_file() || !name.contains('/'))
    };
    let Some(spec) = names.iter().find(is_spec) else { return Ok(()) };
    let message = format!("`{spec}` is a spec: no {what} is named");
    Err(vec![
        Diagnostic::error("cli/no-name", message)
            .help(format!("name one behind it: `matrixform {verb} {spec} {write}`"))
            .exit(Exit::Usage),
    ])
}

/// All specs of `inventory/`, sorted; what they share is none by itself.
pub(super) fn inventory() -> Vec<PathBuf> {
    specs_in(Path::new("inventory"))
}

/// All specs of a folder, likewise.
pub(super) fn specs_in(folder: &Path) -> Vec<PathBuf> {
    specs_among(files_in(folder))
}

/// All files of a folder that may be specs by their name, sorted; none is opened.
pub(super) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_spec = |path: &PathBuf| path.extension().is_some_and(|end| end == "toml");
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_spec).collect();
    found.sort();
    found
}

/// Refuses to open a spec of somebody else that is no file of its repository.
pub(super) fn refuse_outside(path: &Path) -> Result<(), Problems> {
    stays_inside(path).map_err(|why| {
        let message = format!("{} is not read: {why}", visible(&path.display().to_string()));
        vec![Diagnostic::error("spec/unreadable", message)]
    })
}
