//! Finds the spec that a command is about: the one that was named, or the only one in `inventory/`.

use crate::diagnostic::{Diagnostic, Exit, Problems, nearest, quote, shell_path, visible};
use crate::secret::check_name;
use crate::spec::{directory, has_host, specs_among, stays_inside};
use std::path::{Path, PathBuf};

/// Returns the spec that was named, or the only one in `inventory/`; `verb` is the command that was called.
pub(super) fn which(spec: Option<&PathBuf>, verb: &str) -> Result<PathBuf, Problems> {
    if let Some(path) = spec {
        return named(path);
    }
    match whole_inventory(verb)?.as_slice() {
        [one] => Ok(one.clone()),
        many => {
            let names: Vec<String> = many.iter().map(|path| path.display().to_string()).collect();
            Err(usage(verb, &format!("no spec given, and there are several: {}", names.join(", "))))
        }
    }
}

/// Returns the file that was named. A bare name such as `prod` means `inventory/prod.toml`, unless a file `prod`
/// exists here.
pub(super) fn named(path: &Path) -> Result<PathBuf, Problems> {
    let shown = visible(&path.display().to_string());
    if path == Path::new("-") {
        let help = "name a file; to read standard input, name `/dev/stdin`";
        return Err(missing("`-` is not a file, and a spec has to be one", help.to_owned()));
    }
    if path.is_dir() {
        return Err(missing(&format!("{shown} is a directory, not a spec"), inside_of(path)));
    }
    if let Ok(metadata) = std::fs::symlink_metadata(path) {
        if metadata.is_symlink() && !path.exists() {
            let target = std::fs::read_link(path).unwrap_or_default();
            let target = visible(&target.display().to_string());
            let message = format!("{shown} is a symlink to {target}, which does not exist");
            return Err(missing(&message, "correct or remove the symlink".to_owned()));
        }
        return Ok(path.to_owned());
    }
    let bare = path.to_str().filter(|name| !name.contains('/') && !name.starts_with('.'));
    let Some(name) = bare else {
        return Err(missing(&format!("{shown} does not exist"), near(path)));
    };
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    let inside = Path::new("inventory").join(format!("{stem}.toml"));
    if inside.is_file() {
        return Ok(inside);
    }
    let inside = visible(&inside.display().to_string());
    Err(missing(&format!("{shown} does not exist, and there is no {inside}"), near(path)))
}

fn missing(message: &str, help: String) -> Problems {
    vec![Diagnostic::error("cli/no-spec", message.to_owned()).help(help)]
}

/// Suggests what the name of a missing spec may have meant: a file beside it, in `inventory/` or, if the
/// current directory is `inventory/`, in it.
fn near(path: &Path) -> String {
    let local = specs_here(&directory(path));
    let inventory = inventory();
    let all: Vec<&PathBuf> = match local.is_empty() {
        true => inventory.iter().collect(),
        false => local.iter().chain(inventory.iter().filter(|one| !local.contains(one))).collect(),
    };
    let typed = path.file_name().unwrap_or_default().to_string_lossy();
    let names = all.iter().filter_map(|path| path.file_name()?.to_str());
    let stems: Vec<String> = all.iter().filter_map(|path| short(path)).collect();
    let found = nearest(&typed, names.chain(stems.iter().map(String::as_str)));
    let is_it = |path: &&&PathBuf| {
        found.is_some_and(|found| path.ends_with(found) || short(path).as_deref() == Some(found))
    };
    let shown = |path: &Path| visible(&path.display().to_string());
    match (all.iter().find(is_it), all.as_slice()) {
        (Some(near), _) => format!("did you mean {}?", shown(near)),
        (None, []) => "`matrixform init` writes a first spec".to_owned(),
        (None, all) => {
            let all: Vec<String> = all.iter().map(|path| shown(path)).collect();
            format!("specs here: {}", all.join(", "))
        }
    }
}

/// Suggests what to name instead of a directory.
fn inside_of(directory: &Path) -> String {
    let specs = specs_here(directory);
    let specs: Vec<String> =
        specs.iter().map(|path| visible(&path.display().to_string())).collect();
    match specs.is_empty() {
        true => "name a file, such as inventory/prod.toml".to_owned(),
        false => format!("name a spec in it: {}", specs.join(", ")),
    }
}

/// Returns the files of a directory that say which host they are for; a directory may hold other files in TOML.
fn specs_here(directory: &Path) -> Vec<PathBuf> {
    let found = files_in(directory).into_iter().filter(|path| has_host(path));
    // As they are typed: without a leading `./`.
    found.map(|path| path.strip_prefix(".").map(Path::to_owned).unwrap_or(path)).collect()
}

/// Returns the name by which a spec in `inventory/` can be given.
pub(super) fn short(path: &Path) -> Option<String> {
    Some(path.file_stem()?.to_str()?.to_owned())
}

fn usage(verb: &str, message: &str) -> Problems {
    problem(message, name_it(verb))
}

