//! Backup snapshots as text.

use super::columns::columns;
use super::phrases::one_line;
use crate::backup::{Pruning, RepositoryListing, SavedSnapshot};
use crate::diagnostic::counted;
use crate::restic::short_id;

/// Formats a line for each snapshot, newest last.
pub fn snapshots(all: &[RepositoryListing]) -> String {
    let rows: Vec<[String; 7]> = all
        .iter()
        .flat_map(|listed| listed.snapshots.iter().map(|one| row(&listed.repository, one)))
        .collect();
    match rows.is_empty() {
        // The problems are reported.
        true if all.iter().any(|one| one.problem.is_some()) => String::new(),
        true => "no backups yet: `matrixform backup now` makes one\n".to_owned(),
        false => {
            columns(["REPOSITORY", "SNAPSHOT", "TIME", "USERS", "ROOMS", "EVENTS", "MEDIA"], rows)
        }
    }
}

/// Formats which snapshots are removed from a repository, and which are kept.
pub fn pruning(repository: &str, url: &str, age: u64, pruning: &Pruning) -> String {
    let rules = ["newest", "recent", "daily", "weekly", "monthly"].into_iter().filter_map(|rule| {
        let count = pruning.kept.iter().filter(|(_, by)| *by == rule).count();
        (count > 0 && rule != "newest").then(|| format!("{count} {rule}"))
    });
    let rules: Vec<String> = std::iter::once("the newest".to_owned()).chain(rules).collect();
    let (removed, kept) = (pruning.removed.len(), pruning.kept.len());
    let head = format!(
        "{} ({}): {} to remove, {kept} to keep ({})\nthe newest is {} old\n",
        one_line(repository),
        one_line(url),
        counted(removed, "snapshot"),
        rules.join(", "),
        ago(age)
    );
    if removed == 0 {
        return head;
    }
    let rows = pruning.removed.iter().map(|one| row(repository, one)).collect();
    head + &columns(["REPOSITORY", "REMOVED", "TIME", "USERS", "ROOMS", "EVENTS", "MEDIA"], rows)
}

/// Formats an age for people.
pub fn ago(seconds: u64) -> String {
    match seconds {
        0..7_200 => counted(usize::try_from(seconds / 60).unwrap_or(0), "minute"),
        7_200..172_800 => counted(usize::try_from(seconds / 3_600).unwrap_or(0), "hour"),
        _ => counted(usize::try_from(seconds / 86_400).unwrap_or(0), "day"),
    }
}

fn row(repository: &str, one: &SavedSnapshot) -> [String; 7] {
    let count = |name: &str| one.counts.get(name).map(u64::to_string).unwrap_or_default();
    let time: String = one.time.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect();
    [
        one_line(repository),
        short_id(&one.id),
        format!("{time} UTC"),
        count("users"),
        count("rooms"),
        count("events"),
        count("media"),
    ]
}

/// Formats a size for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn removed_snapshots_are_listed_and_kept_ones_counted() {
        let snapshot = |id: &str| SavedSnapshot {
            id: id.repeat(32),
            time: "2026-11-27T05:40:12Z".to_owned(),
            counts: BTreeMap::from([("users".to_owned(), 20)]),
        };
        let kept = vec![(snapshot("0a"), "daily"), (snapshot("0b"), "newest")];
        let mut divided = Pruning { kept, removed: Vec::new() };
        let none = pruning("off", "sftp:h:/x", 100, &divided);
        divided.removed = vec![snapshot("ff")];
        insta::assert_snapshot!(none + "\n" + &pruning("off", "sftp:h:/x", 90_000, &divided));
        assert_eq!((ago(0), ago(200_000)), ("0 minutes".into(), "2 days".into()));
    }

    #[test]
    fn a_line_for_each_snapshot() {
        let counts = BTreeMap::from([("users".to_owned(), 20), ("events".to_owned(), 1000)]);
        let snapshot = |id: &str| SavedSnapshot {
            id: id.repeat(32),
            time: "2026-11-27T05:40:12Z".to_owned(),
            counts: counts.clone(),
        };
        let of = |name: &str, snapshots| RepositoryListing {
            repository: name.to_owned(),
            snapshots,
            problem: None,
        };
        let all =
            [of("main", vec![snapshot("0a"), snapshot("b1")]), of("off", vec![snapshot("ff")])];
        insta::assert_snapshot!(super::snapshots(&all));
        assert!(super::snapshots(&[of("main", Vec::new())]).contains("backup now"));
        let problem = Some("wrong password".to_owned());
        let unread = RepositoryListing { problem, ..of("main", Vec::new()) };
        assert_eq!(super::snapshots(&[of("off", Vec::new()), unread]), "");
        assert_eq!(
            (size(12), size(12_345), size(123_456_789)),
            ("12 bytes".into(), "12 kB".into(), "123 MB".into())
        );
    }
}
