//! Which snapshots are kept, and which are removed: decided on the operator's machine, by their dates and a clock that
//! the host cannot set, so that exactly the snapshots shown are removed.

use super::SavedSnapshot;
use crate::diagnostic::Diagnostic;
use crate::module::Retention;
use crate::restic::short_id;
use crate::time::seconds_of_utc;
use std::collections::{BTreeMap, BTreeSet};

/// How far clocks may differ (seconds).
const CLOCKS: u64 = 600;

const DAY: u64 = 86_400;

/// A rule: its name, how long it keeps snapshots (seconds), and the day, week or month of a snapshot.
type Rule = (&'static str, u64, fn(&SavedSnapshot) -> String);

/// The snapshots of one repository, divided into kept and removed ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pruning {
    /// The snapshots that stay, oldest first, each with the rule that keeps it.
    pub kept: Vec<(SavedSnapshot, &'static str)>,
    /// The snapshots that are removed, oldest first.
    pub removed: Vec<SavedSnapshot>,
}

/// Returns the snapshots dated in the future. Under the rules below, such a date makes all real ones look old.
pub fn future_dated(snapshots: &[SavedSnapshot], now: u64) -> Vec<&SavedSnapshot> {
    snapshots.iter().filter(|one| seconds(one) > now.saturating_add(CLOCKS)).collect()
}

/// Divides snapshots, which are sorted oldest first. Ages are counted from the newest, so none is removed once backups
/// stop.
///
/// # Errors
///
/// A snapshot is dated in the future, there is no snapshot, or the newest one seems to be of another, empty server.
pub fn pruning(
    snapshots: &[SavedSnapshot],
    keep: Retention,
    now: u64,
) -> Result<Pruning, Diagnostic> {
    if let Some(first) = future_dated(snapshots, now).first() {
        let message = format!(
            "nothing was removed: snapshot {} is dated in the future ({})",
            short_id(&first.id),
            first.time
        );
        return Err(Diagnostic::error("backup/future", message)
            .note_line("such a date would make the real backups look old; anyone who controls the host can set it")
            .help("check this machine's clock and the host's; if they are right, find out who made it, then remove it with `restic forget ID`"));
    }
    let Some(newest) = snapshots.last() else {
        return Err(Diagnostic::error("backup/empty", "there are no backups in the repository")
            .help("`matrixform backup now` makes one"));
    };
    let until = seconds(newest);
    let rules: [Rule; 3] = [
        ("daily", keep.daily, |one| (seconds(one) / DAY).to_string()),
        // 1 January 1970 was a Thursday.
        ("weekly", keep.weekly, |one| ((seconds(one) / DAY + 3) / 7).to_string()),
        ("monthly", keep.monthly, |one| one.time.chars().take(7).collect()),
    ];
    let mut reasons: BTreeMap<&str, &'static str> = BTreeMap::new();
    reasons.insert(&newest.id, "newest");
    for one in snapshots.iter().rev() {
        if until - seconds(one) <= keep.all {
            reasons.entry(&one.id).or_insert("recent");
        }
    }
    for (rule, period, part_of) in rules {
        let mut parts = BTreeSet::new();
        for one in snapshots.iter().rev().filter(|one| until - seconds(one) <= period) {
            // The newest snapshot of each period comes first.
            if parts.insert(part_of(one)) {
                reasons.entry(&one.id).or_insert(rule);
            }
        }
    }
    let mut divided = Pruning::default();
    for one in snapshots {
        match reasons.get(one.id.as_str()) {
            Some(rule) => divided.kept.push((one.clone(), rule)),
            None => divided.removed.push(one.clone()),
        }
    }
    // Synapse keeps deactivated accounts, so their number only grows while it is the same server.
    if let Some(fuller) = divided.removed.iter().rfind(|one| one.has_twice("users", newest)) {
        return Err(of_an_empty_server(fuller, newest));
    }
    Ok(divided)
}

fn of_an_empty_server(fuller: &SavedSnapshot, newest: &SavedSnapshot) -> Diagnostic {
    let users = |one: &SavedSnapshot| one.counts.get("users").copied().unwrap_or_default();
    let message = format!(
        "nothing was removed: snapshot {} of {} has {} accounts, but the newest one, of {}, has {}",
        short_id(&fuller.id),
        fuller.time,
        users(fuller),
        newest.time,
        users(newest)
    );
    Diagnostic::error("backup/fewer-accounts", message)
        .note_line("the number of accounts never decreases: an empty server may have replaced a lost one")
        .help("to restore the lost server, run `matrixform rebuild SPEC --snapshot ID --replace-database SERVER_NAME`, which deletes the database on the host; if the newest snapshot is right, remove each one that has more accounts with `restic forget ID`, then prune again")
}

/// The time in seconds since 1970; a list never contains snapshots with an unreadable time.
fn seconds(one: &SavedSnapshot) -> u64 {
    seconds_of_utc(&one.time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::utc;
    use proptest::prelude::*;

    const NOW: u64 = 1_795_000_000;
    const KEEP: Retention =
        Retention { all: 2 * DAY, daily: 14 * DAY, weekly: 60 * DAY, monthly: 365 * DAY };

    fn made(times: impl IntoIterator<Item = u64>) -> Vec<SavedSnapshot> {
        let mut times: Vec<u64> = times.into_iter().collect();
        times.sort_unstable();
        let one = |(number, time): (usize, u64)| SavedSnapshot {
            id: format!("{number:064x}"),
            time: utc(time),
            counts: BTreeMap::new(),
        };
        times.into_iter().enumerate().map(one).collect()
    }

    fn count(divided: &Pruning, rule: &str) -> usize {
        divided.kept.iter().filter(|(_, by)| *by == rule).count()
    }

    #[test]
    fn an_empty_server_does_not_push_out_the_lost_one() {
        let mut all = made((0..30).map(|day| NOW - day * DAY));
        for (day, one) in all.iter_mut().enumerate() {
            let users = if day < 10 { 40 } else { 1 };
            one.counts = BTreeMap::from([("users".to_owned(), users)]);
        }
        let refused = pruning(&all, KEEP, NOW).unwrap_err();
        assert!(refused.message.contains("has 40 accounts, but the newest one"), "{refused:?}");
        all.iter_mut().for_each(|one| one.counts = BTreeMap::from([("users".to_owned(), 40)]));
        assert!(!pruning(&all, KEEP, NOW).unwrap().removed.is_empty());
    }

    #[test]
    fn a_year_of_hourly_backups_becomes_a_few_dozen() {
        let snapshots = made((0..365 * 24).map(|hour| NOW - hour * 3600));
        let divided = pruning(&snapshots, KEEP, NOW).unwrap();
        assert_eq!(divided.kept.len() + divided.removed.len(), snapshots.len());
        assert_eq!((count(&divided, "newest"), count(&divided, "recent")), (1, 48));
        let (daily, weekly) = (count(&divided, "daily"), count(&divided, "weekly"));
        let monthly = count(&divided, "monthly");
        assert!((12..=13).contains(&daily) && (6..=8).contains(&weekly), "{daily} {weekly}");
        assert!((9..=12).contains(&monthly), "{monthly}");
    }

    #[test]
    fn old_backups_are_kept_if_no_new_ones_are_made() {
        let snapshots = made((0..10).map(|day| NOW - 900 * DAY - day * DAY));
        assert!(pruning(&snapshots, KEEP, NOW).unwrap().removed.is_empty());
    }

    #[test]
    fn a_future_date_stops_pruning() {
        let later = |seconds: u64| made([NOW - 40 * DAY, NOW - 39 * DAY, NOW + seconds]);
        assert!(pruning(&later(CLOCKS), KEEP, NOW).is_ok());
        let problem = pruning(&later(CLOCKS + 1), KEEP, NOW).unwrap_err();
        assert_eq!(problem.code, "backup/future");
        assert!(problem.message.contains("snapshot 00000000"), "{problem:?}");
        assert_eq!(pruning(&[], KEEP, NOW).unwrap_err().code, "backup/empty");
    }

    proptest! {
        #[test]
        fn the_newest_snapshot_is_always_kept(
            ages in prop::collection::vec(0_u64..900 * DAY, 1..80),
            all in 0..9 * DAY, daily in 0..90 * DAY, weekly in 0..200 * DAY, monthly in 0..900 * DAY,
        ) {
            let snapshots = made(ages.into_iter().map(|age| NOW - age));
            let keep = Retention { all, daily, weekly, monthly };
            let divided = pruning(&snapshots, keep, NOW).unwrap();
            prop_assert_eq!(&divided.kept.last().unwrap().0, snapshots.last().unwrap());
            // Pruning the kept snapshots again removes nothing.
            let stays: Vec<SavedSnapshot> = divided.kept.iter().map(|(one, _)| one.clone()).collect();
            prop_assert!(pruning(&stays, keep, NOW).unwrap().removed.is_empty());
            // Longer retention removes nothing that was kept.
            let longer = Retention { all: all + 9 * DAY, ..keep };
            let more = pruning(&snapshots, longer, NOW).unwrap();
            prop_assert!(more.removed.iter().all(|one| divided.removed.contains(one)));
        }
    }
}
