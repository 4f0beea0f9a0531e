//! Pairs the specs to compare: the two that were named, or those of the same name in two directories. The second side
//! may come from anyone, so no symlink that leads out of its repository is followed.

use crate::cli::spec_path::{files_in, named, refuse_outside};
use crate::diagnostic::{Diagnostic, Exit, Problems, visible};
use crate::spec::specs_among;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A directory with more files than this is not an inventory.
const FILES: usize = 500;

/// The specs of one name.
#[derive(Clone, Debug)]
pub(super) enum Pair {
    /// On both sides.
    Both {
        /// The file's name; `None` if both were named on the command line.
        name: Option<String>,
        /// The spec that the host matches.
        base: PathBuf,
        /// The spec that would be applied.
        head: PathBuf,
    },
    /// A new spec.
    New(String),
    /// A removed spec.
    Gone(String),
}

/// Returns all pairs, by name.
pub(super) fn pairs(base: &Path, head: &Path) -> Result<Vec<Pair>, Problems> {
    match (base.is_dir(), head.is_dir()) {
        (false, false) => {
            let (base, head) = (named(base)?, named(head)?);
            refuse_outside(&base)?;
            refuse_outside(&head)?;
            Ok(vec![Pair::Both { name: None, base, head }])
        }
        (true, true) => {
            let (before, after) = (names(base)?, names(head)?);
            let all: BTreeSet<&String> = before.iter().chain(&after).collect();
            let pair = |name: &String| match (before.contains(name), after.contains(name)) {
                (true, true) => Pair::Both {
                    name: Some(name.clone()),
                    base: base.join(name),
                    head: head.join(name),
                },
                (true, false) => Pair::Gone(name.clone()),
                _ => Pair::New(name.clone()),
            };
            Ok(all.into_iter().map(pair).collect())
        }
        _ => {
            let message = "one is a directory and the other is not";
            let help = "name two specs, or two directories of specs";
            Err(vec![Diagnostic::error("cli/usage", message).help(help).exit(Exit::Usage)])
        }
    }
}

/// Returns the names of a directory's specs.
fn names(directory: &Path) -> Result<BTreeSet<String>, Problems> {
    let files = readable(directory)?;
    let names = specs_among(files).into_iter();
    Ok(names.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
}

/// Returns the files that may be specs, all of which can be opened.
fn readable(directory: &Path) -> Result<Vec<PathBuf>, Problems> {
    let files = files_in(directory);
    if files.len() > FILES {
        let directory = visible(&directory.display().to_string());
        let message = format!("{directory} holds more than {FILES} files that end in `.toml`");
        return Err(vec![Diagnostic::error("diff/limit", message)]);
    }
    files.iter().try_for_each(|file| refuse_outside(file))?;
    Ok(files)
}
