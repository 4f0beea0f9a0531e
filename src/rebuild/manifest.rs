//! A snapshot's manifest, and whether it fits the server of a spec.

use crate::diagnostic::{Diagnostic, Problems, visible};
use crate::time::utc;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How far the clock may be behind that of the lost host (seconds).
const SKEW: u64 = 10 * 60;

/// How long after its manifest a snapshot may be begun: the first upload to other repositories takes days (seconds).
const UPLOAD: u64 = 14 * 24 * 60 * 60;

/// The longest text or name (bytes): two quoted names of PostgreSQL, each of 63 bytes, fit.
const MAX_TEXT: usize = 300;

/// The greatest number: JSON's, and more than any server counts.
const MAX_NUMBER: u64 = 1 << 53;

/// The most tables and sequences.
const MAX_NAMES: usize = 100_000;

/// `manifest.json` of a snapshot; its other fields are for people.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SnapshotManifest {
    /// The version of its format; 1.
    pub format: u32,
    /// The homeserver.
    pub server_name: String,
    /// When the backup was made, by its host's clock.
    pub time: u64,
    /// The installation; empty if not recorded.
    #[serde(default)]
    pub installation: String,
    /// The server's identity, `ed25519:ID KEY`; empty if not recorded.
    #[serde(default)]
    pub identity: String,
    /// The id of its signing key, `ed25519:ID`.
    #[serde(default)]
    pub signing_key: String,
    /// Synapse's version; empty if unknown.
    #[serde(default)]
    pub synapse: String,
    /// PostgreSQL's version.
    pub postgres: String,
    /// The version of the database's schema.
    pub schema: u64,
    /// The number of users, including bots and application services.
    pub users: u64,
    /// The number of rooms.
    pub rooms: u64,
    /// The number of events.
    pub events: u64,
    /// Local media.
    pub media: MediaCount,
    /// The number of rows of each table in the dump.
    pub rows: BTreeMap<String, u64>,
    /// The last value of each sequence; `None` if it was never used.
    pub sequences: BTreeMap<String, Option<i64>>,
}

/// The number of files, and their total size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct MediaCount {
    /// The number of files.
    pub files: u64,
    /// The total size (bytes).
    pub bytes: u64,
}

/// The server that the host is to become.
#[derive(Clone, Copy, Debug)]
pub struct RebuildTarget<'a> {
    /// The installation.
    pub installation: &'a str,
    /// The homeserver.
    pub server_name: &'a str,
    /// Its identity, by its signing key, as text.
    pub identity: Option<&'a str>,
    /// The major version of PostgreSQL that the host will have.
    pub postgres: Option<u32>,
    /// The version of Synapse that it will have, if known.
    pub synapse: Option<&'a str>,
    /// The time by the host's clock, in seconds since 1970.
    pub now: u64,
}

