//! The lost host still answers: the rebuild stops it over SSH, and it stays stopped, whoever wants it to start, also after a boot.

use super::on;
use crate::guest::lab;
use crate::homeserver::cuts::reaches;
use crate::homeserver::host::Homeserver;
use std::path::Path;
use std::process::Stdio;

/// The first step after the fence.
const AFTER: &str = "keeping Synapse from starting";

const OTHER_KEY: &str = "cd /etc/matrix-synapse && cp -p homeserver.signing.key /root/own.key &&
    printf 'ed25519 other %s\\n' \"$(openssl rand -base64 32 | tr -d =)\" >homeserver.signing.key";

const OWN_KEY: &str =
    "cp -p /root/own.key /etc/matrix-synapse/homeserver.signing.key && rm /root/own.key";

/// As its refusal says.
const LIFT: &str = "rm /var/lib/matrixform/fenced /etc/systemd/system/*.d/matrixform-fence.conf; systemctl daemon-reload";

pub(super) fn stops_the_lost_server(lost: &Homeserver, new: &Homeserver, spec: &Path) {
    lost.guest.run("systemctl start matrix-synapse nginx");
    let old = lost.guest.get("ADDRESS4");
    // Who becomes root through sudo.
    let place = format!("admin@{old}");
    let refused = |place: &str, more: &[&str], why: &str| {
        let words = [&["--old-server", "fenced", "--fence", place][..], more].concat();
        let ran = on(&new.guest, &["rebuild"], &new.spec, &words, 1);
        assert!(ran.stderr.contains(why), "{why}: {ran}");
        assert_eq!(lost.guest.run("systemctl is-active matrix-synapse"), "active\n");
        ran
    };
    let unknown = refused(&place, &["--yes"], "add to ~/.ssh/known_hosts");
    assert!(unknown.stderr.contains("cannot be fenced"), "{unknown}");
    refused("root@192.0.2.1", &["--yes"], "--old-server stopped");
    refused(new.guest.get("ADDRESS4"), &["--yes"], "is the very host that is to be rebuilt");
    let key = lost.guest.run("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub");
    let directory = new.guest.home.path().join(".ssh");
    std::fs::create_dir_all(&directory).expect("a directory");
    std::fs::write(directory.join("known_hosts"), format!("{old} {key}")).expect("a file");
    lost.guest.run(OTHER_KEY);
    refused(&place, &["--yes"], "is not this server");
    lost.guest.run(OWN_KEY);
    let shown = refused(&place, &[], "--yes");
    assert!(shown.stdout.contains(&format!("fence the old server ({old})")), "{shown}");
    until_fenced(new, &["--fence", &place]);
    is_fenced(lost, spec);
    // It was lifted, and whoever goes on with the rebuild hears of that.
    lost.guest.run(LIFT);
    lost.guest.run("systemctl start matrix-synapse");
    std::fs::remove_file(directory.join("known_hosts")).expect("a file");
    remember(lost, new);
    until_fenced(new, &[]);
    is_fenced(lost, spec);
    lab(&["kill", &lost.guest.name]);
    lab(&["boot", &lost.guest.name]);
    is_fenced(lost, spec);
}

/// A rebuild that is killed once the old host is fenced.
fn until_fenced(new: &Homeserver, place: &[&str]) {
    let mut command = new.guest.command();
    command.arg("rebuild").arg(&new.spec).args(["--yes", "--old-server", "fenced"]).args(place);
    command.args(["--log-format", "json"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let reached = reaches(command.spawn().expect("matrixform can be run"), AFTER);
    let (mut client, log) = reached.unwrap_or_else(|why| panic!("{why}"));
    client.kill().expect("it can be killed");
    client.wait().expect("it ends");
    assert!(log.contains("the old server is fenced"), "{log}");
}

/// This machine as one that applied the lost host: it knows where that is, and its host key.
fn remember(lost: &Homeserver, new: &Homeserver) {
    let cache = Path::new(".cache/matrixform/applied");
    let into = new.guest.home.path().join(cache);
    std::fs::create_dir_all(&into).expect("a directory");
    let from = lost.guest.home.path().join(cache).join("hs.test.json");
    std::fs::copy(from, into.join("hs.test.json")).expect("a memory");
}

fn is_fenced(lost: &Homeserver, spec: &Path) {
    let units = "matrix-synapse matrixform-backup.timer matrixform-backup-check.timer";
    let (states, _, _) = lost.guest.try_run(&format!("systemctl is-active {units}"));
    assert_eq!(states, "inactive\ninactive\ninactive\n");
    let (states, _, _) = lost.guest.try_run(&format!("systemctl is-enabled {units}"));
    assert_eq!(states, "disabled\ndisabled\ndisabled\n");
    assert_ne!(lost.guest.try_run("systemctl start matrix-synapse").2, 0, "it must not start");
    assert_eq!(lost.guest.try_run("ss -Hltn sport = :8008").0, "");
    assert_eq!(lost.ask("GET", "/_matrix/key/v2/server", None, b"").0, 502, "nginx stays");
    assert_ne!(lost.sql("select count(*) from users").trim(), "0", "its data stay");
    for words in [["plan"].as_slice(), &["apply"], &["backup", "now"], &["rebuild"]] {
        let ran = on(&lost.guest, words, spec, &[], 1);
        assert!(ran.stderr.contains("this host is fenced") && ran.stderr.contains(LIFT), "{ran}");
    }
    let history = lost.guest.run("cat /var/lib/matrixform/history.jsonl");
    assert!(history.contains("fence, for the rebuild on "), "{history}");
}

/// A fenced host is rebuilt once its database is given up by name.
pub(super) fn is_lifted_by_name(lost: &Homeserver, spec: &Path) {
    let words = ["--yes", "--old-server", "destroyed", "--replace-database", "hs.test"];
    on(&lost.guest, &["rebuild"], spec, &words, 0);
    assert_eq!(lost.guest.run("systemctl is-active matrix-synapse"), "active\n");
    assert!(lost.guest.planned(spec).is_empty());
    lost.guest.run("test ! -e /var/lib/matrixform/fenced");
}

pub(super) fn lift(lost: &Homeserver) {
    lost.guest.run(LIFT);
}
