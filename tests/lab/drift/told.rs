//! `matrixform drift`: each change by hand is named with its bounds, and what the spec changed or a night brings is none; a saved
//! plan survives such nights.

use crate::whole::Host;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The trials.
pub(super) const RUNS: &[(&str, super::Run)] =
    &[("drift_is_told", drift_is_told), ("a_saved_plan_survives_nights", nights)];

/// What happens to a host by itself within a day; `{major}` stands for the major version of PostgreSQL.
const NIGHT: [&str; 7] = [
    "touch /var/lib/apt/lists /var/lib/apt/periodic/update-success-stamp",
    // An upgrade of a package that nobody asked for by name.
    "apt-get -qq install -y --reinstall --no-install-recommends gpgv >/dev/null 2>&1 || apt-get -qq install -y gpgv >/dev/null 2>&1",
    "logrotate -f /etc/logrotate.conf 2>/dev/null || find /var/log -name '*.log' -exec touch {} +",
    "/usr/local/lib/matrixform/renew-postgres",
    "systemctl restart matrix-synapse",
    "systemctl restart nginx",
    "curl -sk -o /dev/null https://127.0.0.1/_matrix/client/versions || true; logger 'a night passes'",
];

fn drift_is_told(host: &Host) {
    let guest = &host.guest;
    guest.apply(&host.spec);
    let (status, text) = drift(host, &host.spec);
    assert_eq!(status, 0, "{text}");
    guest.run(
        "sleep 1; chmod 0600 /srv/lab/current 2>/dev/null; echo x >>'/srv/lab/with blank.conf'",
    );
    guest.run("apt-get -qq install -y --reinstall gpgv >/dev/null 2>&1; systemctl stop nginx");
    guest.run("runuser -u postgres -- psql -qc 'ALTER ROLE synapse_user CREATEDB' || \
               runuser -u postgres -- psql -qAtc \"SELECT format('ALTER ROLE %I CREATEDB', rolname) FROM pg_roles WHERE rolname ~ 'synapse' \\gexec\"");
    let (status, text) = drift(host, &host.spec);
    assert_eq!(status, 2, "{text}");
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
        assert!(one["right"]["run"].is_string(), "{one}");
        let is_bounded = one["changed_at"].is_object();
        assert_eq!(is_bounded, !one["address"].as_str().unwrap().starts_with("postgres"), "{one}");
        let between = one["between"].as_array().unwrap();
        assert!(between.iter().any(|event| event["what"] == "session"), "{one}");
    }
    let role = resources.iter().find(|one| one["changed_at"].is_null()).unwrap();
    let between = role["between"].as_array().unwrap();
    let packages = between.iter().find(|event| event["what"] == "packages");
    assert!(packages.is_some_and(|event| event["words"].to_string().contains("gpgv")), "{role}");
    guest.apply(&host.spec);
    // An edit of the spec alone, and a night.
    let edited = edited(host, "5 3 * * *", "6 3 * * *");
    let (status, text) = drift(host, &edited);
    assert!(status == 0 && text.contains("cron:lab-nightly"), "{text}");
    guest.run(&NIGHT.join("\n"));
    let (status, text) = drift(host, &host.spec);
    assert_eq!(status, 0, "{text}");
}

fn drift(host: &Host, spec: &Path) -> (i32, String) {
    let ran = host.guest.on("drift", spec, &["--format", "json"]);
    (ran.status, if ran.stdout.is_empty() { ran.stderr } else { ran.stdout })
}

fn edited(host: &Host, from: &str, to: &str) -> PathBuf {
    let text = std::fs::read_to_string(&host.spec).unwrap();
    assert!(text.contains(from), "{from}");
    let path = host.guest.home.path().join("edited.toml");
    std::fs::write(&path, text.replace(from, to)).unwrap();
    path
}

/// Each night is another part of it in another order: two of them, in a sweep ten.
fn nights(host: &Host) {
    let guest = &host.guest;
    guest.apply(&host.spec);
    let first: u64 = std::env::var("LAB_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let number = if std::env::var_os("MATRIXFORM_FULL").is_some() { 10 } else { 2 };
    for seed in first..first + number {
        let spec = edited(host, "5 3 * * *", &format!("{} 4 * * *", seed % 60));
        let file = guest.home.path().join("night.plan");
        let file = file.to_str().unwrap();
        let planned = guest.on("plan", &spec, &["--out", file, "--detailed-exitcode"]);
        assert_eq!(planned.status, 2, "{planned}");
        let night = night(seed);
        guest.run(&night);
        let ran = guest.on("apply", &spec, &["--plan", file]);
        assert_eq!(ran.status, 0, "seed {seed}: {night}\n{ran}");
    }
    guest.apply(&host.spec);
}

fn night(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize % below
    };
    let mut left = NIGHT.to_vec();
    let number = 2 + draw(NIGHT.len() - 1);
    let drawn: Vec<&str> = (0..number).map(|_| left.remove(draw(left.len()))).collect();
    drawn.join("\n")
}
