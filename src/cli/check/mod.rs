//! `matrixform check`: everything that can be said of specs without their hosts. It opens no socket and
//! no store of secrets, and reads no secret from the environment.

mod args;

pub(super) use args::Check;

use super::draft::Draft;
use super::output::Output;
use super::which;
use crate::diagnostic::{Exit, Level, Problems};
use crate::render::problems::{self, Found, Report};
use args::Form;
use std::path::{Path, PathBuf};

/// Runs it.
pub(super) fn check(args: &Check, output: &mut Output) -> Result<Exit, Problems> {
    let report = report(&specs(args)?, args.strict);
    match args.format {
        Form::Text => output.report(&report),
        Form::Json => output.json(&problems::json(&report)),
        Form::Github => output.result(&problems::github(&report)),
        Form::Gitlab => output.json(&problems::gitlab(&report)),
    }
    let all: Problems = report.found.into_iter().map(|found| found.problem).collect();
    let refused = all.iter().any(|problem| problem.level == Level::Error);
    Ok(if refused { Output::status(&all) } else { Exit::Done })
}

/// The specs that were named, or all of the inventory.
fn specs(args: &Check) -> Result<Vec<PathBuf>, Problems> {
    let specs = if args.specs.is_empty() { which::inventory() } else { args.specs.clone() };
    match specs.is_empty() {
        true => Err(which::usage("check", "no spec was named, and there is none in `inventory/`")),
        false => Ok(specs),
    }
}

/// What there is to say about them; what several say in the same words is said once.
fn report(specs: &[PathBuf], strict: bool) -> Report {
    let mut report = Report::default();
    for path in specs {
        let spec = path.display().to_string();
        for mut problem in sorted(review(path)) {
            if strict && problem.level == Level::Warning {
                problem.level = Level::Error;
            }
            if !report.found.iter().any(|found| found.problem == problem) {
                report.found.push(Found { spec: spec.clone(), problem });
            }
        }
        report.specs.push(spec);
    }
    report
}

fn review(path: &Path) -> Problems {
    Draft::read(path).map_or_else(|problems| problems, |draft| draft.review())
}

/// In the order of the file; what has no place comes first.
fn sorted(mut problems: Problems) -> Problems {
    problems.sort_by(|one, other| {
        let key = |place: Option<&(crate::diagnostic::Place, String)>| {
            place.map(|(place, _)| (place.source.name.clone(), place.span.start))
        };
        key(one.place.as_ref()).cmp(&key(other.place.as_ref()))
    });
    problems
}
