//! The values that a restored database must not hand out again: positions, transaction ids and one-time keys that
//! clients, bridges and devices saw in the lost time. See docs/decisions/rebuild.md.

use super::SnapshotManifest;
use super::rows::{NO_LIMITS, sql_text};
use super::streams::stream_rows;
use std::fmt::Write;

/// Sequences whose values clients, application services or other servers compare with their own.
pub(super) const RAISED: [&str; 19] = [
    "account_data_sequence",
    "application_services_txn_id_seq",
    "cache_invalidation_stream_seq",
    "device_inbox_sequence",
    "device_lists_sequence",
    "e2e_cross_signing_keys_sequence",
    "events_stream_seq",
    "presence_stream_sequence",
    "profile_updates_sequence",
    "push_rules_stream_sequence",
    "pushers_sequence",
    "quarantined_media_id_seq",
    "receipts_sequence",
    "sliding_sync_connection_positions_connection_position_seq",
    "sliding_sync_connections_connection_key_seq",
    "sticky_events_sequence",
    "thread_subscriptions_sequence",
    "un_partial_stated_event_stream_sequence",
    "un_partial_stated_room_stream_sequence",
];

/// Sequences whose values stay inside the database, or count backwards. The one of instances must not change.
const LEFT: [&str; 7] = [
    "event_auth_chain_id",
    "events_backfill_stream_seq",
    "instance_map_instance_id_seq",
    "sliding_sync_connection_required_state_required_state_id_seq",
    "state_group_id_seq",
    "state_groups_pending_deletion_sequence_number_seq",
    "user_id_seq",
];

/// Sequences with values in 32-bit columns.
const IN_32_BITS: [&str; 3] =
    ["quarantined_media_id_seq", "sticky_events_sequence", "thread_subscriptions_sequence"];

/// Returns sequences of a snapshot that are not known here: of tables that are not Synapse's, or of a newer Synapse.
pub fn unknown_sequences(manifest: &SnapshotManifest) -> Vec<&str> {
    let names = manifest.sequences.keys().map(String::as_str);
    names.filter(|name| !RAISED.contains(name) && !LEFT.contains(name)).collect()
}

/// Returns SQL that moves the database ahead of the lost time, as one transaction: each sequence, also one that is not known
/// here, is set to the greatest
/// of its value and the one recorded beside the backup, each plus a distance, and the seconds since 1970. It fails if a
/// table or a recorded position is ahead of its sequence even so.
pub fn raise_sql(manifest: &SnapshotManifest) -> String {
    let list = |names: &[&str]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
        quoted.join(", ")
    };
    let mut seen = String::from("('none'::text, 0::bigint)");
    for (name, value) in &manifest.sequences {
        if let Some(value) = value
            && !LEFT.contains(&name.as_str())
        {
            let _ = write!(seen, ",\n            ({}, {value})", sql_text(name));
        }
    }
    let raise = include_str!("raise.sql")
        .replace("-- RAISED", &list(&RAISED))
        .replace("-- LEFT", &list(&LEFT))
        .replace("-- SHORT", &list(&IN_32_BITS))
        .replace("-- SEEN", &seen)
        .replace("-- STREAMS", &stream_rows());
    NO_LIMITS.to_owned() + &raise
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rebuild::manifest::tests::manifest;

    #[test]
    fn no_sequence_is_both_raised_and_left() {
        assert!(RAISED.iter().all(|name| !LEFT.contains(name)));
        assert!(IN_32_BITS.iter().all(|name| RAISED.contains(name)));
        // The epoch already uses up most of the positive range; a million for each rebuild still fits.
        assert!(1_795_720_000 + 1_000_000 < i64::from(i32::MAX));
    }

    #[test]
    fn an_unknown_sequence_is_named() {
        let mut manifest = manifest();
        assert_eq!(unknown_sequences(&manifest), [] as [&str; 0]);
        manifest.sequences.insert("new_stream_seq".to_owned(), None);
        assert_eq!(unknown_sequences(&manifest), ["new_stream_seq"]);
    }

    #[test]
    fn sequences_are_raised_from_the_manifest() {
        let text = raise_sql(&manifest());
        insta::assert_snapshot!(text);
    }
}
