//! The offline half of every command: a spec and the modules that it uses, read from files alone. No
//! socket, no store of secrets and no environment is opened here, and nothing here may begin to.

use crate::diagnostic::{Diagnostic, Level, Problems, Source, conceal};
use crate::module::{Modules, Review, check, embedded, on_disk};
use crate::plan::check_order;
use crate::resource::declare;
use crate::spec::{Spec, files::Beside};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        let source = Source::new(path.display().to_string(), read_text(path)?);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let spec = Spec::judge(&source, Arc::new(Beside::folder(&folder)));
        match (spec, load(&folder)) {
            (Ok((spec, problems)), Ok(modules)) => Ok(Draft { spec, modules, folder, problems }),
            (spec, modules) => {
                let mut all = spec.map_or_else(|problems| problems, |(_, problems)| problems);
                all.extend(modules.err().into_iter().flatten());
                Err(all)
            }
        }
    }

    /// Everything that can be said of the spec without the host and without secrets.
    pub(super) fn review(&self) -> Problems {
        let mut review = check(&self.spec, &self.modules);
        review.problems.splice(0..0, self.problems.iter().cloned());
        let found = kinds(&mut review);
        review.problems.extend(found.err().into_iter().flatten());
        conceal(&mut review.problems, &review.secrets);
        review.problems
    }

    /// Its errors.
    pub(super) fn check(&self) -> Result<(), Problems> {
        let errors = self.review().into_iter().filter(|problem| problem.level == Level::Error);
        let errors: Problems = errors.collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// The modules that a spec in this folder can name.
fn load(folder: &Path) -> Result<Modules, Problems> {
    let own = on_disk::folders(&folder.join("modules")).map_err(|one| vec![one])?;
    Modules::load(&embedded(), &own)
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

/// Specs larger than this are refused (bytes).
const LIMIT: u64 = 4 << 20;

fn read_text(path: &Path) -> Result<String, Problems> {
    let refuse = |why: String| {
        let message = format!("{} cannot be read: {why}", path.display());
        vec![
            Diagnostic::error("spec/unreadable", message)
                .help("a spec is a text file in TOML, such as `inventory/prod.toml`"),
        ]
    };
    let size = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?.len();
    if size > LIMIT {
        return Err(refuse(format!("it has {size} bytes, and a spec at most {LIMIT}")));
    }
    let mut bytes = Vec::new();
    // A device has no size, and may have no end.
    let read = File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes));
    read.map_err(|error| refuse(error.to_string()))?;
    if bytes.len() as u64 > LIMIT {
        return Err(refuse(format!("it has more than {LIMIT} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        refuse(format!("line {line} is not UTF-8"))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
