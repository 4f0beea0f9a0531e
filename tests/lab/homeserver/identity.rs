//! The identity of the server: recorded when it is healthy, and never changed by accident.

use super::host::{Homeserver, spec_with};
use crate::guest::Guest;
use serde_json::Value;

const RECORD: &str = "/var/lib/matrixform/installation";
const KEY: &str = "/etc/matrix-synapse/homeserver.signing.key";

/// The `identity` line of a spec, from the key that other servers see.
fn line(host: &Homeserver) -> String {
    let keys = host.asks("GET", "/_matrix/key/v2/server", None, &Value::Null);
    let (id, key) = keys["verify_keys"].as_object().unwrap().iter().next().expect("a key");
    format!("identity = \"{id} {}\"", key["key"].as_str().expect("text"))
}

fn with(line: &str) -> String {
    spec_with("source = \"pypi\"", &format!("source = \"pypi\"\n{line}"))
}

pub(super) fn it_is_identified_by_its_key(host: &Homeserver) {
    let line = line(host);
    let record = host.guest.run(&format!("cat {RECORD}"));
    let expected = line.replace("identity = ", "identity=").replace('"', "");
    assert_eq!(record, format!("format=1\nid=hs.test\n{expected}\n"));
    // A warning asks for it until the spec contains it.
    let unsaid = host.guest.apply(&host.spec);
    assert!(unsaid.stderr.contains("MF097") || unsaid.stdout.contains("MF097"), "{unsaid}");
    assert!(unsaid.stderr.contains(&line), "{unsaid}");
    let applied = host.guest.apply(&host.spec("identified.toml", &with(&line)));
    assert!(
        !format!("{applied}").contains("MF097") && !applied.stderr.contains(&line),
        "{applied}"
    );
    // A different identity is refused, and nothing changes.
    let other = line.replace("ed25519:", "ed25519:x");
    let other = host.spec("other-key.toml", &with(&other));
    let refused = host.guest.on("apply", &other, &["--yes"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("is not this server's"), "{refused}");
}

/// The key on the host was replaced, and the stores have the right one or have lost it: both are refused, and nothing
/// starts.
pub(super) fn a_replaced_key_is_refused(host: &Homeserver) {
    let line = line(host);
    let own = line.trim_start_matches("identity = ").replace('"', "");
    let identified = host.spec("identified.toml", &with(&line));
    let store = host.guest.home.path();
    let kept = std::fs::read_to_string(store.join("secrets.toml")).expect("secrets");
    let keyless: String = kept
        .lines()
        .filter(|line| !line.contains("signing_key"))
        .fold(String::new(), |all, line| all + line + "\n");
    assert_ne!(kept.lines().count(), keyless.lines().count());
    let refused = |what: &str, says: &[&str]| {
        for (name, secrets) in [("the key", &kept), ("no key", &keyless)] {
            std::fs::write(store.join("secrets.toml"), secrets).expect("secrets");
            let refused = host.guest.on("apply", &identified, &["--yes"]);
            std::fs::write(store.join("secrets.toml"), &kept).expect("secrets");
            assert_eq!(refused.status, 1, "{what}, {name}: {refused}");
            for word in says {
                assert!(refused.stderr.contains(word), "{what}, {name}: no {word}: {refused}");
            }
        }
    };
    let replace = |seed: &str| {
        host.guest.run(&format!(
            "systemctl stop matrix-synapse; [ -e /root/kept.key ] || cp -a {KEY} /root/kept.key; echo 'ed25519 x {seed}' >{KEY}"
        ));
    };
    replace("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1");
    let other = "ed25519:x XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";
    refused("another", &["on the host is not this server's", &own, other]);
    assert_eq!(host.guest.try_run("systemctl is-active matrix-synapse").0, "inactive\n");
    host.guest.run(&format!("mv /root/kept.key {KEY}; systemctl start matrix-synapse"));
    host.settles("its own key");

    // No store has the key, and the host has it or lacks it as well.
    std::fs::write(store.join("secrets.toml"), &keyless).expect("secrets");
    let there = host.guest.on("plan", &identified, &[]);
    host.guest.run(&format!("mv {KEY} /root/kept.key"));
    let gone = host.guest.on("plan", &identified, &[]);
    host.guest.run(&format!("mv /root/kept.key {KEY}"));
    std::fs::write(store.join("secrets.toml"), &kept).expect("secrets");
    assert!(there.stderr.contains(&format!("the host has it in {KEY}")), "{there}");
    assert!(gone.stderr.contains(&format!("the host has no {KEY}")), "{gone}");
    assert_eq!((there.status, gone.status), (1, 1), "{there}{gone}");
    // The key file was moved back since it was read, so it counts as changed.
    host.guest.apply(&host.spec);
    host.settles("with the store");
}

pub(super) fn a_lost_key_is_reported(host: &Homeserver) {
    let before = line(host);
    host.guest.run(&format!("systemctl stop matrix-synapse; rm {KEY}"));
    let planned = host.guest.on("plan", &host.spec, &[]);
    assert!(planned.stdout.contains("! the host has a database but no signing key"), "{planned}");
    assert_eq!(host.guest.try_run(&format!("test -e {KEY}")).2, 1, "a plan changes nothing");
    let applied = host.guest.apply(&host.spec);
    assert!(applied.stdout.contains("! the host has a database but no signing key"), "{applied}");
    assert_eq!(line(host), before);
    assert!(host.guest.planned(&host.spec).is_empty());
}

pub(super) fn it_does_not_start_empty(host: &Homeserver) {
    let rename = |from: &str, to: &str| {
        let sql = format!("ALTER DATABASE \"{from}\" RENAME TO \"{to}\"");
        let psql = format!("runuser -u postgres -- psql -XAtqc '{sql}'");
        host.guest.run(&format!("systemctl stop matrix-synapse; {psql}"));
    };
    let identified = host.spec("identified.toml", &with(&line(host)));
    rename("synapse", "kept");
    for spec in [&host.spec, &identified] {
        let refused = host.guest.on("apply", spec, &["--yes"]);
        assert_eq!(refused.status, 1, "{refused}");
        assert!(refused.stderr.contains("apply --empty-server hs.test"), "{refused}");
    }
    let databases = "runuser -u postgres -- psql -XAtqc 'SELECT datname FROM pg_database'";
    assert!(!host.guest.run(databases).lines().any(|name| name == "synapse"));
    // While PostgreSQL is down nobody knows, and it turns out during the run.
    host.guest.run("systemctl stop postgresql");
    let failed = host.guest.on("apply", &identified, &["--yes"]);
    assert!([3, 4].contains(&failed.status), "{failed}");
    assert!(failed.stderr.contains("the database synapse of this server is missing"), "{failed}");
    host.guest.run("systemctl start postgresql");
    assert!(!host.guest.run(databases).lines().any(|name| name == "synapse"), "{failed}");
    let began = host.guest.on("apply", &identified, &["--yes", "--empty-server", "hs.test"]);
    assert_eq!(began.status, 0, "{began}");
    assert!(began.stdout.contains("! hs.test starts as an empty server"), "{began}");
    rename("synapse", "began");
    host.guest.run("runuser -u postgres -- dropdb began");
    rename("kept", "synapse");
    host.guest.apply(&host.spec);
    assert!(host.guest.planned(&host.spec).is_empty());
}

pub(super) fn a_blank_host_is_refused(host: &Homeserver) {
    // The trial runs for each suite, possibly at the same time.
    let blank = Guest::blank(&format!("t-hs-identity-{}", host.guest.get("SUITE")), "bookworm");
    std::fs::copy(
        host.guest.home.path().join("secrets.toml"),
        blank.home.path().join("secrets.toml"),
    )
    .expect("the secrets can be copied");
    let spec = blank.spec("hs.toml", "user = \"root\"", &with(&line(host)));
    for verb in ["plan", "apply"] {
        let words = if verb == "apply" { ["--yes"].as_slice() } else { &[] };
        let refused = blank.on(verb, &spec, words);
        assert_eq!(refused.status, 1, "{refused}");
        assert!(refused.stderr.contains("apply --empty-server hs.test"), "{refused}");
    }
    assert_eq!(blank.try_run("test -e /var/lib/matrixform").2, 1, "nothing was written");
    blank.down();
}
