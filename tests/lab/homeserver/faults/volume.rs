//! A full volume: /var is moved to a small one for a while.

use super::super::host::{Homeserver, spec_with};
use super::super::poller::Poller;
use super::STATE;

/// Nothing writes to /var while it is copied; changes to the copy are lost later.
const SMALL: &str = "set -e
    systemctl stop matrix-synapse 'postgresql@*' cron
    mkdir /run/small; mount -t tmpfs -o size=$(($(du -sxk /var | cut -f 1) + 60000))k,mode=0755 small /run/small
    cp -ax /var/. /run/small/; mount --bind /run/small /var
    systemctl start 'postgresql@17-main' matrix-synapse cron
    until curl -qskf -o /dev/null --resolve matrix.hs.test:443:127.0.0.1 https://matrix.hs.test/_matrix/client/versions
    do sleep 0.1; done";

const FILL: &str = "dd if=/dev/zero of=/var/filler bs=4k 2>/dev/null || [ \"$(df --output=avail /var | tail -n 1)\" -eq 0 ]";

const BACK: &str = "set -e
    systemctl stop matrix-synapse 'postgresql@*' cron
    umount -l /var; umount -l /run/small; rmdir /run/small
    systemctl start 'postgresql@17-main' matrix-synapse cron
    systemctl restart systemd-journald
    until curl -qskf -o /dev/null --resolve matrix.hs.test:443:127.0.0.1 https://matrix.hs.test/_matrix/client/versions
    do sleep 0.1; done";

/// The edits applied while it is full.
const CHANGES: [(&str, &str); 2] =
    [("\"2M\"", "\"3M\""), ("memory_percent = 5", "memory_percent = 5\nmax_connections = 77")];

pub(in super::super) fn faults_of_a_full_volume(host: &Homeserver) {
    host.guest.run(SMALL);
    let mut wrong = Vec::new();
    for (from, to) in CHANGES {
        host.guest.run(FILL);
        let spec = host.spec("full.toml", &spec_with(from, to));
        let before = host.guest.run(STATE);
        let poller = Poller::start(host);
        let ran = host.guest.on("apply", &spec, &["--yes"]);
        let gap = poller.stop();
        let is_same = host.guest.run(STATE) == before;
        host.guest.run("rm /var/filler");
        println!("a full /var, {to}: status {}, a gap of {gap:.1} s\n{ran}", ran.status);
        let names = ran.stderr.contains("no space left on /var");
        let whole =
            ran.stderr.contains("nothing was changed") && !ran.stderr.contains("switch.ended");
        if ran.status != 1 || !is_same || gap > 0.0 || !names || !whole {
            wrong.push(format!("{to}: unchanged: {is_same}, a gap of {gap:.1} s\n{ran}"));
        }
        let left = host.guest.run(
            "ls -A /var/lib/matrixform/switch; find /var/lib/matrixform -name '.*.??????????'",
        );
        if !left.is_empty() {
            wrong.push(format!("{to}: left over: {left}"));
        }
        host.guest.apply(&spec);
        host.guest.apply(&host.spec);
    }
    host.guest.run(BACK);
    host.settles("on its own volume again");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
