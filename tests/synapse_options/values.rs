//! Tries every option that can be set alone: Synapse's own reader accepts a value of the kind in the table, and refuses
//! one of another kind wherever it checks.

use crate::exceptions::only;
use crate::synapse::Synapse;
use matrixform::for_tests::synapse::{OptionKind, options};
use serde_json::{Map, Value, json};

/// Fewer would mean that the trials cover nothing.
const LEAST: usize = 300;

/// A value of the kind is accepted.
pub(crate) fn are_taken(synapse: &Synapse) {
    let cases: Vec<(&String, Value)> = tried(|kind| Some(value(kind)));
    assert!(cases.len() >= LEAST, "{} tried", cases.len());
    let errors = synapse.read(&configurations(&cases));
    let refused = cases.iter().zip(&errors).filter(|(_, error)| error.is_some());
    let names: Vec<String> = refused.clone().map(|((name, _), _)| (*name).clone()).collect();
    // The reasons help when a new name appears.
    let lines = refused.filter_map(|((name, value), error)| {
        Some(format!("  {name} = {value}: {}\n", error.as_ref()?))
    });
    let lines: String = lines.collect();
    only("want_more", names, &format!("{lines}Synapse refuses a value of the table's kind"));
}

/// Malformed durations and sizes are refused, and so are many wrong values of other kinds.
pub(crate) fn malformed_values_are_refused(synapse: &Synapse) {
    let cases: Vec<(&String, Value)> = tried(|kind| match kind {
        OptionKind::Duration => Some(json!("1 day")),
        OptionKind::Size => Some(json!("50MB")),
        _ => None,
    });
    let errors = synapse.read(&configurations(&cases));
    let taken = cases.iter().zip(&errors).filter(|(_, error)| error.is_none());
    let taken = taken.map(|((name, _), _)| (*name).clone()).collect();
    only("not_looked_at", taken, "Synapse takes a wrong duration or size");
    let others = tried(|kind| match kind {
        OptionKind::Duration | OptionKind::Size => None,
        OptionKind::List(_) | OptionKind::Table | OptionKind::Map(_) => Some(json!(17)),
        _ => Some(json!({"a": ["b"]})),
    });
    // A sample is enough, since each takes a while.
    let others: Vec<(&String, Value)> = others.into_iter().step_by(4).collect();
    let errors = synapse.read(&configurations(&others));
    let refused = errors.iter().flatten().count();
    assert!(refused >= 60, "only {refused} of {} wrong values are refused", others.len());
}

/// The options outside lists and free keys, each with a value of its first kind.
fn tried(value: impl Fn(&OptionKind) -> Option<Value>) -> Vec<(&'static String, Value)> {
    let alone = options().known.iter().filter(|(name, _)| !name.contains(['[', '*']));
    alone.filter_map(|(name, option)| Some((name, value(option.kinds.first()?)?))).collect()
}

fn value(kind: &OptionKind) -> Value {
    match kind {
        OptionKind::Bool => json!(true),
        OptionKind::Int => json!(12),
        OptionKind::Number => json!(1.5),
        OptionKind::String | OptionKind::Any | OptionKind::Null => json!("a"),
        // An existing, readable file.
        OptionKind::Path => json!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
        OptionKind::Duration => json!("1h"),
        OptionKind::Size => json!("10M"),
        OptionKind::Word(word) => json!(word),
        OptionKind::List(of) if matches!(**of, OptionKind::Table) => json!([]),
        OptionKind::List(of) => json!([value(of)]),
        OptionKind::Map(of) if matches!(**of, OptionKind::Table) => json!({}),
        OptionKind::Map(of) => json!({ "a": value(of) }),
        OptionKind::Table => json!({}),
    }
}

/// Each value in an otherwise complete configuration.
fn configurations(cases: &[(&String, Value)]) -> Vec<Value> {
    // Nothing is written there: the reader only checks the configuration.
    let media = concat!(env!("CARGO_TARGET_TMPDIR"), "/media");
    cases
        .iter()
        .map(|(name, value)| {
            let mut whole = json!({
                "server_name": "example.org",
                "report_stats": false,
                "signing_key": "ed25519 a_auto AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "macaroon_secret_key": "x",
                "media_store_path": media,
                "suppress_key_server_warning": true,
                "database": { "name": "sqlite3", "args": { "database": ":memory:" } },
            });
            for (start, beside) in beside() {
                if name.starts_with(start) {
                    let first = start.split('.').next().unwrap();
                    whole.as_object_mut().unwrap().insert(first.to_owned(), beside);
                }
            }
            put(whole.as_object_mut().unwrap(), name, value.clone());
            whole
        })
        .collect()
}

/// Settings that an option needs beside it before Synapse checks it.
fn beside() -> [(&'static str, Value); 10] {
    let caches = json!({ "max_cache_memory_usage": "1G", "target_cache_memory_usage": "1G", "min_cache_ttl": "1m" });
    let templates = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
    [
        ("account_validity.", json!({ "enabled": true, "period": "1w" })),
        ("caches.cache_autotuning.", json!({ "cache_autotuning": caches })),
        ("cas_config.", json!({ "server_url": "https://cas.example.org" })),
        ("email.", json!({ "notif_from": "a@example.org", "smtp_host": "a" })),
        ("jwt_config.", json!({ "enabled": false, "secret": "a", "algorithm": "HS256" })),
        ("login_via_existing_session.", json!({ "enabled": true })),
        ("retention.", json!({ "enabled": true })),
        ("saml2_config.", json!({ "enabled": true })),
        ("server_notices.", json!({ "system_mxid_localpart": "a" })),
        ("user_consent.", json!({ "version": "1", "template_dir": templates })),
    ]
}

fn put(table: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => drop(table.insert(name.to_owned(), value)),
        Some((first, rest)) => {
            let below = table.entry(first).or_insert_with(|| json!({}));
            put(below.as_object_mut().expect("a table"), rest, value);
        }
    }
}