impl SnapshotManifest {
    /// Parses a manifest.
    ///
    /// # Errors
    ///
    /// It is damaged, or a newer version wrote it.
    pub fn read(text: &str) -> Result<SnapshotManifest, Diagnostic> {
        let unreadable = |why: &str| {
            let message = format!("the snapshot's manifest cannot be read: {why}");
            Diagnostic::error("rebuild/manifest", message)
                .help("use the version that made the backup, or another snapshot: `matrixform backup list`")
        };
        let manifest: SnapshotManifest =
            serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))?;
        if manifest.format != 1 {
            return Err(unreadable(&format!("its format is {}, not 1", manifest.format)));
        }
        match manifest.fault() {
            Some(fault) => Err(unreadable(&fault)),
            None => Ok(manifest),
        }
    }

    /// Returns what no backup writes. Whoever can write to the repository may have written the manifest, and it becomes SQL and
    /// words of a shell: better refused here than found out by a stage, after hours.
    fn fault(&self) -> Option<String> {
        let texts = [
            ("server_name", &self.server_name),
            ("installation", &self.installation),
            ("identity", &self.identity),
            ("signing_key", &self.signing_key),
            ("synapse", &self.synapse),
            ("postgres", &self.postgres),
        ];
        let is_odd = |text: &str| text.len() > MAX_TEXT || text.chars().any(char::is_control);
        if let Some((name, _)) = texts.into_iter().find(|(_, text)| is_odd(text)) {
            return Some(format!("its `{name}` is too long, or not one line"));
        }
        let numbers = [
            ("time", self.time),
            ("schema", self.schema),
            ("users", self.users),
            ("rooms", self.rooms),
            ("events", self.events),
            ("media", self.media.files.max(self.media.bytes)),
            ("rows", self.rows.values().copied().max().unwrap_or_default()),
        ];
        if let Some((name, _)) = numbers.into_iter().find(|(_, number)| *number > MAX_NUMBER) {
            return Some(format!("its `{name}` is impossibly large"));
        }
        let names = self.rows.keys().chain(self.sequences.keys());
        if names.clone().count() > MAX_NAMES || names.clone().any(|name| is_odd(name)) {
            return Some("it has too many tables and sequences, or impossible names".to_owned());
        }
        match self.rows.get("public.schema_version") {
            Some(1) => None,
            _ => Some("its dump does not hold the database of a homeserver".to_owned()),
        }
    }

    /// Returns why the snapshot cannot become this server.
    pub fn misfits(&self, target: &RebuildTarget<'_>) -> Problems {
        let mut problems = Problems::new();
        let mut refuse = |code: &'static str, message: String, help: &str| {
            problems.push(Diagnostic::error(code, message).help(help.to_owned()));
        };
        let other = "choose a snapshot of this server: `matrixform backup list`";
        if self.server_name != target.server_name {
            let message = format!(
                "the snapshot is of `{}`, but the spec's server is `{}`",
                visible(&self.server_name),
                target.server_name
            );
            refuse("rebuild/another-server", message, other);
        }
        if !self.installation.is_empty() && self.installation != target.installation {
            let message = format!(
                "the snapshot is of the installation `{}`, and the spec is `{}`",
                visible(&self.installation),
                target.installation
            );
            refuse(
                "rebuild/another-server",
                message,
                "use the spec of that installation, or write its `id` if it was renamed",
            );
        }
        if let Some(own) = target.identity.filter(|own| !self.is_of(own)) {
            let saved = [&self.identity, &self.signing_key].into_iter().find(|one| !one.is_empty());
            let message = format!(
                "the snapshot is of {}, but this server is {own}",
                visible(saved.map_or("a server without a key", String::as_str))
            );
            refuse(
                "rebuild/another-key",
                message,
                "use the secrets that belong to the snapshot (an older recovery kit), or a newer snapshot",
            );
        }
        let majors = (major(&self.postgres), target.postgres);
        if let (Some(from), Some(to)) = majors
            && from > to
        {
            let message = format!(
                "the dump is of PostgreSQL {from}, and this host will have the older {to}, which cannot read it"
            );
            refuse(
                "rebuild/postgres",
                message,
                "use a host with a newer release (Debian 13 has PostgreSQL 17), or `version` under `[postgres]`",
            );
        }
        if let Some(version) = target.synapse
            && parts(&self.synapse) > parts(version)
            && !self.synapse.is_empty()
        {
            let message = format!(
                "the snapshot is of Synapse {}, and the spec installs the older {version}, which does not start on its database",
                visible(&self.synapse)
            );
            refuse("rebuild/synapse", message, "raise `version` under `[synapse]`");
        }
        if self.time > target.now + SKEW {
            let message = format!(
                "the snapshot is from the future: {}, and the host's clock says {}",
                utc(self.time),
                utc(target.now)
            );
            refuse(
                "rebuild/future",
                message,
                "set the host's clock (`timedatectl`); if it is right, the clock of the lost host was wrong, or the snapshot is forged: choose an older one with `--snapshot`",
            );
        }
        problems
    }

    /// Returns why a snapshot with this date (seconds since 1970) does not belong to the manifest: restic dates it when
    /// it begins to save, soon after the manifest is written, or after other repositories have their copies.
    pub fn misdated(&self, made: u64) -> Option<Diagnostic> {
        if (self.time.saturating_sub(SKEW)..=self.time.saturating_add(UPLOAD)).contains(&made) {
            return None;
        }
        let message = format!(
            "the snapshot is dated {}, but its manifest was written {}",
            utc(made),
            utc(self.time)
        );
        Some(
            Diagnostic::error("rebuild/dates", message)
                .note_line("a backup does not do that: the snapshot may be forged")
                .help("choose another one with `--snapshot`: `matrixform backup list`"),
        )
    }

    /// Whether this server made it: by its whole key, if recorded, else by the key's id.
    fn is_of(&self, identity: &str) -> bool {
        match self.identity.as_str() {
            "" => identity.split(' ').next() == Some(self.signing_key.as_str()),
            saved => saved == identity,
        }
    }

    /// Returns the number of rows in the dump.
    pub fn all_rows(&self) -> u64 {
        self.rows.values().fold(0, |sum, rows| sum.saturating_add(*rows))
    }
}

