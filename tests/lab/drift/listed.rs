//! `matrixform drift`: each change by hand is listed with the time span in which it happened, and edits of the spec are
//! not drift. Also, the restart that repairs one of them is measured, and the next plan shows how long it took.

use crate::whole::Host;
use std::collections::BTreeSet;
use std::path::Path;

/// The trials.
pub(super) const RUNS: &[(&str, super::Run)] = &[("drift_is_listed", drift_is_listed)];

fn drift_is_listed(host: &Host) {
    let guest = &host.guest;
    guest.apply(&host.spec);
    let (status, text) = drift(host, &host.spec);
    assert_eq!(status, 0, "{text}");
    guest.run(
        "sleep 1; chmod 0600 /srv/lab/current 2>/dev/null; echo x >>'/srv/lab/with blank.conf'",
    );
    // A user's program can have any name, and write to the journal.
    guest.run(
        "install -m 0755 /usr/bin/logger /tmp/sudo && runuser -u nobody -- /tmp/sudo -t sudo \
         'forger : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/rm' && rm /tmp/sudo",
    );
    guest.run("apt-get -qq install -y --reinstall gpgv >/dev/null 2>&1; systemctl stop nginx");
    guest.run("runuser -u postgres -- psql -qc 'ALTER ROLE synapse_user CREATEDB' || \
               runuser -u postgres -- psql -qAtc \"SELECT format('ALTER ROLE %I CREATEDB', rolname) FROM pg_roles WHERE rolname ~ 'synapse' \\gexec\"");
    let (status, text) = drift(host, &host.spec);
    assert_eq!(status, 2, "{text}");
    assert!(!text.contains("forger"), "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let schema = include_str!("../../../docs/drift.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    assert!(jsonschema::is_valid(&schema, &report), "{text}");
    let resources = report["resources"].as_array().unwrap();
    let addresses: BTreeSet<&str> =
        resources.iter().map(|one| one["address"].as_str().unwrap()).collect();
    let kinds: BTreeSet<&str> = addresses.iter().filter_map(|one| one.split(':').next()).collect();
    assert_eq!(kinds, BTreeSet::from(["file", "postgres_role", "service"]), "{text}");
    for one in resources {
        assert!(one["last_correct"]["run"].is_string(), "{one}");
        let is_bounded = one["changed_at"].is_object();
        assert_eq!(is_bounded, !one["address"].as_str().unwrap().starts_with("postgres"), "{one}");
        let between = one["between"].as_array().unwrap();
        assert!(between.iter().any(|event| event["kind"] == "session"), "{one}");
    }
    let role = resources.iter().find(|one| one["changed_at"].is_null()).unwrap();
    let between = role["between"].as_array().unwrap();
    let packages = between.iter().find(|event| event["kind"] == "packages");
    assert!(packages.is_some_and(|event| event["text"].to_string().contains("gpgv")), "{role}");
    guest.apply(&host.spec);
    // Only the spec was edited.
    let edited = host.spec_with("edited.toml", "5 3 * * *", "6 3 * * *");
    let (status, text) = drift(host, &edited);
    assert!(status == 0 && text.contains("cron:lab-nightly"), "{text}");
    drift_is_correct_after_a_partial_apply(host);
    restarts_are_measured(host);
}

/// After a partial apply, manual changes to the rest are compared with the last apply of the rest.
fn drift_is_correct_after_a_partial_apply(host: &Host) {
    let guest = &host.guest;
    let edited = host.spec_with("edited.toml", "5 3 * * *", "6 3 * * *");
    let text =
        std::fs::read_to_string(&edited).unwrap().replace("mode = \"0640\"", "mode = \"0644\"");
    std::fs::write(&edited, text).unwrap();
    let ran = guest.on("apply", &edited, &["--yes", "--only", "cron:lab-nightly"]);
    assert_eq!(ran.status, 0, "{ran}");
    // An edit that was left out is the spec's change; the applied part is compared with the new spec.
    let (status, text) = drift(host, &edited);
    assert!(
        status == 0 && text.contains("with blank.conf") && !text.contains("lab-nightly"),
        "{text}"
    );
    guest.run("chmod 0666 '/srv/lab/with blank.conf'; chmod 0600 /etc/cron.d/lab-nightly");
    let (status, text) = drift(host, &edited);
    assert_eq!(status, 2, "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut whose: Vec<String> = Vec::new();
    for one in report["resources"].as_array().unwrap() {
        let mode = &one["differences"][0];
        whose.push(format!("{} {} {}", one["address"], mode["applied"], mode["changed"]));
    }
    whose.sort();
    let expected =
        [r#""cron:lab-nightly" "0644" "host""#, r#""file:/srv/lab/with blank.conf" "0640" "both""#];
    assert_eq!(whose, expected, "{text}");
    guest.apply(&host.spec);
}

/// A plan that restarts Synapse shows how long the last restart took, if that was measured.
fn restarts_are_measured(host: &Host) {
    let guest = &host.guest;
    let remark = |spec: &Path| {
        let plan = guest.plan(spec);
        let remarks = plan["remarks"].as_array().unwrap().iter();
        let texts: Vec<String> = remarks.map(|one| one.as_str().unwrap().to_owned()).collect();
        assert!(texts.iter().all(|one| one.contains(" (measured on this host on 20")), "{texts:?}");
        texts.iter().any(|one| one.starts_with("restarts matrix-synapse.service: "))
    };
    let edited = host.spec_with("larger.toml", "\"20M\"", "\"21M\"");
    let kept = || guest.run("head -c 2000 /var/lib/matrixform/ledger.json");
    let is_measured = || kept().contains("\"matrix-synapse.service\":{\"milliseconds\":");
    // Another trial may have restarted Synapse before; its first start does not count as a restart.
    assert_eq!(remark(&edited), is_measured(), "{}", kept());
    guest.apply(&edited);
    assert!(remark(&host.spec), "{}", kept());
    guest.apply(&host.spec);
    assert!(is_measured(), "{}", kept());
}

fn drift(host: &Host, spec: &Path) -> (i32, String) {
    let ran = host.guest.on("drift", spec, &["--format", "json"]);
    (ran.status, if ran.stdout.is_empty() { ran.stderr } else { ran.stdout })
}
