//! Synapse as a service: its settings are effective, it keeps its identity, and no bad change reaches it.

use super::host::{Homeserver, spec_with};
use serde_json::Value;

/// An attribute of the live configuration, as parsed by Synapse's own reader.
fn effective(host: &Homeserver, attribute: &str) -> String {
    let python = "/opt/matrixform/synapse/bin/python";
    let read = format!(
        "{python} -m synapse.config read {attribute} --config-path /etc/matrix-synapse/conf.d"
    );
    let output = host.guest.run(&format!("cd /; runuser -u matrix-synapse -- {read}"));
    output.trim().split_once(&format!("{attribute}: ")).expect("a value").1.to_owned()
}

pub(super) fn settings_of_the_spec_take_effect(host: &Homeserver) {
    for (attribute, value) in [
        ("registration.registration_requires_token", "True"),
        ("registration.session_lifetime", "60000"),
        ("media.max_upload_size", "2097152"),
        ("tls.federation_client_minimum_tls_version", "1.2"),
        ("auth.password_policy_enabled", "True"),
        ("auth.password_policy", "'minimum_length': 12"),
        ("server.require_auth_for_profile_requests", "True"),
        ("ratelimiting.rc_login_address", "per_second=1, burst_count=50"),
    ] {
        let found = effective(host, attribute);
        assert!(found.contains(value), "{attribute}: {found}");
    }
    // A foreign file that overrides ours is found at an apply, before the switch.
    host.guest.run("echo 'allow_guest_access: true' >/etc/matrix-synapse/conf.d/99-other.yaml");
    let other = host.spec("other.toml", &spec_with("\"2M\"", "\"3M\""));
    let ran = host.guest.on("apply", &other, &["--yes"]);
    host.guest.run("rm /etc/matrix-synapse/conf.d/99-other.yaml");
    assert_ne!(ran.status, 0, "{ran}");
    assert!(ran.stderr.contains("99-other.yaml"), "it is named\n{ran}");
    // The log level changes without a restart.
    let started = || host.guest.run("systemctl show -p InvocationID matrix-synapse");
    let before = started();
    let quiet = spec_with("[tls]", "[synapse.logging]\nlevel = \"minimal\"\n[tls]");
    host.guest.apply(&host.spec("quiet.toml", &quiet));
    assert_eq!(started(), before);
    host.guest.apply(&host.spec);
    assert!(host.guest.planned(&host.spec).is_empty());
}

/// The signing keys that it publishes.
fn identity(host: &Homeserver) -> String {
    let keys = host.asks("GET", "/_matrix/key/v2/server", None, &Value::Null);
    keys["verify_keys"].to_string()
}

pub(super) fn it_keeps_its_identity(host: &Homeserver) {
    let before = identity(host);
    let path = "/etc/matrix-synapse/homeserver.signing.key";
    // Without its key it does not start, instead of becoming another server.
    host.guest.run(&format!("rm {path}; systemctl restart matrix-synapse || true"));
    assert_eq!(host.guest.try_run("systemctl is-active matrix-synapse").0, "inactive\n");
    host.repaired(
        &format!("test ! -e {path}"),
        &[&format!("file:{path}"), "service:matrix-synapse.service", TOKEN],
    );
    assert_eq!(identity(host), before);
    // A different key is not overwritten: a person must decide.
    host.guest
        .run(&format!("cp -p {path} /root/key; echo 'ed25519 a_othr {}' >{path}", "A".repeat(43)));
    let ran = host.guest.on("plan", &host.spec, &[]);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("the signing key on the host is not this server's"), "{ran}");
    let ran = host.guest.on("apply", &host.spec, &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    host.guest.run(&format!("cp -p /root/key {path}"));
    assert_eq!(identity(host), before);
    host.guest.run("rm /root/key; systemctl restart matrix-synapse");
    assert!(host.guest.planned(&host.spec).is_empty());
}

/// Checking the token needs an answer from Synapse, so its state is unknown while that is down.
pub(super) const TOKEN: &str = "synapse_token:/etc/matrixform/synapse-maintenance.curl";

pub(super) fn it_runs_in_a_sandbox(host: &Homeserver) {
    let score = host.guest.run("systemd-analyze security matrix-synapse --no-pager | tail -n 1");
    let score: f64 = score.split(' ').find_map(|word| word.parse().ok()).expect("a score");
    assert!(score <= 1.5, "{score}");
    let secrets = host.guest.run(
        "find /etc/matrix-synapse /etc/matrixform/*.curl /var/lib/matrix-synapse -type f -perm /o+r \
        ! -name matrixform-log.yaml; stat -c '%U:%G %a' /etc/matrix-synapse/*.secret /etc/matrix-synapse/*.key | sort -u",
    );
    assert_eq!(secrets, "root:matrix-synapse 640\n");
    let listening = host.guest.run("ss -Hltn 'sport = :8008' | awk '{print $4}'");
    assert_eq!(listening, "127.0.0.1:8008\n");
}

pub(super) fn media_can_be_stored_on_a_volume(host: &Homeserver) {
    host.guest.run("mkdir -p /mnt/volume && mount -t tmpfs -o size=50m volume /mnt/volume");
    let media = "[synapse.media]\npath = \"/mnt/volume/media\"";
    let other = host.spec("volume.toml", &spec_with("[synapse.media]", media));
    host.guest.apply(&other);
    assert!(host.guest.planned(&other).is_empty());
    let owner = host.guest.run("stat -c '%U %a' /mnt/volume/media; ls -A /mnt");
    assert_eq!(owner, "matrix-synapse 750\nvolume\n");
    assert_eq!(effective(host, "media.media_store_path"), "/mnt/volume/media");
    host.guest.apply(&host.spec);
    host.guest.run("umount /mnt/volume && rmdir /mnt/volume");
    assert!(host.guest.planned(&host.spec).is_empty());
}

