//! The mark of a rebuild on its host: what it restores, and its progress. While the mark exists, only the same rebuild
//! can run; until the data is restored, Synapse cannot start.

use super::OldServer;
use crate::diagnostic::Diagnostic;
use crate::labelled;

/// The progress of a rebuild; reaching a stage implies all earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RebuildStage {
    /// Synapse cannot start.
    Held,
    /// The dump is on the host.
    Fetched,
    /// A temporary database has all rows, and its sequences are ahead of the lost time.
    Loaded,
    /// Keys, registrations and certificates are restored.
    Kept,
    /// Media are restored.
    Media,
    /// The database has its name: Synapse may start.
    Restored,
}

const NAMES: [(&str, RebuildStage); 6] = [
    ("held", RebuildStage::Held),
    ("fetched", RebuildStage::Fetched),
    ("loaded", RebuildStage::Loaded),
    ("kept", RebuildStage::Kept),
    ("media", RebuildStage::Media),
    ("restored", RebuildStage::Restored),
];

/// The mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildMark {
    /// The snapshot, as 64 hexadecimal digits.
    pub snapshot: String,
    /// The repository, by its name in the spec.
    pub repository: String,
    /// Whether an existing database is replaced.
    pub replaces: bool,
    /// The last stage reached.
    pub stage: RebuildStage,
    /// A digest of the files and directories that it restores.
    pub lists: String,
    /// What became of the old server.
    pub old: Option<OldServer>,
}

impl RebuildMark {
    /// Parses the host's record.
    ///
    /// # Errors
    ///
    /// It is not a mark of this version.
    pub fn read(text: &str) -> Result<RebuildMark, Diagnostic> {
        let value = |key: &str| labelled::value(text, key, '=').map(str::to_owned);
        let stage = value("stage").and_then(|name| {
            NAMES.iter().find(|(known, _)| *known == name).map(|(_, stage)| *stage)
        });
        let is_id = |id: &String| id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let read = || {
            Some(RebuildMark {
                snapshot: value("snapshot").filter(is_id)?,
                repository: value("repository")?,
                replaces: value("replaces").as_deref() == Some("yes"),
                stage: stage?,
                lists: value("lists").unwrap_or_default(),
                old: value("old").as_deref().and_then(OldServer::of),
            })
        };
        read().filter(|_| value("format").as_deref() == Some("1")).ok_or_else(|| {
            let message = "the mark of an interrupted rebuild on this host cannot be read";
            Diagnostic::error("rebuild/mark", message).help(
                "finish the rebuild with the version that began it, or begin again with `--replace-database`",
            )
        })
    }

    /// Formats the host's record, with the arguments of its shell functions.
    pub fn text(&self, pairs: &[(&str, &str)]) -> String {
        let stage =
            NAMES.iter().find(|(_, stage)| *stage == self.stage).map_or("", |(name, _)| name);
        let replaces = if self.replaces { "yes" } else { "no" };
        let own = [
            ("format", "1"),
            ("stage", stage),
            ("snapshot", &self.snapshot),
            ("repository", &self.repository),
            ("replaces", replaces),
            ("lists", &self.lists),
            ("old", self.old.map_or("", OldServer::as_str)),
        ];
        let lines = own.iter().chain(pairs).map(|(key, value)| format!("{key}={value}\n"));
        lines.collect()
    }

    /// The stage to go on from: if the spec meanwhile asks for other files, those are restored again, whatever stage was
    /// reached.
    pub fn goes_on_from(&self, lists: &str) -> RebuildStage {
        if self.lists == lists { self.stage } else { self.stage.min(RebuildStage::Loaded) }
    }

    /// Whether a command for this snapshot (or its prefix) and repository resumes this rebuild.
    pub fn is_meant(&self, snapshot: Option<&str>, repository: Option<&str>) -> bool {
        snapshot.is_none_or(|id| self.snapshot.starts_with(id))
            && repository.is_none_or(|name| self.repository == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> RebuildMark {
        RebuildMark {
            snapshot: "0a".repeat(32),
            repository: "offsite".to_owned(),
            replaces: false,
            stage: RebuildStage::Loaded,
            lists: "aa".to_owned(),
            old: Some(OldServer::Seized),
        }
    }

    #[test]
    fn valid_input_is_read() {
        let text = mark().text(&[("cluster", "17/main")]);
        assert!(text.contains("\nstage=loaded\n") && text.contains("cluster=17/main\n"));
        assert_eq!(RebuildMark::read(&text).unwrap(), mark());
        for (_, stage) in NAMES {
            let mark = RebuildMark { stage, replaces: true, ..mark() };
            assert_eq!(RebuildMark::read(&mark.text(&[])).unwrap(), mark);
        }
        for (from, to) in [("format=1", "format=2"), ("0a0a", "zz"), ("loaded", "half")] {
            assert!(RebuildMark::read(&text.replacen(from, to, 1)).is_err(), "{to}");
        }
        assert!(RebuildMark::read("").is_err());
    }

    #[test]
    fn other_files_are_restored_again() {
        let at = |stage, lists| RebuildMark { stage, ..mark() }.goes_on_from(lists);
        assert_eq!(at(RebuildStage::Media, "aa"), RebuildStage::Media);
        assert_eq!(at(RebuildStage::Restored, "bb"), RebuildStage::Loaded);
        assert_eq!(at(RebuildStage::Fetched, "bb"), RebuildStage::Fetched);
    }

    #[test]
    fn the_stages_are_in_order() {
        assert!(NAMES.is_sorted_by(|(_, one), (_, next)| one < next));
    }

    #[test]
    fn a_different_snapshot_does_not_match() {
        let mark = mark();
        assert!(mark.is_meant(None, None) && mark.is_meant(Some("0a0a0a0a"), Some("offsite")));
        assert!(!mark.is_meant(Some("0b0a0a0a"), None) && !mark.is_meant(None, Some("main")));
    }
}
