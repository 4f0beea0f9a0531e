//! The plan of a rebuild, and what it restores, as text.

use super::backups::size;
use super::phrases::one_line;
use crate::diagnostic::{counted, visible};
use crate::rebuild::{OldServer, RebuildStage, expected, unknown_sequences};
use crate::restic::short_id;
use crate::run::ChosenSnapshot;
use crate::time::utc;
use std::fmt::Write;

/// Formats the plan of a rebuild; `old` is what became of the old server, and where it is to be fenced.
pub fn plan(
    chosen: &ChosenSnapshot,
    server_name: &str,
    host: &str,
    changes: usize,
    old: Option<(OldServer, Option<&str>)>,
) -> String {
    let manifest = &chosen.found.manifest;
    let id = short_id(&chosen.snapshot);
    let from = one_line(&chosen.repository);
    let mut text = String::new();
    let _ = writeln!(text, "Rebuild of {server_name} on {host} from the snapshot {id} in {from}\n");
    let made = utc(manifest.time);
    let _ = writeln!(text, "  made      {}, {} ago", moment(&made), span(chosen.age));
    let _ = writeln!(
        text,
        "  database  {}, {}, {}; {}, {}",
        count(manifest.users, "user"),
        count(manifest.rooms, "room"),
        count(manifest.events, "event"),
        count(manifest.all_rows(), "row"),
        size(chosen.found.dump)
    );
    let _ = writeln!(
        text,
        "  media     {}, {}",
        count(manifest.media.files, "file"),
        size(manifest.media.bytes)
    );
    let _ = writeln!(
        text,
        "  made by   Synapse {}, PostgreSQL {}",
        one_line(manifest.synapse.split('+').next().unwrap_or_default()),
        one_line(manifest.postgres.split(' ').next().unwrap_or_default())
    );
    let seconds = expected(chosen.found.dump, chosen.found.total);
    let _ = writeln!(text, "  takes     about {}, longer over a slow line\n", span(seconds));
    let stage = chosen.stage.unwrap_or(RebuildStage::Held);
    let of = |reached: RebuildStage, todo: &str| match chosen.stage.is_some() && stage >= reached {
        true => format!("  done  {todo}\n"),
        false => format!("     -  {todo}\n"),
    };
    if chosen.stage.is_some() {
        text.push_str("An interrupted rebuild goes on:\n");
    }
    if let Some((_, Some(place))) = old {
        let place = one_line(place);
        let _ = writeln!(
            text,
            "     -  fence the old server ({place}): stop it, and keep it from starting; its data stay"
        );
    }
    let all = [
        of(RebuildStage::Held, "keep Synapse from starting until all data are back"),
        of(
            RebuildStage::Loaded,
            "restore the database, compare it row by row, and raise its sequences",
        ),
        of(
            RebuildStage::Kept,
            "restore keys, registrations and certificates that the spec does not write",
        ),
        of(RebuildStage::Media, "restore media"),
        format!("     -  apply the spec ({changes} changes), start Synapse, compare its key\n"),
    ];
    text.extend(all);
    let _ = writeln!(text, "\n! whatever happened in the last {} is lost", span(chosen.age));
    let unknown = unknown_sequences(&chosen.found.manifest);
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.into_iter().map(visible).collect();
        let _ = writeln!(
            text,
            "! the database has sequences that this version does not know, which are raised too: {}",
            names.join(", ")
        );
    }
    if let Some(fuller) = &chosen.fuller {
        let of = |name: &str| fuller.counts.get(name).copied().unwrap_or_default();
        let _ = writeln!(
            text,
            "! an older snapshot has much more: {} of {} with {}, {} and {}; restore it with `--snapshot`",
            short_id(&fuller.id),
            moment(&fuller.time),
            count(of("users"), "user"),
            count(of("events"), "event"),
            count(of("media"), "media file"),
        );
    }
    if let Some((state, None)) = old {
        let _ = writeln!(
            text,
            "! the old server is {}: you said so, and it cannot be checked",
            state.as_str()
        );
    }
    if chosen.replaces && stage < RebuildStage::Restored {
        text.push_str("! the database on this host, and its media, are deleted\n");
    }
    text
}

fn count(number: u64, noun: &str) -> String {
    counted(usize::try_from(number).unwrap_or(usize::MAX), noun)
}

/// Formats `2026-11-27 05:40 UTC`.
fn moment(utc: &str) -> String {
    let time: String = utc.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect();
    format!("{time} UTC")
}

/// Formats `3 days`, `2 h 5 min`.
pub fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600, seconds / 60);
    match (days, hours, minutes) {
        (2.., ..) => format!("{days} days"),
        (_, 1.., _) => format!("{hours} h {} min", minutes % 60),
        (_, _, 1) => "1 minute".to_owned(),
        (_, _, 2..) => format!("{minutes} minutes"),
        _ => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::SavedSnapshot;
    use crate::rebuild::{Found, SnapshotManifest};
    use std::collections::BTreeMap;

    const MANIFEST: &str = r#"{"format": 1, "server_name": "example.org", "time": 1795720000, "synapse": "1.163.2+trixie1",
        "postgres": "17.6 (Debian 17.6-0+deb13u1)", "schema": 94, "users": 20, "rooms": 10, "events": 1000,
        "media": {"files": 50, "bytes": 12345678}, "rows": {"public.schema_version": 1, "public.events": 1000, "public.users": 19}, "sequences": {}}"#;

    fn chosen() -> ChosenSnapshot {
        ChosenSnapshot {
            repository: "offsite".to_owned(),
            snapshot: "0a1b2c3d".repeat(8),
            found: Found {
                manifest: SnapshotManifest::read(MANIFEST).unwrap(),
                text: String::new(),
                dump: 123_456_789,
                total: 234_567_890,
                places: Vec::new(),
            },
            age: 7500,
            replaces: false,
            stage: None,
            old: None,
            fuller: None,
        }
    }

    #[test]
    fn a_plan_lists_what_is_restored_and_lost() {
        let fresh = plan(
            &chosen(),
            "example.org",
            "192.0.2.1",
            88,
            Some((OldServer::Fenced, Some("192.0.2.9"))),
        );
        let fuller = SavedSnapshot {
            id: "f0".repeat(32),
            time: "2026-11-26T05:40:12Z".to_owned(),
            counts: BTreeMap::from([("users".to_owned(), 40), ("events".to_owned(), 1)]),
        };
        let replaced = ChosenSnapshot { replaces: true, fuller: Some(fuller), ..chosen() };
        let gone = Some((OldServer::Destroyed, None));
        let replaced = plan(&replaced, "example.org", "192.0.2.1", 1, gone);
        let resumed = ChosenSnapshot { stage: Some(RebuildStage::Kept), ..chosen() };
        let resumed = plan(&resumed, "example.org", "192.0.2.1", 40, None);
        insta::assert_snapshot!([fresh, replaced, resumed].join("\n---\n"));
    }

    #[test]
    fn spans_are_human_readable() {
        let all = [5, 60, 600, 3600, 7500, 86_400, 200_000].map(span);
        let expected = [
            "5 seconds",
            "1 minute",
            "10 minutes",
            "1 h 0 min",
            "2 h 5 min",
            "24 h 0 min",
            "2 days",
        ];
        assert_eq!(all, expected);
    }
}
