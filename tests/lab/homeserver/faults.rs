//! Faults on a host that a change runs into: each one ever found, reported with its cause. No client waits for an
//! answer meanwhile, and the state of the host afterwards is checked.

mod table;
mod volume;

use super::host::{Homeserver, spec_with};
use super::poller::Poller;
use crate::seed;
use std::path::Path;
use table::{Change, FAULTS, Fault};

pub(super) use volume::faults_of_a_full_volume;

/// The state a run may change: files and links with content and mode, and the current run of each service.
const STATE: &str = "find /etc /usr/local/lib/matrixform -type f -exec sha256sum {} + | sort -k 2
    find /etc -printf '%p %y %U %G %m %l\\n' | sort
    systemctl show -p Id -p InvocationID -p ActiveState 'postgresql@17-main' matrix-synapse nginx ssh cron";

/// `immutable 1|0 PATH` replaces chattr, which a minimal system lacks.
const TOOLS: &str = "immutable() {
    python3 -c 'import fcntl, os, struct, sys
fd = os.open(sys.argv[2], os.O_RDONLY)
flags = struct.unpack(\"l\", fcntl.ioctl(fd, 0x80086601, bytes(8)))[0] & ~0x10
fcntl.ioctl(fd, 0x40086602, struct.pack(\"l\", flags | int(sys.argv[1]) * 0x10))' \"$@\"
}
set -e
";

/// How many faults a run draws.
const DRAWN: usize = 6;

/// Runs faults one after another; the failures are reported together at the end.
pub(super) fn faults_are_answered(host: &Homeserver) {
    let mut wrong = Vec::new();
    println!("| fault | status |\n|---|---|");
    // Each fault ends with its change made, so the next one with the same change reverts it.
    let mut made: Change = &[];
    for fault in seed::sample(FAULTS, DRAWN, "faults") {
        let goes_back = fault.change == made;
        if !goes_back && !made.is_empty() {
            host.guest.apply(&host.spec);
        }
        made = if goes_back { &[] } else { fault.change };
        let spec = match made.split_first() {
            None => host.spec.clone(),
            Some(((from, to), more)) => {
                let text = spec_with(from, to);
                let change = |text: String, (from, to): &(&str, &str)| text.replacen(from, to, 1);
                host.spec("fault.toml", &more.iter().fold(text, change))
            }
        };
        println!("| {} | {} |", fault.name, fault.status);
        let answered = answered(host, fault, &spec);
        wrong.extend(answered.err().map(|why| format!("{}: {why}", fault.name)));
    }
    host.guest.apply(&host.spec);
    host.settles("after all faults");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Causes the fault, applies a change and checks the result; then removes the cause, and the same change succeeds.
fn answered(host: &Homeserver, fault: &Fault, spec: &Path) -> Result<(), String> {
    let poller = Poller::start(host);
    host.guest.run(&format!("{TOOLS}{}", fault.breaks));
    let before = host.guest.run(STATE);
    let ran = host.guest.on("apply", spec, &["--yes"]);
    let gap = poller.stop();
    let after = host.guest.run(STATE);
    let (holds, stderr, held) = host.guest.try_run(&format!("{TOOLS}{}", fault.holds));
    host.guest.run(&format!("{TOOLS}{}", fault.repair));
    let mut wrong = Vec::new();
    if ran.status != fault.status {
        wrong.push(format!("status {} instead of {}", ran.status, fault.status));
    }
    let words = format!("{}{}", ran.stdout, ran.stderr);
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let unsaid = fault.says.iter().filter(|says| !words.contains(**says));
    wrong.extend(unsaid.map(|says| format!("`{says}` is missing")));
    if gap > 0.0 {
        wrong.push(format!("{gap:.1} s without an answer"));
    }
    if held != 0 {
        wrong.push(format!("afterwards `{}` does not hold: {holds}{stderr}", fault.holds));
    }
    let differs = before.lines().zip(after.lines()).find(|(one, other)| one != other);
    if let Some((one, other)) = differs.filter(|_| fault.status != 0) {
        wrong.push(format!("the host is another one:\n{one}\n{other}"));
    }
    let again = host.guest.on("apply", spec, &["--yes"]);
    if again.status != 0 {
        wrong.push(format!("the next apply: {again}"));
    }
    let left = host.guest.run("ls -A /var/lib/matrixform/switch; find /etc -name '.matrixform.*'");
    if !left.is_empty() {
        wrong.push(format!("left over: {left}"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{ran}", wrong.join("\n"))) }
}
