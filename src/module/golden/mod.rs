//! Golden tests of modules: `golden/CASE.toml` is a spec with a `[golden]` section, and `golden/CASE.FACTS.txt` is what
//! the module produces on a host with those facts. The output contains this module's resources with their full
//! contents, so that template changes show up in review.
//!
//! `[golden]` may set `facts = ["debian-12"]` (default: all recorded facts) and `packages = { nginx = "1.26.3-1" }`
//! (installed versions). A case without `[host]` gets one. Files that the spec names are in `golden/` too.

mod case;
mod coverage;
mod shown;

use super::{ModuleDirectory, Modules};
use crate::diagnostic::Problems;
use crate::facts::Facts;
use case::Case;

/// Facts of freshly installed hosts, before anything was applied; Debian 13 has empty apt lists, as a cloud image does.
/// Debian's are recorded by `tests/facts/record`; Ubuntu's are written by hand in the same form, from what the release
/// is known to ship.
const FACTS: [(&str, &str); 3] = [
    ("ubuntu-24.04", include_str!("../../../tests/facts/ubuntu-24.04.json")),
    ("debian-12", include_str!("../../../tests/facts/debian-12.json")),
    ("debian-13", include_str!("../../../tests/facts/debian-13.json")),
];

/// The result of one module's golden tests.
#[derive(Clone, Debug, Default)]
pub struct GoldenReport {
    /// The module.
    pub module: String,
    /// The results of every case on every host.
    pub results: Vec<GoldenResult>,
    /// Parameters that no case sets: no test covers their effect.
    pub uncovered: Vec<String>,
    /// Cases that could not be read.
    pub problems: Problems,
}

/// The result of one case on one host.
#[derive(Clone, Debug)]
pub struct GoldenResult {
    /// The file with the expected output, relative to the module's directory.
    pub file: String,
    /// The expected output; none if there is no file yet.
    pub expected: Option<String>,
    /// The actual output.
    pub found: String,
}

impl GoldenResult {
    /// Whether the actual output is the expected one.
    pub fn is_same(&self) -> bool {
        self.expected.as_ref() == Some(&self.found)
    }
}

impl GoldenReport {
    /// Whether all output is as expected; `uncovered` does not count.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && self.results.iter().all(GoldenResult::is_same)
    }
}

/// Returns the recorded facts with this name.
pub fn facts(name: &str) -> Option<Facts> {
    let (_, text) = FACTS.iter().find(|(known, _)| *known == name)?;
    serde_json::from_str(text).ok()
}

/// Returns the names of all recorded facts.
pub fn facts_names() -> impl Iterator<Item = &'static str> {
    FACTS.iter().map(|(name, _)| *name)
}

/// Runs the golden tests of one of the user's modules, together with the embedded ones.
///
/// # Errors
///
/// The modules do not load: a manifest cannot be read, or the lint finds problems.
pub fn test(directory: &ModuleDirectory) -> Result<GoldenReport, Problems> {
    let own = std::slice::from_ref(directory);
    Ok(golden(directory, &Modules::load(&super::embedded(), own)?))
}

/// Runs the golden tests of a module; `modules` contains it and all modules that its cases use.
pub fn golden(directory: &ModuleDirectory, modules: &Modules) -> GoldenReport {
    let mut report = GoldenReport { module: directory.name.clone(), ..GoldenReport::default() };
    let mut cases = Vec::new();
    for path in directory.below("golden/", ".toml") {
        match Case::read(directory, path) {
            Ok(case) => cases.push(case),
            Err(problems) => report.problems.extend(problems),
        }
    }
    if let Some(manifest) = modules.get(&directory.name) {
        report.uncovered = coverage::uncovered(manifest, &cases);
        report.results =
            cases.iter().flat_map(|case| case.run(directory, manifest, modules)).collect();
    }
    report
}
