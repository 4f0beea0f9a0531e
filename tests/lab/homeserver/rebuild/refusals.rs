//! Backups that must not become this server, on a host that can read them: refused before anything is restored.

use super::on;
use crate::homeserver::host::Homeserver;
use std::path::Path;

/// restic at the repository of the new host.
const RESTIC: &str = "export RESTIC_PASSWORD=CANARY-lost-7Hq RESTIC_REPOSITORY=/srv/lost RESTIC_CACHE_DIR=/root/cache; restic";

const SPOOL: &str = "/var/spool/matrixform-backup";

/// What is wrong with a manifest, as words of sed, and the message.
const MANIFESTS: [(&str, &str); 6] = [
    (
        r#"s/"server_name": *"[^"]*"/"server_name": "other.test"/"#,
        "the snapshot is of `other.test`",
    ),
    (r#"s/"installation": *"[^"]*"/"installation": "other"/"#, "of the installation `other`"),
    (
        r#"s/"identity": *"[^"]*"/"identity": "ed25519:a_other AAAA"/"#,
        "but this server is ed25519:",
    ),
    (r#"s/"synapse": *"[^"]*"/"synapse": "99.9.9"/"#, "the snapshot is of Synapse 99.9.9"),
    (r#"s/"postgres": *"[^"]*"/"postgres": "99.1"/"#, "the dump is of PostgreSQL 99"),
    (r#"s/"time": *[0-9]*/"time": 4000000000/"#, "the snapshot is from the future"),
];

/// What is wrong with the repository or the host, how that ends, and the message.
const PLACES: [(&str, &str, &str); 3] = [
    (
        "mv /srv/lost /srv/aside; mkdir /srv/lost",
        "rm -r /srv/lost; mv /srv/aside /srv/lost",
        "the snapshots cannot be listed",
    ),
    (
        "mv /srv/lost/data /srv/data; mkdir /srv/lost/data",
        "rm -r /srv/lost/data; mv /srv/data /srv/lost/data",
        "the snapshot cannot be read",
    ),
    ("mount -t tmpfs -o size=8m tmpfs /var/spool", "umount /var/spool", "the disk is too small"),
];

pub(super) fn broken_backups_are_refused(new: &Homeserver) {
    let refused = |more: &[&str], why: &str| {
        let words = [&["--old-server", "destroyed", "--yes"][..], more].concat();
        let ran = on(&new.guest, &["rebuild"], &new.spec, &words, 1);
        assert!(ran.stderr.contains(why), "{why}: {ran}");
        ran.stderr
    };
    new.guest.run(&format!(
        "{RESTIC} -q restore latest --target /root/in --include {SPOOL} && mkdir -p {SPOOL} && cp /root/in{SPOOL}/database.dump {SPOOL}"
    ));
    let changes: Vec<&str> = MANIFESTS.iter().map(|(change, _)| *change).collect();
    let id = new.guest.run(&format!(
        "sed '{}' /root/in{SPOOL}/manifest.json >{SPOOL}/manifest.json
        {RESTIC} backup --json --host hs.test --tag matrixform {SPOOL} | sed -n 's/.*\"snapshot_id\":\"\\([0-9a-f]\\{{8\\}}\\).*/\\1/p'",
        changes.join("; ")
    ));
    let message = refused(&["--snapshot", id.trim()], "the snapshot is from the future");
    for (change, why) in MANIFESTS {
        assert!(message.contains(why), "{change}: {message}");
    }
    new.guest.run(&format!("{RESTIC} -q forget {id}"));
    forged_ones(new, &refused);
    new.guest
        .run(&format!("rm -r /root/in /root/cache {SPOOL}/database.dump {SPOOL}/manifest.json"));
    for (breaks, heals, why) in PLACES {
        new.guest.run(breaks);
        refused(&[], why);
        new.guest.run(heals);
    }
    let secrets = new.guest.home.path().join("secrets.toml");
    let right = std::fs::read_to_string(&secrets).expect("a store");
    let wrong = right.replace("CANARY-lost-7Hq", "another password");
    assert_ne!(right, wrong);
    std::fs::write(&secrets, wrong).expect("a store");
    let message = refused(&[], "wrong password");
    assert!(message.contains("secrets set") && !message.contains("message_type"), "{message}");
    let message = refused(&["--snapshot", "0a0a0a0a"], "wrong password");
    assert!(!message.contains("has no snapshot"), "{message}");
    let listed = on(&new.guest, &["backup", "list"], &new.spec, &[], 7);
    assert!(listed.stdout.is_empty() && listed.stderr.contains("wrong password"), "{listed}");
    std::fs::write(&secrets, right).expect("a store");
}

/// A lost key, one of another server, and one that anyone can compute: nothing is done with any of them.
pub(super) fn wrong_keys_are_refused(new: &Homeserver) {
    const NAME: &str = "synapse/signing_key";
    const OTHER: &str = "ed25519 x YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";
    const PREDICTABLE: &str = "ed25519:x l/O9hxMVKB6Lg+3Hqf0FQQZhVESQcMzbPN1Cz2nM3og";
    let refused = |spec: &Path, why: [&str; 2]| {
        let ran = on(&new.guest, &["rebuild"], spec, &["--old-server", "destroyed", "--yes"], 1);
        for why in why {
            assert!(ran.stderr.contains(why), "{why}: {ran}");
        }
    };
    let store = new.guest.home.path().join("secrets.toml");
    let right = std::fs::read_to_string(&store).expect("a store");
    let with = |key: Option<&str>| {
        let mut all: toml::Table = right.parse().expect("TOML");
        all.remove(NAME).expect("the key");
        all.extend(key.map(|key| (NAME.to_owned(), toml::Value::from(key))));
        std::fs::write(&store, all.to_string()).expect("a store");
    };
    with(None);
    refused(&new.spec, ["is missing here and is not generated", "recovery kit"]);
    with(Some(OTHER));
    refused(
        &new.spec,
        ["is not this server's", "ed25519:x XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI"],
    );
    std::fs::write(&store, &right).expect("a store");
    let text = std::fs::read_to_string(&new.spec).expect("a spec");
    let identity = text.lines().find(|line| line.starts_with("identity = ")).expect("an identity");
    let text = text.replace(identity, &format!("identity = \"{PREDICTABLE}\""));
    let spec = new.guest.home.path().join("predictable.toml");
    std::fs::write(&spec, text).expect("a spec");
    refused(&spec, ["anyone can compute the signing key", "rotate it"]);
    let touched = new.guest.try_run("command -v restic || [ -e /var/lib/matrixform ]");
    assert_ne!(touched.2, 0, "nothing was touched: {touched:?}");
}

/// Whoever has the old host can add snapshots, with any date.
fn forged_ones(new: &Homeserver, refused: &dyn Fn(&[&str], &str) -> String) {
    let id = new.guest.run(&format!(
        "{RESTIC} backup --time '2099-01-01 00:00:00' --json --host hs.test --tag matrixform {SPOOL} | sed -n 's/.*\"snapshot_id\":\"\\([0-9a-f]\\{{8\\}}\\).*/\\1/p'"
    ));
    refused(&[], &format!("the snapshot {} of 2099-01-01", id.trim()));
    refused(&["--snapshot", id.trim()], "the snapshot is dated 2099-01-01");
    new.guest.run(&format!("{RESTIC} -q forget {id}"));
    let newest = new.guest.run(&format!(
        "{RESTIC} snapshots --json --latest 1 | sed -n 's/.*\"short_id\":\"\\([0-9a-f]*\\).*/\\1/p'"
    ));
    let ran = on(&new.guest, &["rebuild"], &new.spec, &["--old-server", "seized", "--yes"], 1);
    assert!(ran.stderr.contains("name one from before the seizure"), "{ran}");
    assert!(ran.stderr.contains(newest.trim()), "{newest}: {ran}");
}
