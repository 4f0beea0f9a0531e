//! The snapshots of each repository, as restic lists them.

use super::{absent, shown};
use crate::diagnostic::Diagnostic;
use crate::restic::advice;
use crate::time::{seconds_of_rfc3339, utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many snapshots of a repository the host's program lists (backup.sh): the newest ones.
pub const LISTED: usize = 500;

/// How many things that are missing are named.
const MAX_MISSING: usize = 101;

/// The snapshots of a repository.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RepositoryListing {
    /// Its name in the spec.
    pub repository: String,
    /// Its snapshots, oldest first.
    pub snapshots: Vec<SavedSnapshot>,
    /// Why they cannot be listed, or a complaint of restic's.
    pub problem: Option<String>,
}

impl RepositoryListing {
    /// Returns the problem as an error, with what to do about it.
    pub fn unlisted(&self) -> Option<Diagnostic> {
        let why = self.problem.as_ref()?;
        let message = format!("{}: the snapshots cannot be listed: {why}", self.repository);
        let problem = Diagnostic::error("backup/unlisted", message);
        Some(advice(why).into_iter().fold(problem, Diagnostic::help))
    }
}

/// One snapshot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SavedSnapshot {
    /// Its id: 64 hexadecimal digits.
    pub id: String,
    /// The time of the backup, by the host's clock: `2026-11-27T05:40:12Z`.
    pub time: String,
    /// The contents, by name: users, rooms, events, media (files), and the version of the database schema.
    pub counts: BTreeMap<String, u64>,
}

impl SavedSnapshot {
    /// Whether it contains at least twice as many of `name` (such as users) as another snapshot, which may then be of an
    /// empty server that ran in place of the lost one; `false` if either number is unknown.
    pub(crate) fn has_twice(&self, name: &str, other: &SavedSnapshot) -> bool {
        match (self.counts.get(name), other.counts.get(name)) {
            (Some(own), Some(theirs)) => *own >= theirs.saturating_mul(2).max(1),
            _ => false,
        }
    }
}

/// A snapshot in restic's JSON; other fields are ignored.
#[derive(Deserialize)]
struct Printed {
    id: String,
    time: String,
    #[serde(default)]
    tags: Vec<String>,
}

/// Reads the host's list for these repositories.
///
/// # Errors
///
/// Backups are not set up on the host yet (`backup/absent`).
pub fn listed(output: &str, repositories: &[String]) -> Result<Vec<RepositoryListing>, Diagnostic> {
    if output.starts_with("absent\n") {
        return Err(absent());
    }
    let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut name = None;
    for line in output.lines() {
        match (line.strip_prefix("repository "), name) {
            (Some(new), _) => name = Some(new),
            (None, Some(name)) => sections.entry(name).or_default().push(line),
            (None, None) => {}
        }
    }
    Ok(repositories
        .iter()
        .map(|name| section(name, sections.get(name.as_str()).map_or(&[][..], Vec::as_slice)))
        .collect())
}

/// Reads from the host's list what the last backup does not have, though it was meant to.
pub fn missing(output: &str) -> Vec<String> {
    let before = output.lines().take_while(|line| !line.starts_with("repository "));
    before.filter_map(|line| line.strip_prefix("missing ")).take(MAX_MISSING).map(shown).collect()
}

fn section(name: &str, lines: &[&str]) -> RepositoryListing {
    let problem = lines.iter().find_map(|line| line.strip_prefix("failed ")).map(shown);
    let list = lines.iter().find(|line| line.starts_with('['));
    let read = list.map(|list| snapshots(list));
    let unread = || Some("the host's list of it is truncated, or not JSON".to_owned());
    let (snapshots, unread) = match read {
        Some(Some(snapshots)) => (snapshots, None),
        Some(None) => (Vec::new(), unread()),
        // restic's complaint tells why.
        None => (Vec::new(), problem.clone().or_else(unread)),
    };
    RepositoryListing { repository: name.to_owned(), snapshots, problem: problem.or(unread) }
}

