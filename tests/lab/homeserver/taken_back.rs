//! Changes that pass the check, or nearly do, and that would keep the homeserver from starting: caught before the
//! switch, or rolled back after it. It is never left down.

use super::check::nothing_is_left;
use super::host::{Homeserver, spec_with};
use super::poller::Poller;
use crate::seed;
use serde_json::Value;

/// A cause: the state of the host and the edit of the spec.
struct Cause {
    name: &'static str,
    /// Prepares the host.
    script: &'static str,
    from: &'static str,
    to: &'static str,
    /// 1: caught before the switch; 4: rolled back after it.
    status: i32,
    /// A part of the reason.
    says: &'static str,
}

const REGISTRATION: &str =
    "id: x\nurl: null\nas_token: a\nhs_token: b\nsender_localpart: x\nnamespaces: {}\n";

const CAUSES: [Cause; 10] = [
    Cause {
        name: "a missing registration",
        script: "true",
        from: "[synapse.sessions]",
        to: "[synapse.extra]\napp_service_config_files = [\"/etc/matrix-synapse/nowhere.yaml\"]\n[synapse.sessions]",
        status: 1,
        says: "nowhere.yaml",
    },
    Cause {
        name: "an unreadable registration",
        script: "printf \"$REGISTRATION\" >/etc/matrix-synapse/secret.yaml; chmod 600 /etc/matrix-synapse/secret.yaml",
        from: "[synapse.sessions]",
        to: "[synapse.extra]\napp_service_config_files = [\"/etc/matrix-synapse/secret.yaml\"]\n[synapse.sessions]",
        status: 1,
        says: "secret.yaml",
    },
    Cause {
        name: "a registration by a relative path",
        script: "printf \"$REGISTRATION\" >/etc/matrix-synapse/relative.yaml",
        from: "[synapse.sessions]",
        to: "[synapse.extra]\napp_service_config_files = [\"relative.yaml\"]\n[synapse.sessions]",
        status: 1,
        says: "relative.yaml",
    },
    Cause {
        name: "a registration below /home",
        script: "mkdir -p /home/bridge; printf \"$REGISTRATION\" >/home/bridge/x.yaml; chmod -R a+rX /home/bridge",
        from: "[synapse.sessions]",
        to: "[synapse.extra]\napp_service_config_files = [\"/home/bridge/x.yaml\"]\n[synapse.sessions]",
        status: 1,
        says: "x.yaml",
    },
    Cause {
        name: "media below /home",
        script: "true",
        from: "[synapse.media]",
        // `check` refuses it; this spec overrules that, so the check on the host decides.
        to: "[[accept]]\nid = \"MF179\"\nreason = \"a trial\"\n\n[synapse.media]\npath = \"/home/media\"",
        status: 1,
        says: "/home/media",
    },
    Cause {
        name: "a foreign drop-in",
        script: "printf '[Service]\\nExecStartPre=/bin/false\\n' >/etc/systemd/system/matrix-synapse.service.d/99-x.conf",
        from: "max_upload = \"2M\"",
        to: "max_upload = \"3M\"",
        status: 1,
        says: "matrix-synapse.service.d/99-x.conf",
    },
    Cause {
        name: "a template with a syntax error",
        script: "mkdir -p /etc/matrix-synapse/t; echo '{% if' >/etc/matrix-synapse/t/sso_error.html; chmod -R a+rX /etc/matrix-synapse/t",
        from: "[synapse.sessions]",
        to: "[synapse.extra]\ntemplates = { custom_template_directory = \"/etc/matrix-synapse/t\" }\n[synapse.sessions]",
        status: 1,
        says: "emplate",
    },
    Cause {
        name: "a module that raises",
        script: "for lib in /opt/matrixform/synapse/lib/python*/site-packages; do
            printf 'class M:\\n def __init__(self, config, api): raise RuntimeError(\"no such luck\")\\n' >$lib/unlucky.py; done",
        from: "[synapse.sessions]",
        to: "[[accept]]\nid = \"MF065\"\nreason = \"a trial\"\n\n[synapse.extra]\nmodules = [{ module = \"unlucky.M\" }]\n[synapse.sessions]",
        status: 4,
        says: "no such luck",
    },
    Cause {
        name: "huge pages, on a host without any",
        script: "true",
        from: "[postgres]",
        to: "[postgres]\nsettings = { huge_pages = \"on\" }",
        status: 4,
        says: "could not map anonymous shared memory",
    },
    Cause {
        // If the port were taken before, the plan would find it.
        name: "a port taken by another program in the meantime",
        script: "systemd-run -q --unit squatter python3 -c 'import os, socket, time
while not any(name.isdigit() for name in os.listdir(\"/var/lib/matrixform/switch\")): time.sleep(0.01)
s = socket.create_server((\"0.0.0.0\", 8448)); time.sleep(600)'; mkdir -p -m 0700 /var/lib/matrixform/switch",
        from: "[nginx]",
        to: "[nginx]\nfederation_port = true",
        status: 4,
        says: "port 8448",
    },
];

/// How many causes a run draws.
const DRAWN: usize = 4;

/// Tries causes one after another; prints the longest gap of each beside its limit.
pub(super) fn every_cause_of_a_failed_start_is_rolled_back(host: &Homeserver) {
    println!("a good restart: a gap of {:.1} s", good_restart(host));
    for cause in seed::sample(&CAUSES, DRAWN, "causes") {
        let script = cause.script.replace("$REGISTRATION", &REGISTRATION.replace('\n', "\\n"));
        host.guest.run(&script);
        let spec = host.spec("cause.toml", &spec_with(cause.from, cause.to));
        let poller = Poller::start(host);
        let ran = host.guest.on("apply", &spec, &["--yes", "-v", "--log-format", "json"]);
        let gap = poller.stop();
        let (failed, good) = starts(&ran.stderr);
        println!(
            "{}: status {}, {failed:.1} s and {good:.1} s, a gap of {gap:.1} s",
            cause.name, ran.status
        );
        assert_eq!(ran.status, cause.status, "{}: {ran}", cause.name);
        assert!(ran.stderr.contains(cause.says), "{}: no {}: {ran}", cause.name, cause.says);
        let most = if cause.status == 1 { 0.0 } else { failed + good + 1.0 };
        assert!(gap <= most, "{}: {gap:.1} s without an answer, at most {most:.1}", cause.name);
        let (status, _) = host.ask("GET", "/_matrix/client/versions", None, b"");
        assert_eq!(status, 200, "{}: it answers as before", cause.name);
        nothing_is_left(host);
        host.guest.run("systemctl stop squatter 2>/dev/null; rm -rf /home/bridge /etc/matrix-synapse/t \
            /etc/matrix-synapse/secret.yaml /etc/matrix-synapse/relative.yaml /home/media \
            /etc/systemd/system/matrix-synapse.service.d/99-x.conf; systemctl daemon-reload; rm -f \
            /opt/matrixform/synapse/lib/python*/site-packages/unlucky.py; test -z \"$(ls -A /var/lib/matrixform/switch)\"");
        host.settles(cause.name);
    }
    host.guest.apply(&host.spec);
}

/// The gap of an ordinary change that restarts Synapse, in seconds.
fn good_restart(host: &Homeserver) -> f64 {
    let other = host.spec("good.toml", &spec_with("max_upload = \"2M\"", "max_upload = \"3M\""));
    let poller = Poller::start(host);
    host.guest.apply(&other);
    let gap = poller.stop();
    host.guest.apply(&host.spec);
    gap
}

/// The durations of the failed start and of the good one with the old files, in seconds, from a run's log. Both come
/// from the same run as the gap, since the machine may be busy.
fn starts(log: &str) -> (f64, f64) {
    let (mut began, mut failed, mut good) = (0.0, 0.0, 0.0);
    for event in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let time = event["time"].as_f64().unwrap_or_default();
        let says = event["description"].as_str().unwrap_or_default();
        let text = event["text"].as_str().unwrap_or_default();
        if says.starts_with("restarting") || says.starts_with("reloading") {
            began = time;
        }
        if text.starts_with("starting ") {
            (failed, began) = (failed + time - began, time);
        }
        if text.starts_with("healthy ") {
            (good, began) = (good + time - began, time);
        }
    }
    (failed, good)
}

/// A foreign drop-in replaced Synapse's program, and the check does not run the real one: nothing can be rolled back,
/// and that is reported first.
pub(super) fn failed_rollbacks_are_reported_first(host: &Homeserver) {
    let drop_in = "/etc/systemd/system/matrix-synapse.service.d/99-x.conf";
    host.guest.run(&format!(
        "printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' >{drop_in}; systemctl daemon-reload"
    ));
    let other = host.spec("good.toml", &spec_with("max_upload = \"2M\"", "max_upload = \"3M\""));
    let ran = host.guest.on("apply", &other, &["--yes"]);
    assert_eq!(ran.status, 3, "{ran}");
    assert!(ran.stderr.contains("error: THE HOMESERVER IS DOWN"), "{ran}");
    assert!(ran.stderr.contains("99-x.conf"), "the drop-in is named: {ran}");
    // Stopped first: it restarts in a loop, and a plan that sees it do so no longer fits a moment later.
    host.guest
        .run(&format!("rm {drop_in}; systemctl daemon-reload; systemctl stop matrix-synapse"));
    host.guest.apply(&host.spec);
    assert_eq!(host.guest.run("ls -A /var/lib/matrixform/switch"), "", "its journal is gone");
    host.settles("without the drop-in");
}
