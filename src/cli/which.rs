//! Finds the spec that a command is about: the one that was named, or the only one in `inventory/`.

use crate::diagnostic::{Diagnostic, Exit, Problems, nearest, visible};
use crate::secret::check_name;
use crate::spec::{specs_among, stays_inside};
use std::path::{Path, PathBuf};

/// Returns the spec that was named, or the only one in `inventory/`; `verb` is the command that was called.
pub(super) fn which(spec: Option<&PathBuf>, verb: &str) -> Result<PathBuf, Problems> {
    if let Some(path) = spec {
        return named(path);
    }
    match inventory().as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(no_specs(verb)),
        many => {
            let names: Vec<String> = many.iter().map(|path| path.display().to_string()).collect();
            Err(usage(verb, &format!("no spec given, and there are several: {}", names.join(", "))))
        }
    }
}

/// Returns the file that was named. A bare name such as `prod` means `inventory/prod.toml`, unless a file `prod`
/// exists here.
pub(super) fn named(path: &Path) -> Result<PathBuf, Problems> {
    let is_there = std::fs::symlink_metadata(path).is_ok() && !path.is_dir();
    let bare = path.to_str().filter(|name| !is_there && !name.contains('/'));
    // `.` and `..` are folders, not names.
    let Some(name) = bare.filter(|name| !name.starts_with('.')) else { return Ok(path.to_owned()) };
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    let inside = Path::new("inventory").join(format!("{stem}.toml"));
    if inside.is_file() {
        return Ok(inside);
    }
    let shown = visible(&inside.display().to_string());
    let why = if path.is_dir() { "is a directory" } else { "does not exist" };
    let message = format!("{} {why}, and there is no {shown}", visible(name));
    Err(vec![Diagnostic::error("cli/no-spec", message).help(near(stem))])
}

/// Suggests what the name of a missing spec may have meant.
fn near(stem: &str) -> String {
    let stems: Vec<String> = inventory().iter().filter_map(|path| short(path)).collect();
    match (nearest(stem, stems.iter().map(String::as_str)), stems.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}` (inventory/{near}.toml)?"),
        (None, []) => "`matrixform init` writes a first spec".to_owned(),
        (None, all) => format!("specs in `inventory/`: {}", all.join(", ")),
    }
}

/// Returns the name by which a spec in `inventory/` can be given.
pub(super) fn short(path: &Path) -> Option<String> {
    Some(path.file_stem()?.to_str()?.to_owned())
}

fn usage(verb: &str, message: &str) -> Problems {
    problem(message, name_it(verb))
}

/// The problem that no spec was given, and `inventory/` has none.
pub(super) fn no_specs(verb: &str) -> Problems {
    let help = format!("{}; `matrixform init` writes a first spec", name_it(verb));
    problem("no spec given, and `inventory/` has none", help)
}

fn name_it(verb: &str) -> String {
    format!("name it: `matrixform {verb} inventory/prod.toml`, or set MATRIXFORM_SPEC")
}

fn problem(message: &str, help: String) -> Problems {
    vec![Diagnostic::error("cli/no-spec", message).help(help).exit(Exit::Usage)]
}

/// Returns an error if a spec is given in place of a name; `what` and `write` are the name in message and help.
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
    let message = format!("`{spec}` is a spec; the {what} is missing");
    Err(vec![
        Diagnostic::error("cli/no-name", message)
            .help(format!("add it: `matrixform {verb} {spec} {write}`"))
            .exit(Exit::Usage),
    ])
}

/// Whether a word in the place of a spec can only be the name of a secret.
pub(super) fn is_secret(word: &str) -> bool {
    let is_there = |path: &str| std::fs::symlink_metadata(path).is_ok();
    let is_spec = word.ends_with(".toml") || word.starts_with("inventory/");
    check_name(word).is_ok() && !is_spec && !is_there(word) && !is_there(&format!("{word}.toml"))
}

/// Returns an error if the name of a secret is given in place of the spec, before `names`.
pub(super) fn no_secret(
    spec: Option<&PathBuf>,
    names: &[String],
    verb: &str,
) -> Result<(), Problems> {
    let first = spec.and_then(|path| path.to_str()).filter(|name| is_secret(name));
    let Some(first) = first else { return Ok(()) };
    let spec = match inventory().as_slice() {
        [one] => visible(&one.display().to_string()),
        _ => "inventory/prod.toml".to_owned(),
    };
    let message = format!("there is no spec `{first}`: it looks like the name of a secret");
    Err(vec![
        Diagnostic::error("cli/no-spec", message)
            .help(format!(
                "name the spec first: `matrixform {verb} {spec} {first} {}`",
                names.join(" ")
            ))
            .exit(Exit::Usage),
    ])
}

/// Returns all specs of `inventory/`, sorted. Files that only others include are not specs.
pub(super) fn inventory() -> Vec<PathBuf> {
    specs_in(Path::new("inventory"))
}

/// Returns all specs of a folder, as `inventory` does.
pub(super) fn specs_in(folder: &Path) -> Vec<PathBuf> {
    specs_among(files_in(folder))
}

/// Returns all files of a folder that may be specs by their names, sorted; opens none. Hidden ones are an editor's.
pub(super) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_hidden = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
    };
    let is_spec = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "toml") && !is_hidden(path) && !path.is_dir()
    };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_spec).collect();
    found.sort();
    found
}

/// Refuses to open someone else's spec that is not a file of its repository.
pub(super) fn refuse_outside(path: &Path) -> Result<(), Problems> {
    stays_inside(path).map_err(|why| {
        let message = format!("{} is not read: {why}", visible(&path.display().to_string()));
        vec![Diagnostic::error("spec/unreadable", message)]
    })
}
