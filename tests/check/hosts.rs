//! `[host]` as far as it can be checked without a connection, each problem at its place; and which files in a directory
//! count as specs.

use crate::workspace::{GOOD, Ran, Workspace};
use serde_json::Value;

/// The spec with these lines in place of the address.
fn with(lines: &str) -> Workspace {
    Workspace::with(&GOOD.replace("address = \"matrix.example.org\"", lines))
}

fn line_of(ran: &Ran, code: &str) -> Option<u64> {
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    let problems = found["problems"].as_array().unwrap();
    problems.iter().find(|one| one["code"] == code).and_then(|one| one["line"].as_u64())
}

#[test]
fn invalid_connection_settings_are_reported_in_place() {
    let address = "address = \"a.example\"\n";
    for (line, code) in [
        ("host_key = \"MD5:aa:bb\"", "remote/host-key-pin"),
        ("host_key = \"\"", "remote/host-key-pin"),
        ("host_key = \"ssh-ed25519 AAAA\"", "remote/host-key-pin"),
        ("host_key = \"SHA256:abc\"", "remote/host-key-pin"),
        ("user = \"root;id\"", "spec/value"),
        ("user = \"$(id)\"", "spec/value"),
        ("jump = \"x@\"", "remote/jump"),
        ("user = \"a b\"", "spec/value"),
        ("user = \"\"", "spec/value"),
        ("sudo_password = { secret = \"Bad Name!\" }", "secret/name"),
        ("sudo_password = { secret = \"host/sudo.previous\" }", "secret/name"),
        ("sudo_password = \"hunter\"", "spec/plain-secret"),
    ] {
        let ran =
            with(&format!("{address}{line}")).run(&["check", "prod.toml", "--format", "json"]);
        assert_eq!((ran.status, line_of(&ran, code)), (1, Some(4)), "{line}: {ran}");
    }
    for line in [
        "\"\"",
        "\"root@h\"",
        "\"h:2222\"",
        "\"[::1]:22\"",
        "\"192.0.2.300\"",
        "\"192.0.2\"",
        "\"*.example.org\"",
        "\"0.0.0.0\"",
        "\"::\"",
    ] {
        let ran =
            with(&format!("address = {line}")).run(&["check", "prod.toml", "--format", "json"]);
        assert_eq!((ran.status, line_of(&ran, "spec/value")), (1, Some(3)), "{line}: {ran}");
    }
    for fine in [
        "address = \"::1\"",
        "address = { env = \"A\" }\nhost_key = { env = \"B\" }\njump = \"none\"",
    ] {
        let ran = with(fine).run(&["check", "--strict", "prod.toml"]);
        assert_eq!(ran.status, 0, "{fine}: {ran}");
    }
}

#[test]
fn the_help_splits_an_address() {
    let ran = with("address = \"root@h\"").run(&["check", "prod.toml"]);
    assert!(ran.stdout.contains("write `address = \"h\"` and `user = \"root\"`"), "{ran}");
    let ran = with("address = \"h:2222\"").run(&["check", "prod.toml"]);
    assert!(ran.stdout.contains("write `address = \"h\"` and `port = 2222`"), "{ran}");
}

/// A list of known keys names no key twice.
#[test]
fn known_keys_are_listed_once() {
    let ran = with("address = \"a\"\ncolour = 1").run(&["check", "prod.toml"]);
    assert_eq!(ran.stdout.matches("`host_key`").count(), 1, "{ran}");
}

#[test]
fn a_shared_layer_is_not_checked_as_a_spec() {
    let layer = |name: &str| {
        let path = format!("{}/examples/layers/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let workspace = Workspace::new();
    for name in ["base", "prod", "staging"] {
        workspace.write(&format!("inventory/{name}.toml"), &layer(name));
    }
    let ran = workspace.run(&["check", "--format", "json"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        found["specs"],
        serde_json::json!(["inventory/prod.toml", "inventory/staging.toml"])
    );
    assert_eq!(found["errors"], 0, "{ran}");
    // The only spec left is taken without being named.
    std::fs::remove_file(workspace.0.path().join("inventory/staging.toml")).unwrap();
    let ran = workspace.run(&["secrets", "list"]);
    assert!(ran.stdout.contains("mail/matrix"), "{ran}");
    // No file includes it any more, so it is checked as a spec.
    std::fs::remove_file(workspace.0.path().join("inventory/prod.toml")).unwrap();
    let ran = workspace.run(&["check"]);
    assert!(ran.stdout.contains("the spec needs `host`"), "{ran}");
}

/// A spec with this host, id and server name.
fn spec(address: &str, id: Option<&str>, server: &str) -> String {
    let id = id.map(|id| format!("id = \"{id}\"\n")).unwrap_or_default();
    let good =
        GOOD.replace("address = \"matrix.example.org\"", &format!("address = \"{address}\""));
    id + &good.replace("server_name = \"example.org\"", &format!("server_name = \"{server}\""))
}

#[test]
fn conflicts_between_two_specs_are_reported() {
    let a = spec("a.example.org", None, "example.org");
    for (other, code, level, expected) in [
        (spec("b.example.org", None, "example.org"), "spec/id-twice", "error", "`example.org`"),
        (
            spec("a.example.org", Some("x"), "example.com"),
            "spec/host-twice",
            "error",
            "`example.org` and `x`",
        ),
        (
            spec("A.example.org", None, "example.org"),
            "spec/host-twice",
            "warning",
            "two specs are for the host",
        ),
        (
            spec("b.example.org", Some("x"), "example.org"),
            "spec/server-name-twice",
            "warning",
            "two hosts",
        ),
    ] {
        let workspace = Workspace::new();
        workspace.write("inventory/a.toml", &a);
        workspace.write("inventory/b.toml", &other);
        for args in [
            &["check"][..],
            &["check", "inventory/"],
            &["check", "inventory/a.toml", "inventory/b.toml"],
        ] {
            let ran = workspace.run(&[args, &["--format", "json"]].concat());
            let found: Value = serde_json::from_str(&ran.stdout).unwrap();
            let reported: Vec<&Value> = found["problems"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| one["code"] == code)
                .collect();
            assert_eq!(reported.len(), 1, "{expected:?} {code}: {ran}");
            assert_eq!(reported[0]["level"], level, "{ran}");
        }
        let ran = workspace.run(&["check"]);
        assert!(ran.stdout.contains(expected), "{ran}");
        for file in ["inventory/a.toml", "inventory/b.toml"] {
            assert!(ran.stdout.contains(file), "both are named: {ran}");
        }
    }
    // One spec named in two ways counts once, and two servers are no conflict.
    let workspace = Workspace::new();
    workspace.write("inventory/a.toml", &a);
    workspace.write("inventory/b.toml", &spec("b.example.org", None, "example.com"));
    let ran = workspace.run(&["check", "--strict", "inventory", "inventory/a.toml"]);
    assert_eq!(ran.status, 0, "{ran}");
}

/// Expired by the clock of this machine: the host is not asked.
#[test]
fn an_expired_certificate_is_reported_offline() {
    let ended = concat!(env!("CARGO_MANIFEST_DIR"), "/modules/tls/golden/ending.crt");
    let files = "provider = \"files\"\nchain = \"front.crt\"\nkey = { secret = \"tls/front\" }";
    let workspace = Workspace::with(&GOOD.replace("provider = \"self-signed\"", files));
    workspace.write("front.crt", &std::fs::read_to_string(ended).unwrap());
    let ran = workspace.run(&["check", "prod.toml"]);
    assert!(ran.status == 1 && ran.stdout.contains("expired on 2026-02-16 (MF057)"), "{ran}");
}
