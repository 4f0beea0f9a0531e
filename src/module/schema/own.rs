//! The keys of a spec that are no module's, as `spec` reads them: a key that is read there has its row
//! here, which `tests/schema.rs` holds the two to.

use super::{closed, describe};
use crate::module::types::{SchemaFor, secret, text};
use crate::spec::FORMAT;
use serde_json::{Map, Value, json};

/// All of them but `resource`.
pub(super) fn keys(of: SchemaFor) -> Map<String, Value> {
    let rows = [
        (
            "format",
            json!({ "const": FORMAT }),
            "The language of this file; it is the first one when left out.",
        ),
        (
            "id",
            json!({ "type": "string", "pattern": "^[a-z0-9.-]{1,255}$" }),
            "The name of the installation, which stays when its host is another one; the server name when left out.",
        ),
        (
            "include",
            texts(),
            "Files whose keys come below those of this one; paths are relative to it.",
        ),
        (
            "unset",
            texts(),
            "Keys of the included files that do not count here, from the top: `synapse.media.path`.",
        ),
        ("host", host(of), "How to reach the host, and who to be there."),
        ("secrets", secrets(of), "Where secrets are, when not in the environment or the keyring."),
        ("accept", accept(), "Findings that are fine here."),
        (
            "activation",
            activation(),
            "What takes effect together: a check, and what is reloaded or restarted (docs/kinds.md).",
        ),
    ];
    described(rows)
}

fn host(of: SchemaFor) -> Value {
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
        ("port", json!({ "type": "integer", "minimum": 1, "maximum": 65535 }), "Port of sshd."),
        ("user", text(""), "User to log in as."),
        ("become", word, "How to become root; by default nothing for root, and sudo for others."),
        (
            "host_key",
            text(""),
            "The host key's fingerprint (`SHA256:…`) or the key itself: known_hosts is not asked then.",
        ),
        ("identity_files", texts(), "Private keys to try first, in this order."),
        ("jump", text(""), "`user@host:port` to go through."),
        ("sudo_password", secret(), "The secret that sudo asks for."),
        ("connect_timeout", timeout, "How long connecting may take: `10s`, at most `3600s`."),
    ];
    closed(described(rows), required(of, &["address"]))
}

fn secrets(of: SchemaFor) -> Value {
    let file = "A file outside the repository that holds the secrets (mode 0600); relative to the spec, or below `~`.";
    closed(described([("file", text(""), file)]), required(of, &["file"]))
}

fn accept() -> Value {
    let rows = [
        ("id", json!({ "type": "string" }), "The finding's id, such as `MF052`."),
        ("reason", json!({ "type": "string" }), "Why it is fine here."),
    ];
    json!({ "type": "array", "items": closed(described(rows), &["id", "reason"]) })
}

fn activation() -> Value {
    let one = |words: &str| json!({ "type": "string", "description": words });
    let rows = [
        ("name", json!({ "type": "string" }), "Its name, by which resources join it."),
        ("when", json!({ "type": "string" }), "An expression: whether it is there."),
        (
            "owns",
            texts(),
            "Absolute paths that its services read: what is declared there, or below, joins it.",
        ),
        (
            "validate",
            texts(),
            "Commands that check the new files before any of them is in its place.",
        ),
        (
            "validate_switched",
            texts(),
            "Commands that check them in their place, before a service reads them.",
        ),
        ("as_user", json!({ "type": "string" }), "The user of the checks; root when left out."),
        (
            "sandbox",
            json!({ "type": "string" }),
            "The unit in whose sandbox `validate` runs, after what else comes before its start.",
        ),
        (
            "network",
            json!({ "type": "string" }),
            "An expression: whether `validate` has the network there; without it there is none.",
        ),
        (
            "effect",
            json!({ "type": "string", "enum": ["reload", "restart"] }),
            "What a change asks of the services that join it.",
        ),
        (
            "restart",
            json!({ "type": "string" }),
            "A command: status 0 asks for a restart after the reload.",
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
        ("http".to_owned(), one("A URL that answers.")),
        (
            "status".to_owned(),
            json!({ "type": "integer", "description": "Its status; 200 when left out." }),
        ),
        ("body".to_owned(), one("Its body.")),
    ]);
    let mut health = json!({ "type": "array", "items": closed(health, &[]) });
    describe(&mut health, "What must hold afterwards.");
    keys.insert("health".into(), health);
    json!({ "type": "array", "items": closed(keys, &["name", "effect"]) })
}

fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

fn required<'a>(of: SchemaFor, keys: &'a [&'a str]) -> &'a [&'a str] {
    if of == SchemaFor::Whole { keys } else { &[] }
}

fn described<const N: usize>(rows: [(&str, Value, &str); N]) -> Map<String, Value> {
    let rows = rows.into_iter().map(|(name, mut schema, doc)| {
        describe(&mut schema, doc);
        (name.to_owned(), schema)
    });
    rows.collect()
}
