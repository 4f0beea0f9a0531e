//! The offline half of every command: a spec and the modules that it uses, read from files alone. No socket, secret
//! store or environment is opened here, and none may ever be.

use super::{host_checks, releases};
use crate::diagnostic::{Diagnostic, Level, Problems, Source, redact};
use crate::facts::Facts;
use crate::module::{Modules, NamedSecret, Review, check_at, check_on, on_disk, teach_own};
use crate::plan::check_order;
use crate::resource::{Declared, declare, doubts};
use crate::side_by_side::side_by_side;
use crate::spec::files::{Files, InMemory, SpecDirectory};
use crate::spec::{self, Spec, Variables};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many mistakes get a suggestion of what was meant: only the first ones are shown.
const MAX_HINTS: usize = 100;

/// A spec with its modules.
pub(super) struct ParsedSpec {
    /// The spec.
    pub(super) spec: Spec,
    /// Built-in and overriding modules.
    pub(super) modules: Modules,
    /// The directory of the spec: paths in the spec are relative to it.
    pub(super) directory: PathBuf,
    /// What is wrong with the spec's own keys.
    problems: Problems,
}

impl ParsedSpec {
    /// Reads a spec and its modules; `check` says whether they fit together.
    pub(super) fn read(path: &Path) -> Result<ParsedSpec, Problems> {
        ParsedSpec::read_with(path, Variables::Unread)
    }

    /// Like `read`, for a command that goes on to the host: it knows the environment variables that a spec may name.
    pub(super) fn read_with(path: &Path, variables: Variables) -> Result<ParsedSpec, Problems> {
        let (spec, directory) = (spec::load_lenient(path, variables), spec::directory(path));
        match (spec, load(&directory)) {
            (Ok((spec, problems)), Ok(modules)) => {
                Ok(ParsedSpec { spec, modules, directory, problems })
            }
            (spec, modules) => {
                let mut all = spec.map_or_else(|problems| problems, |(_, problems)| problems);
                all.extend(modules.err().into_iter().flatten());
                Err(all)
            }
        }
    }

    /// Creates a spec that is not a file yet, as if in this directory with these files beside it.
    pub(super) fn unwritten(
        source: &Arc<Source>,
        files: InMemory,
        modules: Modules,
        directory: &Path,
    ) -> Result<ParsedSpec, Problems> {
        let (spec, problems) = Spec::read_lenient(source, Arc::new(files), Variables::Unread)?;
        Ok(ParsedSpec { spec, modules, directory: directory.to_owned(), problems })
    }

    /// Returns everything that can be said about the spec without the host and without secrets, including what would
    /// be wrong on a new host of each supported release.
    pub(super) fn review(&self) -> Problems {
        let releases = releases::all();
        let facts: Vec<Facts> = releases.iter().map(|release| release.facts.clone()).collect();
        let (review, forecasts) = check_on(&self.spec, &self.modules, releases::now(), &facts);
        let mut review = self.with_own_problems(review);
        let refused = review.is_refused();
        let found = side_by_side(forecasts, |mut one| {
            let refused = refused || is_refused(&one.problems);
            let resources = one.take_resources(refused);
            one.problems.extend(kinds(resources, refused, one.whole));
            one.problems
        });
        let names: Vec<String> = releases.into_iter().map(|release| release.name).collect();
        releases::add(&mut review.problems, &names, found);
        redact(&mut review.problems, &review.secrets);
        review.problems
    }

    /// Adds to a review the problems with the spec's own keys and with its resources.
    fn with_own_problems(&self, mut review: Review) -> Review {
        let host = host_checks::host(&self.spec.host);
        let own = self.problems.iter().cloned().enumerate();
        let own = own.map(|(number, problem)| match number < MAX_HINTS {
            true => teach_own(&self.modules, problem),
            false => problem,
        });
        review.problems.splice(0..0, own.chain(host));
        let refused = review.is_refused();
        // Not `whole`: what seems to be missing may have been left out.
        let found = kinds(review.take_resources(), refused, false);
        review.problems.extend(found);
        redact(&mut review.problems, &review.secrets);
        review
    }

    /// Returns the secrets that the spec needs or may need, as far as it can be read.
    pub(super) fn secrets(&self) -> Vec<NamedSecret> {
        check_at(&self.spec, &self.modules, releases::now()).named
    }

    /// Returns the spec's errors or, if there are none, the secrets that it needs or may need.
    pub(super) fn check(&self) -> Result<Vec<NamedSecret>, Problems> {
        let review = check_at(&self.spec, &self.modules, releases::now());
        let Review { problems, named, .. } = self.with_own_problems(review);
        let errors = problems.into_iter().filter(|problem| problem.level == Level::Error);
        let errors: Problems = errors.collect();
        if errors.is_empty() { Ok(named) } else { Err(errors) }
    }
}

/// Loads the modules that a spec in this directory can name.
fn load(directory: &Path) -> Result<Modules, Problems> {
    let own = directory.join("modules");
    stay_inside(directory, &own).map_err(|one| vec![one])?;
    let own = on_disk::modules(&own).map_err(|one| vec![one])?;
    Modules::built_in(&own)
}

/// Modules are part of the inventory: no symlink among them may lead out of its repository.
fn stay_inside(directory: &Path, modules: &Path) -> Result<(), Diagnostic> {
    let files = SpecDirectory::new(directory);
    let inside = |name: &str| {
        let found = files.find(name).map(drop).or_else(|why| match directory.join(name).exists() {
            true => Err(why),
            false => Ok(()),
        });
        found.map_err(|why| {
            let message = format!("`{name}` is not read: {why}");
            Diagnostic::error("module/outside", message)
                .help("modules must be beside the spec, inside the inventory's repository")
        })
    };
    inside("modules")?;
    let entries = std::fs::read_dir(modules).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names = names.filter(|name| !name.starts_with('.'));
    names.try_for_each(|name| inside(&format!("modules/{name}")))
}

fn is_refused(problems: &Problems) -> bool {
    problems.iter().any(|problem| problem.level == Level::Error)
}

/// Returns the errors that the kinds find in the wanted resources whatever the host is, so that they need no
/// connection; for a `whole` set, doubts as well.
fn kinds(resources: Vec<Declared>, refused: bool, whole: bool) -> Problems {
    let wanted = match declare(resources) {
        Ok(wanted) => wanted,
        Err(found) => return found,
    };
    if refused {
        return Problems::new();
    }
    let doubts = if whole { doubts(&wanted) } else { Problems::new() };
    check_order(&wanted).err().into_iter().flatten().chain(doubts).collect()
}
