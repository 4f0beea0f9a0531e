//! The server name of a host never changes: the configured one is a fact, and a spec with another name stops before any
//! change.

use crate::host::Host;

const SPEC: &str = "[postgres]\n[synapse]\nserver_name = \"example.org\"\nsource = \"pypi\"\n";

fn named(host: &Host) -> serde_json::Value {
    let ran = host.on("facts");
    let facts: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    facts["synapse_server_name"].clone()
}

#[test]
fn another_server_name_stops_the_plan() {
    let host = Host::new();
    host.spec(SPEC);
    assert_eq!(named(&host), serde_json::Value::Null);
    host.machine.run(
        "mkdir -p /etc/matrix-synapse/conf.d
         printf 'report_stats: false\\nserver_name: \"first.example\" # was\\n' >/etc/matrix-synapse/homeserver.yaml
         printf 'trusted_key_servers:\\n  - server_name: matrix.org\\n' >/etc/matrix-synapse/conf.d/a.yaml",
    );
    assert_eq!(named(&host), "first.example");
    host.machine.run("echo 'server_name: example.com:8448' >/etc/matrix-synapse/conf.d/b.yaml");
    assert_eq!(named(&host), "example.com:8448", "the last file counts");
    let planned = host.on("plan");
    assert_eq!(planned.status, 1, "{planned}");
    assert!(planned.stderr.contains("(MF005)"), "{planned}");
    host.machine.run("echo 'server_name: example.org' >/etc/matrix-synapse/conf.d/b.yaml");
    assert!(!host.on("plan").stderr.contains("MF005"));
}
