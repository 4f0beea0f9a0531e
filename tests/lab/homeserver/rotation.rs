//! Secrets rotated on a running homeserver: first the database role, then the passfile, then Synapse, which returns
//! with the new password.

use super::host::Homeserver;

const PASSWORD: &str = "synapse/database/password";

/// Runs `matrixform secrets WORDS… SPEC NAME`, which must succeed.
fn secrets(host: &Homeserver, verb: &str, words: &[&str]) -> String {
    let spec = host.spec.to_str().expect("a UTF-8 path");
    let ran = host.guest.matrixform(&[&["secrets", verb, spec], words].concat());
    assert_eq!(ran.status, 0, "{ran}");
    ran.stdout
}

pub(super) fn its_password_rotates(host: &Homeserver) {
    let started = || host.guest.run("systemctl show -p InvocationID matrix-synapse");
    let verifier = || host.sql("select rolpassword from pg_authid where rolname = 'synapse_user'");
    let (since, before, begun) = (started(), verifier(), host.sql("select now()"));
    let old = secrets(host, "get", &[PASSWORD]);
    let shown = secrets(host, "rotate", &[PASSWORD, "--yes"]);
    let at = |address: &str| {
        let item = format!("~ update  {address}\n");
        shown.find(&item).unwrap_or_else(|| panic!("{address}: {shown}"))
    };
    let order = [
        "postgres_role:synapse_user",
        "file:/etc/matrix-synapse/pgpass",
        "service:matrix-synapse.service",
    ]
    .map(at);
    assert!(order.is_sorted(), "role, file, service: {shown}");
    let new = secrets(host, "get", &[PASSWORD]);
    assert_ne!(old, new);
    assert_ne!(verifier(), before);
    assert_ne!(started(), since, "it was restarted");
    let held = host.guest.run("cat /etc/matrix-synapse/pgpass");
    assert!(held.trim_end().ends_with(new.trim_end()));
    let (status, _) = host.ask("GET", "/_matrix/client/versions", None, b"");
    assert_eq!(status, 200, "it answers");
    let newer = format!(
        "select count(*) > 0 and bool_and(backend_start > '{}') from pg_stat_activity where usename = 'synapse_user'",
        begun.trim()
    );
    assert_eq!(host.sql(&newer), "t\n", "over connections that were all made since");
    assert!(host.guest.planned(&host.spec).is_empty());
    let spec = host.spec.to_str().expect("a UTF-8 path");
    for name in ["synapse/signing_key", "synapse/secrets/pepper"] {
        let ran = host.guest.matrixform(&["secrets", "rotate", spec, name, "--yes"]);
        assert_eq!(ran.status, 1, "{name}: {ran}");
    }
    // Every other generated secret can be rotated, all in one run.
    let names = ["synapse/secrets/form", "synapse/secrets/macaroon"];
    secrets(host, "rotate", &[&names[..], &["--yes"]].concat());
    assert!(host.guest.planned(&host.spec).is_empty());
}
