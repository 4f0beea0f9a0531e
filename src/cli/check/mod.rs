//! `matrixform check`: reports everything that can be said about specs without their hosts. It opens no socket and no
//! secret store, and reads no secret from the environment.

mod args;
mod ids;

pub(super) use args::CheckArgs;

use super::output::Output;
use super::parsed_spec::ParsedSpec;
use super::spec_path;
use crate::diagnostic::{Diagnostic, Exit, Level, Problems};
use crate::render::problems::{self, CheckReport, FoundProblem};
use args::CheckFormat;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Runs the command.
pub(super) fn check(args: &CheckArgs, output: &mut Output) -> Result<Exit, Problems> {
    let report = report(&specs(args)?, args.strict);
    match args.format {
        CheckFormat::Text => output.report(&report),
        CheckFormat::Json => output.json(&problems::json(&report)),
        CheckFormat::Github => output.result(&problems::github(&report)),
        CheckFormat::Gitlab => output.json(&problems::gitlab(&report)),
    }
    let all: Problems = report.found.into_iter().map(|found| found.problem).collect();
    let refused = all.iter().any(|problem| problem.level == Level::Error);
    Ok(if refused { Output::status(&all) } else { Exit::Done })
}

/// Returns the specs that were named, or the whole inventory.
fn specs(args: &CheckArgs) -> Result<Vec<PathBuf>, Problems> {
    if args.specs.is_empty() {
        return spec_path::whole_inventory("check");
    }
    let mut specs = Vec::new();
    for path in &args.specs {
        match path.is_dir() {
            true => specs.extend(spec_path::specs_of(path)?),
            // A missing spec is reported along with the others' problems.
            false => specs.push(spec_path::named(path).unwrap_or_else(|_| path.clone())),
        }
    }
    Ok(specs)
}

/// Checks the specs; a problem that several of them share is reported once.
fn report(specs: &[PathBuf], strict: bool) -> CheckReport {
    let mut report = CheckReport::default();
    // Indexed by place, so that even among very many each problem is compared with only a few.
    let mut by_place: HashMap<(String, usize), Vec<usize>> = HashMap::new();
    let mut ids = ids::Ids::default();
    for path in specs {
        let spec = path.display().to_string();
        for mut problem in sorted(review(path, &mut ids)) {
            if strict && problem.level == Level::Warning {
                problem.level = Level::Error;
            }
            let at_place = by_place.entry(place(&problem).unwrap_or_default()).or_default();
            let mut reported = at_place.iter().filter_map(|at| report.found.get(*at));
            if !reported.any(|found| found.problem == problem) {
                at_place.push(report.found.len());
                report.found.push(FoundProblem { spec: spec.clone(), problem });
            }
        }
        report.specs.push(spec);
    }
    report
}

fn review(path: &Path, ids: &mut ids::Ids) -> Problems {
    let reviewed = |parsed: ParsedSpec| {
        let mut problems = ids.add(&parsed.spec);
        problems.extend(parsed.review());
        problems
    };
    let parsed = spec_path::named(path).and_then(|path| ParsedSpec::read(&path));
    parsed.map_or_else(|problems| problems, reviewed)
}

/// Sorts by position in the file; problems without a place come first.
fn sorted(mut problems: Problems) -> Problems {
    problems.sort_by_cached_key(place);
    problems
}

/// Returns file and offset.
fn place(problem: &Diagnostic) -> Option<(String, usize)> {
    problem.place.as_ref().map(|(place, _)| (place.source.name.clone(), place.span.start))
}
