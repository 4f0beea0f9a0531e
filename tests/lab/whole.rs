//! The complete path on every suite: one apply turns a blank host into what the demo's spec describes, and does exactly
//! what its plan announced; a second one does nothing.

mod audit;
mod host;

use crate::seats::Where;
use crate::seed;
use crate::timing;
pub(crate) use audit::{Audit, Change};
pub(crate) use host::{Host, Making, SUITES, down, making, trial, trial_apart};
use libtest_mimic::Trial;

/// The trials of this file. The suites alternate, so that their hosts are made in parallel.
pub(crate) fn trials() -> Vec<Trial> {
    let all: [(&str, fn(&Making)); 5] = [
        ("plan_changes_nothing", plan_changes_nothing),
        ("the_first_plan_fits_a_comment", the_first_plan_fits_a_comment),
        ("exactly_the_planned_changes_are_made", exactly_the_planned_changes_are_made),
        ("a_second_apply_changes_nothing", a_second_apply_changes_nothing),
        ("a_reboot_is_not_drift", a_reboot_is_not_drift),
    ];
    let trial = |suite: &'static str, (name, run): (&str, fn(&Making))| {
        let host = Where::From(format!("whole::{suite}"));
        timing::trial_at(host, format!("whole::{suite}::{name}"), move || {
            run(making(suite));
            Ok(())
        })
    };
    all.iter().flat_map(|one| SUITES.map(|suite| trial(suite, *one))).collect()
}

fn plan_changes_nothing(made: &Making) {
    assert_eq!(made.blank.until(&made.after_plan), []);
}

fn the_first_plan_fits_a_comment(made: &Making) {
    let comment = &made.comment;
    assert!(comment.chars().count() < 65_536, "{} characters", comment.chars().count());
    let changes: Vec<&str> = comment.lines().filter(|line| line.starts_with("**")).collect();
    let is_placed = |line: &&&str| line.contains(" · <code>whole.toml:");
    let unplaced: Vec<&&str> = changes.iter().filter(|line| !is_placed(line)).collect();
    assert!(unplaced.is_empty(), "{unplaced:#?}");
    assert_eq!(changes.len(), made.planned.len(), "{comment}");
}

fn exactly_the_planned_changes_are_made(made: &Making) {
    let done = made.applied.stdout.lines().find(|line| line.contains(" created, "));
    assert_eq!(done.map(summed), Some(made.planned.len()), "{}", made.applied);
    let changes = made.after_plan.until(&made.converged);
    for address in &made.planned {
        // These leave no trace of their own in the audit.
        let traced = !["command:", "debconf:"].iter().any(|kind| address.starts_with(kind));
        let seen = changes.iter().any(|change| change.is_of(address));
        assert!(!traced || seen, "{address} was planned, and nothing of it changed");
    }
    let stray: Vec<&Change> = changes
        .iter()
        .filter(|change| !made.planned.iter().any(|address| change.is_of(address)))
        // The trace of the command.
        .filter(|change| change.path() != Some("/srv/lab/counted"))
        .filter(|change| !change.is_beside(&changes, &[]) && !comes_with_packages(change, made))
        .collect();
    assert!(stray.is_empty(), "nobody planned this: {stray:#?}");
}

/// The number of items that a run reports as changed: `73 created, 1 updated, 0 removed, 5 unchanged`.
fn summed(line: &str) -> usize {
    let counts = line.split(", ").filter(|part| !part.contains(" unchanged"));
    counts.filter_map(|part| part.split(' ').next()?.parse::<usize>().ok()).sum()
}

/// Side effects of package installations, which belong to their items.
fn comes_with_packages(change: &Change, made: &Making) -> bool {
    let Some(path) = change.path() else { return !made.after_plan.has(&change.what) };
    let strict = [
        "/etc/matrix-synapse",
        "/etc/matrixform",
        "/etc/nginx/matrixform",
        "/etc/nginx/conf.d/",
        "/etc/lab",
        "/etc/ssl/matrixform",
        "/etc/systemd/system/matri",
        "/root/",
        "/srv",
        "/opt",
        "/home",
        "/etc/apt/sources",
        "/etc/apt/preferences",
        "/usr/local/lib/matrixform",
        "/usr/local/sbin",
        "/var/lib/matrix-synapse",
    ];
    !strict.iter().any(|prefix| path.starts_with(prefix))
}

fn a_second_apply_changes_nothing(made: &Making) {
    assert_eq!(made.again.status, 0, "{}", made.again);
    assert!(made.again.stdout.contains("no changes"), "{}", made.again);
    assert_eq!(made.converged.until(&made.after_again), []);
}

fn a_reboot_is_not_drift(made: &Making) {
    assert_eq!(made.after_boot, Vec::<String>::new());
}

/// Whether a trial is drawn: two in ten by seed on the first suite, one in ten on the others; all of them in a sweep.
pub(crate) fn is_drawn(suite: &str, name: &str) -> bool {
    let in_ten = if suite == SUITES[0] { 2 } else { 1 };
    seed::draws(&format!("{suite} {name}"), in_ten)
}
