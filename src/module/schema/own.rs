//! The keys of a spec that belong to no module, as `spec` reads them: each of those keys has a row here, and
//! `tests/schema.rs` checks that both agree.

use super::{closed, describe};
use crate::module::types::{SchemaFor, secret, text};
use crate::spec::FORMAT;
use serde_json::{Map, Value, json};

/// All keys but `resource`.
pub(super) fn keys(schema_for: SchemaFor) -> Map<String, Value> {
    let rows = [
        ("format", json!({ "const": FORMAT }), "The format version of this file; defaults to 1."),
        (
            "id",
            json!({ "type": "string", "pattern": "^[a-z0-9.-]{1,255}$" }),
            "The name of the installation, which stays the same when it moves to another host; defaults to the server name.",
        ),
        (
            "include",
            texts(),
            "Files that this one builds on and overrides; paths are relative to it.",
        ),
        (
            "unset",
            texts(),
            "Keys of the included files to ignore, as full paths: `synapse.media.path`.",
        ),
        ("host", host(schema_for), "How to connect to the host, and as which user."),
        (
            "secrets",
            secrets(schema_for),
            "Where secrets are stored, if not in the environment or the keyring.",
        ),
        ("accept", accept(), "Findings that are fine here."),
        (
            "activation",
            activation(),
            "Resources that take effect together: how to test them, and what to reload or restart (docs/kinds.md).",
        ),
    ];
    described(rows)
}

fn host(schema_for: SchemaFor) -> Value {
    let word = json!({ "type": "string", "enum": ["sudo", "none"] });
    let seconds = "^(3600|3[0-5][0-9]{2}|[12]?[0-9]{1,3})s$";
    let timeout =
        json!({ "type": ["integer", "string"], "minimum": 1, "maximum": 3600, "pattern": seconds });
    let rows = [
        (
            "address",
            text(r"^([^\s-]\S*)?$"),
            "The host's name, its address, or a `Host` of `~/.ssh/config`.",
        ),
        ("port", json!({ "type": "integer", "minimum": 1, "maximum": 65535 }), "SSH port."),
        ("user", text(""), "SSH user."),
        (
            "become",
            word,
            "How to become root; defaults to `none` for root, and sudo for other users.",
        ),
        (
            "host_key",
            text(""),
            "The host key's fingerprint (`SHA256:…`) or the key itself; known_hosts is then ignored.",
        ),
        ("identity_files", texts(), "Private keys to try first, in this order."),
        ("jump", text(""), "`user@host:port` of a jump host."),
        ("sudo_password", secret(), "The secret with the sudo password."),
        ("connect_timeout", timeout, "Timeout for connecting: `10s`, at most `3600s`."),
    ];
    closed(described(rows), required(schema_for, &["address"]))
}

fn secrets(schema_for: SchemaFor) -> Value {
    let file = "A file with the secrets outside the repository (mode 0600); relative to the spec, or under `~`.";
    closed(described([("file", text(""), file)]), required(schema_for, &["file"]))
}

fn accept() -> Value {
    let rows = [
        ("id", json!({ "type": "string" }), "The finding's id, such as `MF052`."),
        ("reason", json!({ "type": "string" }), "Why it is fine here."),
    ];
    json!({ "type": "array", "items": closed(described(rows), &["id", "reason"]) })
}

fn activation() -> Value {
    let one = |text: &str| json!({ "type": "string", "description": text });
    let rows = [
        ("name", json!({ "type": "string" }), "Its name, which resources use to join it."),
        ("when", json!({ "type": "string" }), "An expression: whether it exists."),
        (
            "owns",
            texts(),
            "Absolute paths that its services read: resources at or below them join it.",
        ),
        ("validate", texts(), "Commands that test the new files before any of them is installed."),
        (
            "validate_switched",
            texts(),
            "Commands that test them once installed, before a service reads them.",
        ),
        ("as_user", json!({ "type": "string" }), "The user that runs the tests; defaults to root."),
        (
            "sandbox",
            json!({ "type": "string" }),
            "The unit in whose sandbox `validate` runs, after its other start-up commands.",
        ),
        (
            "network",
            json!({ "type": "string" }),
            "An expression: whether `validate` has network access there; defaults to no.",
        ),
        (
            "effect",
            json!({ "type": "string", "enum": ["reload", "restart"] }),
            "What a change does to the services that join it.",
        ),
        (
            "restart",
            json!({ "type": "string" }),
            "A command: status 0 means that a restart is needed after the reload.",
        ),
        (
            "timeout",
            json!({ "type": "string", "pattern": "^[0-9]+[sm]$" }),
            "How long `health` may take: `30s`.",
        ),
    ];
    let mut keys = described(rows);
    let health = Map::from_iter([
        ("run".to_owned(), one("A command that exits with 0.")),
        (
            "early".to_owned(),
            json!({ "type": "boolean", "description": "Whether it needs no service, and runs while they start." }),
        ),
        ("http".to_owned(), one("A URL that answers.")),
        (
            "status".to_owned(),
            json!({ "type": "integer", "description": "Its status; defaults to 200." }),
        ),
        ("body".to_owned(), one("Its body.")),
    ]);
    let mut health = json!({ "type": "array", "items": closed(health, &[]) });
    describe(&mut health, "What must be true afterwards.");
    keys.insert("health".into(), health);
    json!({ "type": "array", "items": closed(keys, &["name", "effect"]) })
}

fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

fn required<'a>(schema_for: SchemaFor, keys: &'a [&'a str]) -> &'a [&'a str] {
    if schema_for == SchemaFor::Whole { keys } else { &[] }
}

fn described<const N: usize>(rows: [(&str, Value, &str); N]) -> Map<String, Value> {
    let rows = rows.into_iter().map(|(name, mut schema, doc)| {
        describe(&mut schema, doc);
        (name.to_owned(), schema)
    });
    rows.collect()
}