pub(super) fn values_that_would_stop_it_are_refused(host: &Homeserver) {
    let live = "find /etc/matrix-synapse -type f -exec sha256sum {} + | sort; systemctl show -p InvocationID matrix-synapse";
    let before = host.guest.run(live);
    for (wrong, message) in [
        ("[synapse.rooms]\nversion = \"99\"", "99"),
        (
            "[[accept]]\nid = \"MF065\"\nreason = \"a trial\"\n\n[synapse.extra]\nbcrypt_rounds = 12\nmodules = [{ module = \"no.such.Module\" }]",
            "No module named",
        ),
    ] {
        let spec = host.spec("wrong.toml", &spec_with("[tls]", &format!("{wrong}\n[tls]")));
        let ran = host.guest.on("apply", &spec, &["--yes"]);
        assert_ne!(ran.status, 0, "{wrong}\n{ran}");
        assert!(ran.stderr.contains(message), "Synapse's own words\n{ran}");
        assert_eq!(host.guest.run(live), before, "nothing was touched\n{ran}");
    }
    assert!(host.guest.planned(&host.spec).is_empty());
}

/// A bridge's registration outside Synapse's directory, named in `extra`, with its tokens as secrets.
const BRIDGE: &str = r#"
[synapse.extra]
app_service_config_files = ["/etc/bridges/own.yaml"]

[[resource]]
kind = "directory"
name = "/etc/bridges"

[[resource]]
kind = "file"
name = "/etc/bridges/own.yaml"
format = "yaml"
group = "matrix-synapse"
mode = "0640"
[resource.contents]
id = "own"
url = "http://127.0.0.1:29328"
as_token = { secret = "bridge/as_token" }
hs_token = { secret = "bridge/hs_token" }
sender_localpart = "own"
rate_limited = false
namespaces = { users = [{ exclusive = true, regex = "@own_.*" }] }
"#;

pub(super) fn a_bridge_is_read_when_it_starts(host: &Homeserver) {
    let with =
        |name: &str, bridge: &str| host.spec(name, &(spec_with("[[cron]]", "[[cron]]") + bridge));
    let secrets = host.guest.home.path().join("secrets.toml");
    let before = std::fs::read_to_string(&secrets).expect("secrets");
    let tokens = format!(
        "\"bridge/as_token\" = \"{}\"\n\"bridge/hs_token\" = \"{}\"\n",
        "a".repeat(64),
        "b".repeat(64)
    );
    std::fs::write(&secrets, tokens + &before).expect("secrets");

    // Synapse's config reader does not parse it, so a typo is found when Synapse starts: everything is rolled back, and
    // it answers.
    let typo = with("typo.toml", &BRIDGE.replace("sender_localpart", "sender_localpat"));
    let ran = host.guest.on("apply", &typo, &["--yes"]);
    assert!([1, 4].contains(&ran.status), "{ran}");
    assert!(ran.stderr.contains("sender_localpart"), "in Synapse's own words\n{ran}");
    assert_eq!(host.guest.try_run("test -e /etc/bridges/own.yaml").2, 1, "it is not there");
    host.asks("GET", "/_matrix/client/versions", None, &Value::Null);

    let good = with("bridge.toml", BRIDGE);
    host.guest.apply(&good);
    let asked = "curl -sS -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer aaaa' http://127.0.0.1:8008/_matrix/client/v3/account/whoami";
    let asked = asked.replace("aaaa", &"a".repeat(64));
    assert_eq!(host.guest.run(&asked), "200", "Synapse knows the bridge");
    assert!(host.guest.planned(&good).is_empty());
    // A change of the registration alone restarts Synapse.
    let started = || host.guest.run("systemctl show -p InvocationID matrix-synapse");
    let run = started();
    host.guest.apply(&with("changed.toml", &BRIDGE.replace("@own_", "@our_")));
    assert_ne!(started(), run);
    host.guest.apply(&host.spec);
    // A resource removed from the spec is removed from the host.
    host.guest.run("test ! -e /etc/bridges");
    std::fs::write(&secrets, before).expect("secrets");
    assert!(host.guest.planned(&host.spec).is_empty());
}

/// Metrics are only on the loopback.
pub(super) fn metrics_stay_on_the_host(host: &Homeserver) {
    let metrics = host.guest.run("curl -qsf --noproxy '*' http://127.0.0.1:9000/_synapse/metrics");
    assert!(metrics.contains("synapse_build_info"), "{metrics}");
    let listening = host.guest.run("ss -Hltn 'sport = :9000' | awk '{print $4}'");
    assert_eq!(listening, "127.0.0.1:9000\n");
    let at = |key: &str| host.guest.get(key).to_owned();
    for address in [at("ADDRESS4"), at("ADDRESS6")] {
        let from = std::net::SocketAddr::new(address.parse().expect("an address"), 9000);
        let wait = std::time::Duration::from_secs(3);
        assert!(std::net::TcpStream::connect_timeout(&from, wait).is_err(), "{from} is open");
    }
    assert_eq!(host.ask("GET", "/_synapse/metrics", None, b"").0, 404);
}
