//! Measures clients' waiting time: the same request through nginx ten times a second, on the host itself.

use super::host::Homeserver;

/// A running poller.
pub(super) struct Poller<'a> {
    host: &'a Homeserver,
}

const SCRIPT: &str =
    "rm -f /run/polled; cp /usr/bin/curl /root/polling; systemd-run --quiet --collect --unit poll sh -c 'while :; do
        now=$(date +%s.%N)
        /root/polling -qskf --max-time 2 -o /dev/null --resolve matrix.hs.test:443:127.0.0.1 \
            https://matrix.hs.test/_matrix/client/versions && echo \"$now ok\" || echo \"$now no\"
        sleep 0.1; done >/run/polled'
    until grep -q . /run/polled; do sleep 0.05; done";

impl<'a> Poller<'a> {
    /// Starts polling.
    pub(super) fn start(host: &'a Homeserver) -> Poller<'a> {
        host.guest.run(SCRIPT);
        Poller { host }
    }

    /// Stops; returns the longest time without a good answer, in seconds.
    pub(super) fn stop(self) -> f64 {
        let lines = self
            .host
            .guest
            .run("systemctl stop poll; cat /run/polled; rm /run/polled /root/polling");
        longest(&lines)
    }
}

/// The longest time between two good answers with a bad one in between, or from the last good one to the end; 0 if
/// none.
fn longest(lines: &str) -> f64 {
    let (mut good, mut bad, mut longest) = (None, false, 0.0);
    for line in lines.lines() {
        let Some((time, how)) = line.split_once(' ') else { continue };
        let Ok(time) = time.parse::<f64>() else { continue };
        match (how, good) {
            ("ok", Some(before)) if bad => longest = f64::max(longest, time - before),
            ("ok", _) => {}
            (_, before) => {
                bad = true;
                longest = f64::max(longest, before.map_or(0.0, |before| time - before));
                continue;
            }
        }
        (good, bad) = (Some(time), false);
    }
    longest
}
