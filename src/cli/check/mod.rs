//! `matrixform check`: everything that can be said of specs without their hosts. It opens no socket and
//! no store of secrets, and reads no secret from the environment.

mod args;
mod ids;

pub(super) use args::Check;

use super::draft::Draft;
use super::output::Output;
use super::which;
use crate::diagnostic::{Diagnostic, Exit, Level, Problems};
use crate::render::problems::{self, Found, Report};
use args::Form;
use std::collections::HashMap;
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
    let named = args.specs.iter().flat_map(|path| match path.is_dir() {
        true => which::specs_in(path),
        false => vec![path.clone()],
    });
    let specs = if args.specs.is_empty() { which::inventory() } else { named.collect() };
    match specs.is_empty() {
        true => Err(which::usage("check", "no spec was named, and there is none in `inventory/`")),
        false => Ok(specs),
    }
}

/// What there is to say about them; what several say in the same words is said once.
fn report(specs: &[PathBuf], strict: bool) -> Report {
    let mut report = Report::default();
    // Those at one place, so that of very many each is compared with few.
    let mut there: HashMap<(String, usize), Vec<usize>> = HashMap::new();
    let mut ids = ids::Ids::default();
    for path in specs {
        let spec = path.display().to_string();
        for mut problem in sorted(review(path, &mut ids)) {
            if strict && problem.level == Level::Warning {
                problem.level = Level::Error;
            }
            let beside = there.entry(place(&problem).unwrap_or_default()).or_default();
            let mut said = beside.iter().filter_map(|at| report.found.get(*at));
            if !said.any(|found| found.problem == problem) {
                beside.push(report.found.len());
                report.found.push(Found { spec: spec.clone(), problem });
            }
        }
        report.specs.push(spec);
    }
    report
}

fn review(path: &Path, ids: &mut ids::Ids) -> Problems {
    let reviewed = |draft: Draft| {
        let mut problems = ids.meet(&draft.spec);
        problems.extend(draft.review());
        problems
    };
    Draft::read(path).map_or_else(|problems| problems, reviewed)
}

/// In the order of the file; what has no place comes first.
fn sorted(mut problems: Problems) -> Problems {
    problems.sort_by_cached_key(place);
    problems
}

/// File and offset.
fn place(problem: &Diagnostic) -> Option<(String, usize)> {
    problem.place.as_ref().map(|(place, _)| (place.source.name.clone(), place.span.start))
}
