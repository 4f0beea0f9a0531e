//! The check before a switch: a copy of Synapse's unit with its sandbox, without network and without access to the
//! host.

use super::host::{Homeserver, spec_with};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A module for Synapse that runs code while the configuration is read.
fn module(host: &Homeserver, body: &str) {
    host.guest.run(&format!(
        "for lib in /opt/matrixform/synapse/lib/python*/site-packages; do cat >$lib/probe.py <<'END'
import socket, time
class M:
    def __init__(self, config, api): pass
    @staticmethod
    def parse_config(config):
        {body}
END
done"
    ));
}

fn with_module() -> String {
    let to = "[[accept]]\nid = \"MF065\"\nreason = \"a trial\"\n\n[synapse.extra]\nmodules = [{ module = \"probe.M\" }]\n[synapse.sessions]";
    spec_with("[synapse.sessions]", to)
}

fn without_module(host: &Homeserver) {
    host.guest.run("rm -f /opt/matrixform/synapse/lib/python*/site-packages/probe.py");
    host.guest.apply(&host.spec);
    host.settles("without the module");
}

/// Asserts that no unit, mount or directory of a check remains, and no unit has failed.
pub(super) fn nothing_is_left(host: &Homeserver) {
    let real = "ls -l /run/postgresql/.s.PGSQL.5432 /run/dbus/system_bus_socket | cut -c 1";
    assert_eq!(host.guest.run(real), "s\ns\n", "the sockets are the host's own");
    let left = host.guest.run(
        "systemctl list-units --all --plain --no-legend 'matrixform-check*'
        ls -d /run/systemd/system/matrixform-check* /run/matrixform/stage 2>/dev/null
        grep -h matrixform/stage /proc/mounts /proc/[0-9]*/mounts | sort -u
        systemctl --failed --plain --no-legend; true",
    );
    assert_eq!(left, "", "something of the check is left");
}

/// The check cannot reach the database, although the unit can.
pub(super) fn it_has_no_network(host: &Homeserver) {
    module(host, "socket.create_connection((\"127.0.0.1\", 5432), 5)");
    let ran = host.guest.on("apply", &host.spec("probe.toml", &with_module()), &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("Connection refused"), "its own loopback answers: {ran}");
    assert!(ran.stderr.contains("nothing was changed"), "{ran}");
    nothing_is_left(host);
    without_module(host);
}

/// Foreign commands before a start have the network, sockets and directories of a start, and their writes only affect
/// the start itself.
pub(super) fn it_writes_nothing(host: &Homeserver) {
    let drop_in = "/etc/systemd/system/matrix-synapse.service.d/99-x.conf";
    host.guest.run(&format!(
        "cat >{drop_in} <<'END'
[Service]
RuntimeDirectory=matrix-synapse x-%N
StateDirectory=x-state
ExecStartPre=/usr/bin/pg_isready -q -h 127.0.0.1
ExecStartPre=/usr/bin/pg_isready -q -h /run/postgresql
ExecStartPre=/bin/sh -c 'echo one >>/var/lib/matrix-synapse/starts; \\
    rm -f /run/matrix-synapse/kept; touch \"$${{RUNTIME_DIRECTORY##*:}}/x\" $STATE_DIRECTORY/x'
END
systemctl daemon-reload; rm -rf /var/lib/x-state; : >/run/matrix-synapse/kept"
    ));
    let bad = host.spec(
        "bad.toml",
        &spec_with(
            "[synapse.sessions]",
            "[synapse.extra]\napp_service_config_files = [\"/nowhere.yaml\"]\n[synapse.sessions]",
        ),
    );
    let ran = host.guest.on("apply", &bad, &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("/nowhere.yaml"), "{ran}");
    let seen = "cat /var/lib/matrix-synapse/starts; ls -d /run/matrix-synapse/kept /run/x-* /var/lib/x-state; true";
    assert_eq!(host.guest.run(seen), "/run/matrix-synapse/kept\n");
    nothing_is_left(host);
    host.guest
        .apply(&host.spec("good.toml", &spec_with("max_upload = \"2M\"", "max_upload = \"3M\"")));
    let expected = "one\n/run/x-matrix-synapse\n/var/lib/x-state\n";
    assert_eq!(host.guest.run(seen), expected, "the start itself does");
    host.guest
        .run(&format!("rm -f {drop_in} /var/lib/matrix-synapse/starts; systemctl daemon-reload"));
    host.guest.apply(&host.spec);
    host.guest.run("rm -rf /var/lib/x-state");
    host.settles("without the drop-in");
}

/// Writes a foreign drop-in for Synapse's unit, followed by `daemon-reload`.
fn drop_in(host: &Homeserver, text: &str) {
    let path = "/etc/systemd/system/matrix-synapse.service.d/99-x.conf";
    let write = match text {
        "" => format!("rm -f {path}"),
        text => format!("cat >{path} <<'END'\n[Service]\n{text}\nEND\n"),
    };
    host.guest.run(&format!("{write}\nsystemctl daemon-reload"));
}

/// A spec that differs from the host's, and from others with another size.
fn changed(host: &Homeserver, size: &str) -> std::path::PathBuf {
    host.spec(
        "changed.toml",
        &spec_with("max_upload = \"2M\"", &format!("max_upload = \"{size}\"")),
    )
}

