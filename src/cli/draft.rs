//! The offline half of every command: a spec and the modules that it uses, read from files alone. No
//! socket, no store of secrets and no environment is opened here, and nothing here may begin to.

use super::on_paper;
use crate::diagnostic::{Diagnostic, Level, Problems, Source, conceal};
use crate::module::{Modules, NamedSecret, Review, check_at, on_disk, teach_own};
use crate::plan::check_order;
use crate::resource::declare;
use crate::spec::files::{Beside, Files, InMemory};
use crate::spec::{self, Spec, Variables};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// For so many mistakes it is looked up what was meant: the first ones alone are shown.
const TAUGHT: usize = 100;

/// A spec with its modules.
pub(super) struct Draft {
    /// The spec.
    pub(super) spec: Spec,
    /// Built-in and overriding modules.
    pub(super) modules: Modules,
    /// Where the spec lies: what it names is relative to it.
    pub(super) folder: PathBuf,
    /// What is wrong with the spec's own keys.
    problems: Problems,
}

impl Draft {
    /// Reads a spec and its modules; what they say together is `check`'s to judge.
    pub(super) fn read(path: &Path) -> Result<Draft, Problems> {
        Draft::read_with(path, Variables::Unread)
    }

    /// The same for a command that goes on to the host: it knows the environment variables that a spec
    /// may name.
    pub(super) fn read_with(path: &Path, variables: Variables) -> Result<Draft, Problems> {
        let (spec, folder) = (spec::judge(path, variables), spec::folder(path));
        match (spec, load(&folder)) {
            (Ok((spec, problems)), Ok(modules)) => Ok(Draft { spec, modules, folder, problems }),
            (spec, modules) => {
                let mut all = spec.map_or_else(|problems| problems, |(_, problems)| problems);
                all.extend(modules.err().into_iter().flatten());
                Err(all)
            }
        }
    }

    /// A spec that is no file yet, to lie in this folder with these files beside it.
    pub(super) fn unwritten(
        source: &Arc<Source>,
        files: InMemory,
        modules: Modules,
        folder: &Path,
    ) -> Result<Draft, Problems> {
        let (spec, problems) = Spec::judge(source, Arc::new(files), Variables::Unread)?;
        Ok(Draft { spec, modules, folder: folder.to_owned(), problems })
    }

    /// Everything that can be said of the spec without the host and without secrets.
    pub(super) fn review(&self) -> Problems {
        self.judge().problems
    }

    fn judge(&self) -> Review {
        let mut review = check_at(&self.spec, &self.modules, now());
        let host = on_paper::host(&self.spec.host);
        let own = self.problems.iter().cloned().enumerate();
        let own = own.map(|(number, problem)| match number < TAUGHT {
            true => teach_own(&self.modules, problem),
            false => problem,
        });
        review.problems.splice(0..0, own.chain(host));
        let found = kinds(&mut review);
        review.problems.extend(found.err().into_iter().flatten());
        conceal(&mut review.problems, &review.secrets);
        review
    }

    /// Its errors; without one, the secrets that it needs or may need.
    pub(super) fn check(&self) -> Result<Vec<NamedSecret>, Problems> {
        let Review { problems, named, .. } = self.judge();
        let errors = problems.into_iter().filter(|problem| problem.level == Level::Error);
        let errors: Problems = errors.collect();
        if errors.is_empty() { Ok(named) } else { Err(errors) }
    }
}

/// This machine's clock, in seconds since 1970: by it a certificate beside the spec has ended.
fn now() -> Option<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(since.as_secs())
}

/// The modules that a spec in this folder can name.
fn load(folder: &Path) -> Result<Modules, Problems> {
    let own = folder.join("modules");
    stay_inside(folder, &own).map_err(|one| vec![one])?;
    let own = on_disk::folders(&own).map_err(|one| vec![one])?;
    Modules::built_in(&own)
}

/// Modules come with the inventory: no symlink among them leads out of its repository.
fn stay_inside(folder: &Path, modules: &Path) -> Result<(), Diagnostic> {
    let files = Beside::folder(folder);
    let inside = |name: &str| {
        let found = files.find(name).map(drop).or_else(|why| match folder.join(name).exists() {
            true => Err(why),
            false => Ok(()),
        });
        found.map_err(|why| {
            let message = format!("`{name}` is not read: {why}");
            Diagnostic::error("module/outside", message)
                .help("modules lie beside the spec, inside the inventory's repository")
        })
    };
    inside("modules")?;
    let entries = std::fs::read_dir(modules).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names = names.filter(|name| !name.starts_with('.'));
    names.try_for_each(|name| inside(&format!("modules/{name}")))
}

/// Lets the kinds read what is wanted whatever the host is, so that their errors need no connection.
/// While something is left out, a need that is not met may be met by that.
fn kinds(review: &mut Review) -> Result<(), Problems> {
    let mut resources = review.take_resources();
    let needs = resources.iter_mut().flat_map(|declared| &mut declared.needs);
    needs.for_each(|need| need.optional |= !review.whole);
    let wanted = declare(resources)?;
    if review.is_refused() { Ok(()) } else { check_order(&wanted) }
}
