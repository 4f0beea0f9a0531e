//! Finds when something that differs was last changed: from its inode, the inode of the directory that it is missing
//! from, dpkg's file list of a package, or systemd.

use crate::plan::drift::Drifted;
use crate::resource::{Answers, Questions, Wanted};

/// The question for when inodes changed.
const CHANGED: &str = "past_changed_observe";

/// The question for when units started or stopped.
const UNITS: &str = "past_units_observe";

/// The sources of timestamps for one resource.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    /// Its own paths.
    paths: Vec<String>,
    /// The directories of these paths.
    directories: Vec<String>,
    unit: Option<String>,
}

/// Returns the sources for each resource, and asks about them.
pub(super) fn clocks(
    drifted: &[Drifted],
    wanted: &[Wanted],
    questions: &mut Questions,
) -> Vec<Clocks> {
    let all: Vec<Clocks> = drifted.iter().map(|one| Clocks::of(one, wanted)).collect();
    for clocks in &all {
        for path in clocks.paths.iter().chain(&clocks.directories) {
            questions.ask(CHANGED, &[path]);
        }
        clocks.unit.iter().for_each(|unit| questions.ask(UNITS, &[unit]));
    }
    all
}

impl Clocks {
    fn of(drifted: &Drifted, wanted: &[Wanted]) -> Clocks {
        let mut clocks = Clocks::default();
        let item = wanted.iter().find(|one| one.address().to_string() == drifted.address);
        let Some(item) = item else { return clocks };
        let name = &item.address().name;
        match item.address().kind.as_str() {
            "apt" => clocks.paths.push(format!("/var/lib/dpkg/info/{name}.list")),
            // A unit is enabled by one of many links, so only `running` is checked.
            "service" if drifted.differences.iter().any(|one| one.attribute == "running") => {
                clocks.unit = Some(name.clone());
            }
            "service" => {}
            _ => {
                clocks.paths.extend(item.resource.provided_paths());
            }
        }
        if !item.address().is_package() {
            let directory =
                |path: &String| path.rsplit_once('/').map(|(directory, _)| directory.to_owned());
            let directories = clocks.paths.iter().filter_map(directory);
            clocks.directories = directories.filter(|directory| !directory.is_empty()).collect();
        }
        clocks
    }

    /// Returns the time of the last change, and its source.
    pub(super) fn last(&self, answers: &Answers) -> Option<(u64, String)> {
        let of = |path: &String| Some((seconds(answers, CHANGED, path)?, path.clone()));
        let newest = |paths: &[String]| paths.iter().filter_map(of).max();
        let unit = self.unit.as_ref();
        let unit = unit.and_then(|unit| Some((seconds(answers, UNITS, unit)?, unit.clone())));
        unit.or_else(|| newest(&self.paths)).or_else(|| newest(&self.directories))
    }
}

/// Parses `1764225612` or `@1764225612`.
fn seconds(answers: &Answers, function: &str, key: &str) -> Option<u64> {
    let text = answers.get(function, key)?.text("changed")?;
    text.trim_start_matches('@').parse().ok().filter(|at| *at > 0)
}
