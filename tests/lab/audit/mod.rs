//! Exactness: every apply in these tests is observed from outside. The changes on the host (paths in the upper
//! directory of its disk, packages, units, accounts, roles, grants, settings) are exactly those announced, with the
//! by-products that kinds and modules declare; and every announced resource changed in some way.

mod announcement;
mod foreign;
mod judge;
mod noise;
mod pattern;
mod planted;
mod random;
mod records;
mod table;
mod trials;
mod upper;

pub(crate) use table::write;

use crate::guest::{Guest, Ran, lab};
use crate::timing;
use judge::{Change, Verdict, judge};
use libtest_mimic::Trial;
use records::{Packages, Rows};
use std::collections::BTreeSet;
use std::panic::Location;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use upper::{Disk, Fate, Paths};

/// The trials of this directory.
pub(crate) fn trials() -> Vec<Trial> {
    let mut all = vec![timing::trial(
        "audit::declared::do_not_cover_foreign_files",
        foreign::foreign_files_are_not_covered,
    )];
    all.extend(planted::trials());
    all.extend(random::trials());
    all
}

/// The state of a host.
struct Look {
    paths: Paths,
    packages: Arc<Packages>,
    rows: Rows,
    /// A database server does not answer: roles and grants are unknown.
    is_deaf: bool,
}

/// A run under observation.
pub(crate) struct Watch<'a> {
    guest: &'a Guest,
    disk: Disk,
    before: Look,
    took: Duration,
}

impl<'a> Watch<'a> {
    /// Observes a host before a run; `None` where the audit is off.
    pub(crate) fn begin(guest: &'a Guest) -> Option<Watch<'a>> {
        let since = Instant::now();
        let directory = Path::new(guest.get("ROOT")).ancestors().nth(3)?;
        let disk = Disk::of(directory, &guest.name);
        let before = look(guest, &disk)?;
        Some(Watch { guest, disk, before, took: since.elapsed() })
    }

    /// The verdict on the changes of a run that announced these addresses.
    fn verdict(&self, announced: &[String], family: &str) -> Option<Verdict> {
        let after = look(self.guest, &self.disk)?;
        let mut changes: Vec<Change> = self
            .disk
            .differences(&self.before.paths, &after.paths)
            .into_iter()
            .map(|(path, fate)| Change { name: format!("path {path}"), fate })
            .collect();
        let is_deaf = self.before.is_deaf || after.is_deaf;
        let names: BTreeSet<&String> = self.before.rows.keys().chain(after.rows.keys()).collect();
        for name in names {
            let (was, now) = (self.before.rows.get(name), after.rows.get(name));
            if was != now && !(is_deaf && is_of_database(name)) {
                let fate = if now.is_none() { Fate::Gone } else { Fate::Changed };
                changes.push(Change { name: name.clone(), fate });
            }
        }
        let (before, after) = (&self.before.packages, &after.packages);
        let mut verdict = judge(&changes, announced, before, after, family);
        if is_deaf {
            verdict.unseen.retain(|address| !address.starts_with("postgres_"));
        }
        Some(verdict)
    }

    /// Compares with the run's output: unexplained changes fail the trial, or are printed (`MATRIXFORM_AUDIT=report`).
    pub(crate) fn end(self, ran: &Ran, caller: &Location<'_>) {
        if ran.status == 6 {
            // Another run is changing the host.
            return;
        }
        let since = Instant::now();
        let mut announced = announcement::announced(&ran.stdout);
        if ran.status == 4 {
            // What was to go is put back.
            let gone = announced.iter().filter_map(|address| address.strip_prefix("absent:"));
            let back: Vec<String> = gone.map(|path| format!("file:{path}")).collect();
            announced.extend(back);
        }
        let family = family(caller.file());
        let Some(mut verdict) = self.verdict(&announced, family) else { return };
        if ran.status != 0 {
            // It may have stopped at any point.
            verdict.unseen.clear();
        }
        table::add(self.guest.get("SUITE"), family, &verdict, self.took + since.elapsed());
        if verdict.unexplained.is_empty() && verdict.unseen.is_empty() {
            return;
        }
        let reported = format!(
            "{family} on {} ({caller}): changed, and nobody announced it: {:#?}\nannounced, and unchanged: {:#?}\n{ran}",
            self.guest.name, verdict.unexplained, verdict.unseen
        );
        let is_strict = std::env::var_os("MATRIXFORM_AUDIT").is_none_or(|how| how != "report");
        assert!(!is_strict, "{reported}");
        println!("AUDIT {reported}");
    }
}

/// Whether applies are audited: all, unless `MATRIXFORM_AUDIT` is `off`. As `report`, it prints unexplained changes and
/// fails nothing.
pub(crate) fn is_on() -> bool {
    std::env::var_os("MATRIXFORM_AUDIT").is_none_or(|how| how != "off")
}

/// The directory or file of trials to which a source file of these tests belongs.
fn family(file: &str) -> &str {
    let name = file.rsplit_once("tests/lab/").map_or(file, |(_, name)| name);
    name.split(['/', '.']).next().unwrap_or(name)
}

fn is_of_database(name: &str) -> bool {
    ["role ", "grant ", "database ", "setting "].iter().any(|word| name.starts_with(word))
}

fn look(guest: &Guest, disk: &Disk) -> Option<Look> {
    let leader = leader(guest)?;
    let asked = Command::new("nsenter")
        .args(["--target", &leader, "--all", "--", "/bin/sh", "-c", include_str!("state.sh")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("nsenter can be run");
    // Read while the host gathers its answer.
    let paths = disk.paths();
    let packages = Packages::read(&disk.root);
    let output = asked.wait_with_output().expect("an answer");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "no look at {}: {output:?}", guest.name);
    let mut rows = records::accounts(&disk.root);
    rows.extend(packages.rows());
    let line =
        |line: &str| line.split_once('\t').map(|(name, state)| (name.to_owned(), state.to_owned()));
    rows.extend(text.lines().filter_map(line));
    let is_deaf = text.lines().any(|line| line == "down");
    Some(Look { paths, packages, rows, is_deaf })
}

/// The first process of a host, a different one after each boot.
fn leader(guest: &Guest) -> Option<String> {
    let is_it = |pid: &str| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/root/etc/hostname"));
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let first = status.lines().find(|line| line.starts_with("NSpid:"));
        first.is_some_and(|line| line.ends_with("\t1"))
            && name.is_ok_and(|name| name.trim() == guest.name)
    };
    let known = guest.get("LEADER");
    if !known.is_empty() && is_it(known) {
        return Some(known.to_owned());
    }
    let env = lab(&["env", &guest.name]);
    let pid = env.lines().find_map(|line| line.strip_prefix("LAB_LEADER="))?.trim_matches('\'');
    is_it(pid).then(|| pid.to_owned())
}
