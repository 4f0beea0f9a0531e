//! Single cases of drift: a converged host is broken by hand. The plan shows that and its consequences, and nothing
//! else; apply repairs it; the host is as before, and nothing else was changed. Then `drift` itself, and nights without
//! drift.

mod accounts;
mod case;
mod certificates;
mod files;
mod listed;
mod nights;
mod packages;
mod postgres;
mod services;

use crate::whole::{Host, SUITES, is_drawn, trial};
use case::repaired;
use libtest_mimic::Trial;

/// A trial that does not have the usual form.
type Run = fn(&Host);

/// The trials of this file in the sample.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    let tables = [
        files::CASES,
        services::CASES,
        accounts::CASES,
        certificates::CASES,
        packages::CASES,
        postgres::CASES,
    ];
    for suite in SUITES {
        for case in tables.into_iter().flatten() {
            if is_drawn(suite, case.name) {
                let name = format!("drift::{suite}::{}", case.name);
                trials.push(trial(name, suite, move |host| repaired(host, case)));
            }
        }
        for (name, run) in [services::RUNS, postgres::RUNS].into_iter().flatten() {
            if is_drawn(suite, name) {
                trials.push(trial(format!("drift::{suite}::{name}"), suite, *run));
            }
        }
    }
    // Always, on one suite.
    for (name, run) in [listed::RUNS, nights::RUNS].into_iter().flatten() {
        trials.push(trial(format!("drift::{}::{name}", SUITES[0]), SUITES[0], *run));
    }
    trials
}