/// A command before the start may write where the unit allows it, and nowhere else: the check refuses what the start
/// would refuse.
pub(super) fn it_can_write_only_where_the_unit_can(host: &Homeserver) {
    let pre = "ProtectSystem=strict\nExecStartPre=/bin/touch /etc/x-own/probe";
    host.guest.run("mkdir -p /etc/x-own && chown matrix-synapse: /etc/x-own");
    drop_in(host, pre);
    let started = || host.guest.run("systemctl show -p InvocationID matrix-synapse");
    let run = started();
    let ran = host.guest.on("apply", &changed(host, "3M"), &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    for word in ["Read-only file system", "/etc/x-own/probe", "99-x.conf", "nothing was changed"] {
        assert!(ran.stderr.contains(word), "no {word}: {ran}");
    }
    assert_eq!(started(), run);
    nothing_is_left(host);
    drop_in(host, &format!("{pre}\nReadWritePaths=/etc/x-own"));
    let probe = "ls /etc/x-own";
    assert_eq!(host.guest.run(probe), "");
    host.guest.apply(&changed(host, "3M"));
    assert_eq!(host.guest.run(probe), "probe\n", "the start itself does");
    drop_in(host, "");
    host.guest.apply(&host.spec);
    host.guest.run("rm -r /etc/x-own");
    host.settles("without the drop-in");
}

/// Where the unit's copy cannot have the overlays, the check runs outside it: this is reported with its cause, and bad
/// configurations are still refused.
pub(super) fn checks_outside_the_sandbox_are_reported(host: &Homeserver) {
    let bad = host.spec(
        "bad.toml",
        &spec_with(
            "[synapse.sessions]",
            "[synapse.extra]\napp_service_config_files = [\"/nowhere.yaml\"]\n[synapse.sessions]",
        ),
    );
    for (text, why) in [
        ("RootDirectory=/", "it has a file system of its own"),
        ("DynamicUser=yes", "its user exists only while it runs"),
        ("NetworkNamespacePath=/proc/1/ns/net", "it has a network of its own"),
    ] {
        drop_in(host, text);
        let message =
            format!("checked outside the sandbox of matrix-synapse.service, because {why}");
        let ran = host.guest.on("apply", &bad, &["--yes"]);
        assert_eq!(ran.status, 1, "{text}: {ran}");
        assert!(ran.stderr.contains("/nowhere.yaml"), "{text}: {ran}");
        let ran = host.guest.on("apply", &changed(host, "3M"), &["--yes"]);
        assert!(format!("{ran}").contains(&message), "{text}: {ran}");
        nothing_is_left(host);
        drop_in(host, "");
        host.guest.apply(&host.spec);
    }
    host.settles("without the drop-in");
}

/// A check stopped by hand has not passed, and nothing was changed.
pub(super) fn a_stopped_check_has_not_passed(host: &Homeserver) {
    module(host, "time.sleep(30)");
    let spec = host.spec("probe.toml", &with_module());
    let files =
        || host.guest.run("cd /etc/matrix-synapse && find . -type f | sort | xargs sha256sum");
    let started =
        || host.guest.run("systemctl show -p InvocationID matrix-synapse nginx postgresql@*");
    let before = (files(), started());
    let ran = std::thread::scope(|scope| {
        let run = scope.spawn(|| host.guest.on("apply", &spec, &["--yes"]));
        host.guest.run(&format!("{UNDER_WAY}; systemctl stop matrixform-check.service"));
        run.join().expect("it ends")
    });
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("the check was stopped before it had passed"), "{ran}");
    assert!(ran.stderr.contains("nothing was changed"), "{ran}");
    assert_eq!((files(), started()), before);
    nothing_is_left(host);
    without_module(host);
}

/// Waits until a check is running in a copy of a unit.
const UNDER_WAY: &str = "timeout 60 sh -c 'until systemctl -q is-active matrixform-check.service &&
    systemctl list-units --plain --no-legend \"matrixform-check-*\" | grep -q .; do sleep 0.1; done'";

/// Kills the program, the shell on the host, or the check's own unit while it runs.
pub(super) fn an_interrupted_check_leaves_nothing(host: &Homeserver) {
    module(host, "time.sleep(30)");
    let spec = host.spec("probe.toml", &with_module());
    for victim in ["client", "shell", "unit"] {
        let mut run = host.guest.command();
        run.args(["apply", spec.to_str().expect("UTF-8"), "--yes"]);
        run.stdout(Stdio::null()).stderr(Stdio::null());
        let mut run: Child = run.spawn().expect("matrixform can be run");
        host.guest.run(UNDER_WAY);
        match victim {
            "client" => run.kill().expect("it can be killed"),
            "shell" => {
                drop(host.guest.run("read -r pid _ </run/matrixform/holder; kill -KILL $pid"))
            }
            _ => drop(host.guest.run("systemctl kill -s KILL matrixform-check.service")),
        }
        run.wait().expect("it ends");
        let since = Instant::now();
        // The next run ends the abandoned one.
        let ran = host.guest.on("apply", &host.spec, &["--yes", "--wait"]);
        assert_eq!(ran.status, 0, "{victim}: {ran}");
        assert!(ran.stdout.contains("no changes"), "{victim}: {ran}");
        println!("{victim}: admitted after {:.1} s", since.elapsed().as_secs_f64());
        assert!(since.elapsed() < Duration::from_secs(28), "{victim}: {:?}", since.elapsed());
        nothing_is_left(host);
    }
    without_module(host);
}
