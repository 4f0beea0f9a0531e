//! Synapse's streams: the tables that hold positions of each, and the sequence that issues them. Synapse refuses to start
//! if a table is ahead of its sequence; a rebuild finds out first. Source: the `MultiWriterIdGenerator`s of Synapse 1.163,
//! `synapse/storage/databases/main/`.

/// A sequence, the name of its stream in `stream_positions`, and the columns that hold its values.
type Stream = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const STREAMS: [Stream; 17] = [
    (
        "account_data_sequence",
        "account_data",
        &[
            ("account_data", "stream_id"),
            ("room_account_data", "stream_id"),
            ("room_tags_revisions", "stream_id"),
        ],
    ),
    (
        "cache_invalidation_stream_seq",
        "caches",
        &[("cache_invalidation_stream_by_instance", "stream_id")],
    ),
    (
        "device_inbox_sequence",
        "to_device",
        &[("device_inbox", "stream_id"), ("device_federation_outbox", "stream_id")],
    ),
    (
        "device_lists_sequence",
        "device_lists_stream",
        &[
            ("device_lists_stream", "stream_id"),
            ("user_signature_stream", "stream_id"),
            ("device_lists_outbound_pokes", "stream_id"),
            ("device_lists_changes_in_room", "stream_id"),
            ("device_lists_remote_pending", "stream_id"),
        ],
    ),
    (
        "e2e_cross_signing_keys_sequence",
        "e2e_cross_signing_keys",
        &[("e2e_cross_signing_keys", "stream_id")],
    ),
    (
        "events_stream_seq",
        "events",
        &[
            ("events", "stream_ordering"),
            ("current_state_delta_stream", "stream_id"),
            ("ex_outlier_stream", "event_stream_ordering"),
        ],
    ),
    ("presence_stream_sequence", "presence_stream", &[("presence_stream", "stream_id")]),
    ("profile_updates_sequence", "profile_updates", &[("profile_updates", "stream_id")]),
    ("push_rules_stream_sequence", "push_rules_stream", &[("push_rules_stream", "stream_id")]),
    ("pushers_sequence", "pushers", &[("pushers", "id"), ("deleted_pushers", "stream_id")]),
    (
        "quarantined_media_id_seq",
        "quarantined_media",
        &[("quarantined_media_changes", "stream_id")],
    ),
    ("receipts_sequence", "receipts", &[("receipts_linearized", "stream_id")]),
    ("sticky_events_sequence", "sticky_events", &[("sticky_events", "stream_id")]),
    (
        "thread_subscriptions_sequence",
        "thread_subscriptions",
        &[("thread_subscriptions", "stream_id")],
    ),
    (
        "un_partial_stated_event_stream_sequence",
        "un_partial_stated_event_stream",
        &[("un_partial_stated_event_stream", "stream_id")],
    ),
    (
        "un_partial_stated_room_stream_sequence",
        "un_partial_stated_room_stream",
        &[("un_partial_stated_room_stream", "stream_id")],
    ),
    ("application_services_txn_id_seq", "", &[("application_services_txns", "txn_id")]),
];

/// Returns rows `(sequence, stream, table, column)` of SQL; one for a stream's recorded positions has no table.
pub(super) fn stream_rows() -> String {
    let rows = STREAMS.iter().flat_map(|(sequence, stream, columns)| {
        let recorded = Some(format!("('{sequence}', '{stream}', '', '')"));
        let columns = columns
            .iter()
            .map(move |(table, column)| format!("('{sequence}', '', '{table}', '{column}')"));
        recorded.filter(|_| !stream.is_empty()).into_iter().chain(columns)
    });
    rows.collect::<Vec<String>>().join(",\n            ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rebuild::sequences::RAISED;

    #[test]
    fn every_stream_has_a_sequence_that_is_raised() {
        for (sequence, _, columns) in STREAMS {
            assert!(RAISED.contains(&sequence) && !columns.is_empty(), "{sequence}");
        }
        // Sliding sync's positions are identities of their tables.
        let others = RAISED.iter().filter(|name| !STREAMS.iter().any(|(one, ..)| one == *name));
        assert!(others.clone().all(|name| name.starts_with("sliding_sync_")), "{others:?}");
    }
}
