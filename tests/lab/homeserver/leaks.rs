//! No secret of a whole homeserver appears outside the files that must contain it: not in output at any verbosity, in a
//! process on either machine, in the journal, in the database, nor anywhere else.

use super::host::{Homeserver, spec_with};
use crate::canary::{Canary, Watcher, assert_none, write_patterns};
use std::collections::BTreeSet;

/// Files on the host that contain a secret from the store.
const HOLDERS: [&str; 5] = [
    "/etc/matrix-synapse/conf.d/51-matrixform-secrets.yaml",
    "/etc/matrix-synapse/form.secret",
    "/etc/matrix-synapse/homeserver.signing.key",
    "/etc/matrix-synapse/macaroon.secret",
    "/etc/matrix-synapse/pgpass",
];

/// Placed by hand, so no store knows it.
const BY_HAND: &str = "CANARY-by-hand-CANARY-by-hand-CANARY";

/// Every secret in the store, and the one placed by hand.
fn canaries(host: &Homeserver) -> Vec<Canary> {
    let text =
        std::fs::read_to_string(host.guest.home.path().join("secrets.toml")).expect("a store");
    let table: toml::Table = text.parse().expect("TOML");
    let value = |value: &toml::Value| value.as_str().expect("a text").trim().to_owned();
    let stored = table.iter().map(|(name, one)| Canary::new(name, &value(one)));
    let canaries: Vec<Canary> = stored.chain([Canary::new("by hand", BY_HAND)]).collect();
    assert!(canaries.len() > 5, "a homeserver has more secrets than that");
    canaries
}

pub(super) fn no_secret_leaks(host: &Homeserver) {
    let canaries = canaries(host);
    // Guests share this machine's kernel, so the watcher sees their processes, too. It does not look for the secret
    // that this test itself places by hand.
    let stored: Vec<Canary> =
        canaries.iter().filter(|canary| canary.name != "by hand").cloned().collect();
    let watcher = Watcher::start(&stored, "matrixform", Vec::new(), None);
    let run = |verb: &str, spec: &std::path::Path, words: &[&str]| {
        let ran = host.guest.on(verb, spec, words);
        assert_none(&canaries, &format!("{verb} {words:?}"), &format!("{ran}"));
        ran
    };
    for loud in [&["-vv", "--timings"][..], &["-vv", "--log-format", "json"]] {
        host.guest.run(&format!(
            "echo {BY_HAND} >/etc/matrix-synapse/form.secret
            sed -i 's/[^:]*$/{BY_HAND}/' /etc/matrix-synapse/pgpass
            runuser -u postgres -- psql -Xqc \"alter role synapse_user password 'other'\""
        ));
        for words in [loud.to_vec(), [loud, &["--format", "json"]].concat()] {
            assert_eq!(run("plan", &host.spec, &words).status, 0);
        }
        run("facts", &host.spec, loud);
        // The pepper was changed by hand: that is for a person to decide, and afterwards it is restored.
        host.guest.run(&format!(
            "sed -i 's/pepper: .*/pepper: {BY_HAND}/' /etc/matrix-synapse/conf.d/51-matrixform-secrets.yaml"
        ));
        for (verb, words) in [("plan", loud.to_vec()), ("apply", [loud, &["--yes"]].concat())] {
            let refused = run(verb, &host.spec, &words);
            assert_eq!(refused.status, 1, "{refused}");
            assert!(refused.stderr.contains("no password works any more"), "{refused}");
        }
        host.guest.run("cd /etc/matrix-synapse/conf.d && rm 51-matrixform-secrets.yaml");
        let ran = run("apply", &host.spec, &[loud, &["--yes"]].concat());
        assert_eq!(ran.status, 0, "{ran}");
        let wrong = spec_with("[tls]", "[synapse.rooms]\nversion = \"99\"\n[tls]");
        let wrong = host.spec("wrong.toml", &wrong);
        assert_ne!(run("apply", &wrong, &[loud, &["--yes"]].concat()).status, 0);
        assert!(host.guest.planned(&host.spec).is_empty());
    }
    let seen = watcher.end();
    assert!(seen.leaks.is_empty(), "{:#?}", seen.leaks);
    no_secret_is_stored_elsewhere(host, &canaries);
}

/// Searches the journal, the database, and every file on the host.
fn no_secret_is_stored_elsewhere(host: &Homeserver, canaries: &[Canary]) {
    let list = tempfile::NamedTempFile::new().expect("a temporary file");
    write_patterns(canaries, list.path());
    let patterns = std::fs::read_to_string(list.path()).expect("patterns");
    let here = "/dev/shm/patterns";
    host.guest.run(&format!("umask 077; cat >{here} <<'END'\n{patterns}END"));
    let counted = |what: &str| host.guest.run(&format!("{what} | grep -cF -f {here} || :"));
    assert_eq!(counted("journalctl --no-pager -o export"), "0\n", "the journal");
    assert_eq!(counted("runuser -u postgres -- pg_dumpall"), "0\n", "the database");
    let found = host.guest.run(&format!(
        "grep -rlF -f {here} --exclude-dir=proc --exclude-dir=sys --exclude=patterns / 2>/dev/null || :"
    ));
    host.guest.run(&format!("rm {here}"));
    let found: BTreeSet<&str> = found.lines().collect();
    assert_eq!(found, BTreeSet::from(HOLDERS), "the files that hold a secret");
}