/// The problem that no spec was given, and `inventory/` has none.
fn empty_inventory_error(verb: &str) -> Problems {
    let message = match Path::new("inventory").is_dir() {
        true => "no spec given, and `inventory/` has none",
        false => "no spec given, and there is no directory `inventory/` here",
    };
    let help = match specs_here(Path::new(".")).first() {
        Some(spec) => {
            let spec = spec.display().to_string();
            format!("name the spec: `matrixform {verb} {}`", shell_path(&spec))
        }
        None => format!("{}; `matrixform init` writes a first spec", name_it(verb)),
    };
    problem(message, help)
}

/// Returns all specs of a directory that was named, as `inventory` does.
pub(super) fn specs_of(directory: &Path) -> Result<Vec<PathBuf>, Problems> {
    let specs = specs_in(directory);
    if !specs.is_empty() {
        return Ok(specs);
    }
    let directory = visible(&directory.display().to_string());
    let message = format!("{directory} has no specs: no file in it ends in `.toml`");
    Err(problem(&message, "name a spec, or a directory that has some".to_owned()))
}

/// Returns all specs of `inventory/`.
pub(super) fn whole_inventory(verb: &str) -> Result<Vec<PathBuf>, Problems> {
    let specs = inventory();
    if specs.is_empty() { Err(empty_inventory_error(verb)) } else { Ok(specs) }
}

fn name_it(verb: &str) -> String {
    format!("name it: `matrixform {verb} inventory/prod.toml`, or set MATRIXFORM_SPEC")
}

fn problem(message: &str, help: String) -> Problems {
    vec![Diagnostic::error("cli/no-spec", message).help(help).exit(Exit::Usage)]
}

/// Returns an error if a spec is given in place of a name; `given` is what stands in place of the spec, `what` and
/// `write` are the name in message and help.
pub(super) fn refuse_spec_as_name(
    given: Option<&PathBuf>,
    names: &[String],
    what: &str,
    verb: &str,
    write: &str,
) -> Result<(), Problems> {
    let first = given
        .and_then(|path| path.to_str())
        .filter(|_| given.is_some_and(|path| cannot_be_spec(path)));
    let Some(spec) = names.iter().find(|name| is_spec(name, first.is_some())) else {
        return Ok(());
    };
    let word = shell_path(spec);
    let (message, help) = match first {
        Some(first) => {
            let rest = names.iter().filter(|name| *name != spec).map(String::as_str);
            let rest: Vec<String> = std::iter::once(first).chain(rest).map(quote).collect();
            let rest = rest.join(" ");
            let message = format!("the spec comes before the {what}");
            (message, format!("write `matrixform {verb} {word} {rest}`"))
        }
        None => {
            let message = format!("`{spec}` is a spec; the {what} is missing");
            (message, format!("add it: `matrixform {verb} {word} {write}`"))
        }
    };
    Err(vec![Diagnostic::error("cli/no-name", message).help(help).exit(Exit::Usage)])
}

/// Whether an argument in place of a name is a spec; `alone` if it is the only one that can be: then `prod` is one as
/// well.
fn is_spec(arg: &str, alone: bool) -> bool {
    let path = Path::new(arg);
    let is_toml = path.extension().is_some_and(|end| end == "toml");
    let of_inventory = || Path::new("inventory").join(format!("{arg}.toml")).is_file();
    is_toml && (path.is_file() || !arg.contains('/'))
        || alone && !arg.contains('/') && of_inventory()
}

/// Whether the argument given as a spec cannot be one, even allowing for a typo in its extension.
fn cannot_be_spec(path: &Path) -> bool {
    path.extension().is_none_or(|end| end != "toml") && named(path).is_err()
}

/// Whether an argument in place of a spec can only be the name of a secret.
pub(super) fn is_secret(arg: &str) -> bool {
    let is_there = |path: &str| std::fs::symlink_metadata(path).is_ok();
    let is_spec = arg.ends_with(".toml") || arg.starts_with("inventory/");
    check_name(arg).is_ok() && !is_spec && !is_there(arg) && !is_there(&format!("{arg}.toml"))
}

/// Returns an error if the name of a secret is given in place of the spec, before `names`.
pub(super) fn refuse_secret_as_spec(
    spec: Option<&PathBuf>,
    names: &[String],
    verb: &str,
) -> Result<(), Problems> {
    let first = spec.and_then(|path| path.to_str()).filter(|name| is_secret(name));
    let Some(first) = first else { return Ok(()) };
    let spec = match inventory().as_slice() {
        [one] => shell_path(&one.display().to_string()),
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

/// Returns all specs of a directory, as `inventory` does.
fn specs_in(directory: &Path) -> Vec<PathBuf> {
    specs_among(files_in(directory))
}

/// Returns all files of a directory that may be specs by their names, sorted; opens none. Hidden ones are an editor's.
pub(super) fn files_in(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
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
