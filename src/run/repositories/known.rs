//! The snapshots that this machine saw at the last pruning. A snapshot with an older date that did not exist then has a
//! false date: anyone who controls the host could use one to displace a day's real snapshot, and have that removed. An
//! unreadable file is treated as missing.

use crate::backup::SavedSnapshot;
use crate::diagnostic::Diagnostic;
use crate::restic::short_id;
use crate::run::cache_file;
use crate::time::seconds_of_utc;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A backup is dated by its start and may take this long (seconds): the limit of the host's own service.
const MAX_BACKUP_TIME: u64 = 24 * 60 * 60;

/// The snapshots known of one repository.
pub(super) struct KnownSnapshots {
    file: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct SeenSnapshots {
    /// When (seconds since 1970, by this machine's clock).
    at: u64,
    /// The ids of the snapshots that were kept.
    ids: Vec<String>,
}

impl KnownSnapshots {
    pub(super) fn of(cache: Option<&Path>, installation: &str, repository: &str) -> KnownSnapshots {
        let safe = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
        let name: String = format!("{installation}.{repository}").chars().map(safe).collect();
        KnownSnapshots {
            file: cache.map(|cache| cache.join("snapshots").join(format!("{name}.json"))),
        }
    }

    /// Refuses snapshots that are older than the last pruning but did not exist then.
    pub(super) fn compare(&self, snapshots: &[SavedSnapshot]) -> Result<(), Diagnostic> {
        let Some(seen) = self.load() else { return Ok(()) };
        let is_late = |one: &&SavedSnapshot| {
            let made = seconds_of_utc(&one.time).unwrap_or_default();
            made.saturating_add(MAX_BACKUP_TIME) < seen.at && !seen.ids.contains(&one.id)
        };
        let late: Vec<&SavedSnapshot> = snapshots.iter().filter(is_late).collect();
        let Some(first) = late.first() else { return Ok(()) };
        let id = short_id(&first.id);
        let message = format!(
            "nothing was removed: snapshot {id} is dated {}, and was not there at the last pruning ({} such)",
            first.time,
            late.len()
        );
        let problem = Diagnostic::error("backup/back-dated", message)
            .note_line("a snapshot with a false date can take the place of a real one, which would then be removed");
        Err(match &self.file {
            Some(file) => problem.help(format!(
                "find out who made it; if it is right (copied from elsewhere, say), delete {} and run again",
                file.display()
            )),
            None => problem,
        })
    }

    /// Remembers the snapshots that were kept; best effort.
    pub(super) fn store(&self, kept: &[(SavedSnapshot, &'static str)], at: u64) {
        let Some(file) = &self.file else { return };
        let seen = SeenSnapshots { at, ids: kept.iter().map(|(one, _)| one.id.clone()).collect() };
        let _ = cache_file::store(file, &seen);
    }

    fn load(&self) -> Option<SeenSnapshots> {
        cache_file::load(self.file.as_ref()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::utc;

    const AT: u64 = 1_795_000_000;

    fn made(id: char, time: u64) -> SavedSnapshot {
        SavedSnapshot {
            id: id.to_string().repeat(64),
            time: utc(time),
            counts: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_new_snapshot_cannot_predate_known_ones() {
        let cache = tempfile::tempdir().unwrap();
        let known = KnownSnapshots::of(Some(cache.path()), "prod", "off/site");
        let (old, new) = (made('a', AT - 9 * MAX_BACKUP_TIME), made('b', AT + 60));
        assert!(known.compare(std::slice::from_ref(&old)).is_ok(), "the first time all are new");
        known.store(&[(old.clone(), "daily")], AT);
        assert!(known.compare(&[old.clone(), new]).is_ok());
        let under_way = made('c', AT - MAX_BACKUP_TIME + 60);
        assert!(known.compare(&[old.clone(), under_way]).is_ok(), "it was being made then");
        let false_date = made('d', AT - MAX_BACKUP_TIME - 60);
        let problem = known.compare(&[old, false_date]).unwrap_err();
        assert!(problem.message.contains("dddddddd") && problem.code == "backup/back-dated");
        assert!(problem.help.unwrap().contains("prod.off_site.json"));
        std::fs::write(cache.path().join("snapshots/prod.off_site.json"), "{").unwrap();
        assert!(known.compare(&[made('e', 0)]).is_ok());
    }
}