/// Returns the snapshots in restic's JSON, oldest first; none if it is not such a list.
pub fn snapshots(list: &str) -> Option<Vec<SavedSnapshot>> {
    let printed: Vec<Printed> = serde_json::from_str(list).ok()?;
    let mut all: Vec<(u64, SavedSnapshot)> =
        printed.into_iter().map(snapshot).collect::<Option<_>>()?;
    all.sort_by_key(|(time, _)| *time);
    Some(all.into_iter().map(|(_, snapshot)| snapshot).collect())
}

fn snapshot(printed: Printed) -> Option<(u64, SavedSnapshot)> {
    let is_id = printed.id.len() == 64 && printed.id.bytes().all(|b| b.is_ascii_hexdigit());
    let time = seconds_of_rfc3339(&printed.time).filter(|_| is_id)?;
    let count = |tag: &String| {
        let (name, number) = tag.split_once(':')?;
        let known = ["users", "rooms", "events", "media", "schema"].contains(&name);
        Some((name.to_owned(), number.parse().ok().filter(|_| known)?))
    };
    let counts = printed.tags.iter().filter_map(count).collect();
    Some((time, SavedSnapshot { id: printed.id, time: utc(time), counts }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        vec!["main".to_owned(), "offsite".to_owned()]
    }

    fn printed(id: char, time: &str) -> String {
        let id = id.to_string().repeat(64);
        format!(
            r#"{{"time":"{time}","tree":"x","tags":["matrixform","users:3","events:12","odd:\u001b"],"id":"{id}","short_id":"a"}}"#
        )
    }

    #[test]
    fn snapshots_are_sorted_by_time_across_time_zones() {
        let later = printed('b', "2026-11-28T01:30:00.123456789+01:00");
        let earlier = printed('a', "2026-11-28T00:29:59.5Z");
        let output = format!("repository main\n[{later},{earlier}]\nrepository offsite\n[]\n");
        let all = listed(&output, &names()).unwrap();
        let times: Vec<&str> = all[0].snapshots.iter().map(|one| one.time.as_str()).collect();
        assert_eq!(times, ["2026-11-28T00:29:59Z", "2026-11-28T00:30:00Z"]);
        let counts: Vec<(&str, u64)> =
            all[0].snapshots[0].counts.iter().map(|(name, n)| (name.as_str(), *n)).collect();
        assert_eq!(counts, [("events", 12), ("users", 3)]);
        assert_eq!((all[1].snapshots.len(), &all[1].problem), (0, &None));
    }

    #[test]
    fn unreadable_output_affects_only_its_repository() {
        let good = printed('a', "2026-11-28T00:29:59Z");
        for bad in [
            "[{",
            "[{\"id\":\"../../etc\",\"time\":\"2026-11-28T00:29:59Z\"}]",
            &format!("[{}]", printed('c', "now")),
            "",
        ] {
            let output = format!("repository main\n{bad}\nrepository offsite\n[{good}]\n");
            let all = listed(&output, &names()).unwrap();
            assert!(all[0].problem.is_some() && all[0].snapshots.is_empty(), "{bad}: {all:?}");
            assert_eq!(all[1].snapshots.len(), 1, "{bad}");
        }
    }

    #[test]
    fn what_a_backup_lacks_is_listed() {
        let output = "missing /srv/a does not exist on this host\u{1b}[2J\nrepository main\n[]\nmissing /srv/b\n";
        let all = missing(output);
        assert!(all.len() == 1 && all[0].starts_with("/srv/a does not exist on this host"));
        assert!(!all[0].contains('\u{1b}'));
        assert_eq!(listed(output, &names()).unwrap()[0].problem, None);
    }

    #[test]
    fn restic_errors_are_one_escaped_line() {
        let output = format!(
            "repository main\n\nfailed Fatal: wrong password\u{1b}[2J{}\n",
            "x".repeat(9000)
        );
        let all = listed(&output, &names()).unwrap();
        let problem = all[0].problem.as_deref().unwrap();
        assert!(problem.starts_with("Fatal: wrong password") && problem.len() < 700, "{problem}");
        assert!(!problem.contains('\u{1b}'));
        // A repository missing from the host's answer does not count as empty.
        assert!(all[1].problem.is_some());
        assert!(listed("absent\n", &names()).is_err());
    }
}