/// Returns `17` for `17.6 (Debian 17.6-1)`.
fn major(version: &str) -> Option<u32> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Returns `(1, 163, 2)` for `1.163.2+trixie1`.
fn parts(version: &str) -> (u32, u32, u32) {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().ok());
    let mut next = || numbers.next().flatten().unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const TEXT: &str = r#"{"format": 1, "server_name": "example.org", "time": 1795720000, "installation": "prod",
        "identity": "ed25519:a_1 AAAA", "signing_key": "ed25519:a_1", "synapse": "1.163.2+trixie1", "commit": "",
        "postgres": "17.6 (Debian 17.6-0+deb13u1)", "schema": 94, "users": 3, "rooms": 2, "events": 12,
        "media": {"files": 4, "bytes": 9}, "left_out": ["public.e2e_one_time_keys_json"],
        "rows": {"public.events": 12, "public.schema_version": 1, "public.users": 3}, "sequences": {"events_stream_seq": 12, "user_id_seq": null}}"#;

    pub(in crate::rebuild) fn manifest() -> SnapshotManifest {
        SnapshotManifest::read(TEXT).unwrap()
    }

    fn target() -> RebuildTarget<'static> {
        RebuildTarget {
            installation: "prod",
            server_name: "example.org",
            identity: Some("ed25519:a_1 AAAA"),
            postgres: Some(17),
            synapse: Some("1.163.2"),
            now: 1_795_720_100,
        }
    }

    #[test]
    fn a_matching_target_is_accepted() {
        assert_eq!(manifest().misfits(&target()), []);
        let newer = RebuildTarget { postgres: Some(18), synapse: Some("1.164.0~rc1"), ..target() };
        assert_eq!(manifest().misfits(&newer), []);
        let unknown = RebuildTarget { postgres: None, synapse: None, identity: None, ..target() };
        assert_eq!(manifest().misfits(&unknown), []);
        let by_id =
            SnapshotManifest { identity: String::new(), installation: String::new(), ..manifest() };
        assert_eq!(by_id.misfits(&target()), []);
        assert_eq!(manifest().all_rows(), 16);
        let time = manifest().time;
        for made in [time, time - 60, time + 3600, time + 86_400] {
            assert_eq!(manifest().misdated(made), None);
        }
        for made in [0, time - 3600, time + 30 * 86_400, u64::MAX] {
            assert_eq!(manifest().misdated(made).unwrap().code, "rebuild/dates");
        }
    }

    #[test]
    fn each_mismatch_is_refused_by_name() {
        let of = |target: RebuildTarget<'_>| {
            let problems = manifest().misfits(&target);
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].help.is_some());
            problems[0].code.to_string()
        };
        let base = target();
        for (code, other) in [
            ("rebuild/another-server", RebuildTarget { server_name: "example.com", ..base }),
            ("rebuild/another-server", RebuildTarget { installation: "staging", ..base }),
            ("rebuild/another-key", RebuildTarget { identity: Some("ed25519:a_1 BBBB"), ..base }),
            ("rebuild/postgres", RebuildTarget { postgres: Some(15), ..base }),
            ("rebuild/synapse", RebuildTarget { synapse: Some("1.163.1"), ..base }),
            ("rebuild/future", RebuildTarget { now: 1_795_710_000, ..base }),
        ] {
            assert_eq!(of(other), code);
        }
        let by_id = SnapshotManifest {
            identity: String::new(),
            signing_key: "ed25519:a_2".to_owned(),
            ..manifest()
        };
        assert_eq!(by_id.misfits(&base)[0].code, "rebuild/another-key");
    }

    #[test]
    fn a_damaged_manifest_is_refused() {
        for (from, to) in [("\"format\": 1", "\"format\": 2"), ("\"schema\": 94", "\"schema\": -1")]
        {
            assert!(SnapshotManifest::read(&TEXT.replacen(from, to, 1)).is_err(), "{to}");
        }
        assert!(SnapshotManifest::read("").is_err());
    }

    #[test]
    fn what_no_backup_writes_is_refused() {
        let long = format!("\"synapse\": \"{}\"", "1".repeat(301));
        for (from, to) in [
            ("\"example.org\"", "\"example.org\\nstage=restored\""),
            ("\"synapse\": \"1.163.2+trixie1\"", long.as_str()),
            ("\"time\": 1795720000", "\"time\": 18446744073709551615"),
            ("\"files\": 4", "\"files\": 18446744073709551615"),
            ("\"public.events\": 12", "\"public.events\": 9223372036854775808"),
            ("\"public.events\"", "\"public.\\u0000events\""),
            ("\"user_id_seq\"", "\"user\\u0000_id_seq\""),
            ("\"public.schema_version\": 1", "\"public.schema_version\": 2"),
        ] {
            let text = TEXT.replacen(from, to, 1);
            assert_ne!(text, TEXT);
            let problem = SnapshotManifest::read(&text).unwrap_err();
            assert_eq!(problem.code, "rebuild/manifest", "{to}");
        }
    }
}
