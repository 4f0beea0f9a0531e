//! Peculiarities of Ubuntu's server images: cloud-init and apt's daily jobs running during an apply,
//! unattended-upgrades with its lock, needrestart, socket-activated sshd, files of other programs.

use crate::guest::{Guest, Ran};
use crate::screen::converse;
use crate::timing;
use crate::whole::{Audit, Change, Host, making, trial};
use libtest_mimic::Trial;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::Stdio;

const SUITE: &str = "noble-like";

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let all: [(&str, fn(&Host)); 6] = [
        ("waits_for_cloud_init", waits_for_cloud_init),
        ("waits_for_apt_daily", waits_for_apt_daily),
        ("waits_for_the_holder_of_the_lock", waits_for_the_holder_of_the_lock),
        ("an_endless_installation_is_ended", an_endless_installation_is_ended),
        ("needrestart_is_silent", needrestart_is_silent),
        ("foreign_files_stay_unchanged", foreign_files_stay_unchanged),
    ];
    let trial = |(name, run)| trial(format!("noble_like::{name}"), SUITE, run);
    let mut trials: Vec<Trial> = all.into_iter().map(trial).collect();
    trials.push(timing::trial(
        "noble_like::deviations_from_the_plan_are_shown_and_applied",
        || {
            deviations_from_the_plan_are_shown_and_applied();
            Ok(())
        },
    ));
    trials
}

/// A spec with nginx and documents, and no homeserver.
pub(crate) const FRONT: &str = r#"
[tls]
provider = "self-signed"

[nginx]

[well_known]
server_name = "example.org"
server = "matrix.example.org:443"
base_url = "https://matrix.example.org"
contacts = [{ role = "m.role.admin", email_address = "abuse@example.org" }]
"#;

/// Without package lists, the versions are taken from the table for Ubuntu 24.04, but this host installs Debian's
/// nginx, which is newer and needs another directive. The difference is shown, and the run continues: without asking
/// with `--yes`, since it only follows from a version, but never with a saved plan.
fn deviations_from_the_plan_are_shown_and_applied() {
    const SITE: &str = "/etc/nginx/conf.d/matrixform.conf";
    let written = format!("grep -q '^ *http2 on;' {SITE}");
    let blank = || {
        let guest = Guest::blank("t-other", SUITE);
        let spec = guest.spec("front.toml", "user = \"root\"", FRONT);
        (guest, spec)
    };

    let (guest, spec) = blank();
    let ran = guest.on("apply", &spec, &["--yes"]);
    assert_eq!(ran.status, 0, "{ran}");
    let (shown, rest) =
        ran.stdout.split_once("after the installation, this differs").expect("the difference");
    assert!(shown.contains("ssl http2;") && rest.contains("http2 on;"), "{ran}");
    assert!(ran.stderr.contains("continuing: the differences are due to the versions"), "{ran}");
    assert!(rest.contains(" created, ") && rest.contains(" updated, 0 removed, "), "{ran}");
    assert!(!rest.contains("768"), "what packages bring is no difference: {ran}");
    guest.run(&written);
    assert_eq!(guest.planned(&spec), Vec::<String>::new());
    let history = guest.on("history", &spec, &[]).stdout;
    let ends = ["successfully", "5 (the plan no longer fits the host)"];
    assert!(history.lines().count() == 3, "each plan is a run: {history}");
    ends.iter().for_each(|end| assert_eq!(history.matches(end).count(), 1, "{history}"));
    guest.down();

    let (guest, spec) = blank();
    let saved = guest.home.path().join("front.plan");
    let saved = saved.to_str().expect("UTF-8");
    guest.on("plan", &spec, &["--out", saved]);
    let ran = guest.on("apply", &spec, &["--plan", saved]);
    assert_eq!(ran.status, 5, "{ran}");
    assert!(ran.stderr.contains(&format!("{SITE} differs from the plan you saw")), "{ran}");
    guest.run(&format!("dpkg-query -W nginx && [ ! -e {SITE} ]"));
    // The changes made so far stay, and the next apply, which knows the version, completes.
    guest.apply(&spec);
    guest.run(&written);
    guest.down();

    // The answer takes longer than the host waits for a silent client that holds the lock.
    for (answer, status) in [("no\n", 5), ("yes\n", 0)] {
        let (guest, spec) = blank();
        let asked = std::cell::Cell::new(0);
        let slowly = || {
            asked.set(asked.get() + 1);
            if asked.get() == 2 {
                std::thread::sleep(std::time::Duration::from_secs(25));
            }
        };
        let answers =
            [("Only `yes` applies: ", &b"yes\n"[..]), ("Only `yes` applies: ", answer.as_bytes())];
        let words = format!("apply {}", spec.display());
        let (screen, ended) = converse(guest.home.path(), &words, "never", &answers, &slowly);
        assert_eq!(ended, status, "{screen}");
        assert!(screen.contains("Apply the remaining "), "{screen}");
        match status {
            0 => drop(guest.run(&written)),
            _ => drop(guest.run(&format!("[ ! -e {SITE} ]"))),
        }
        guest.down();
    }
}

const PACKAGE: &str = "\n[[resource]]\nkind = \"apt\"\nname = \"tree\"\n";

/// The spec with one more package, which is not there.
fn with_one_more(host: &Host) -> PathBuf {
    host.guest.run("apt-get -qq remove tree >/dev/null 2>&1; rm -f /run/go");
    let text = std::fs::read_to_string(&host.spec).expect("a spec");
    let spec = host.guest.home.path().join("one-more.toml");
    std::fs::write(&spec, text + PACKAGE).expect("a spec");
    spec
}

/// Applies a spec with one more package. While apply waits it says for what; then runs `release`.
fn applied_after(host: &Host, waits_for: &str, release: &str) -> Ran {
    let spec = with_one_more(host);
    let mut command = host.guest.command();
    command.args(["apply", spec.to_str().expect("UTF-8"), "--yes"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("matrixform can be run");
    let mut stderr = String::new();
    let mut released = release.is_empty();
    for line in BufReader::new(child.stderr.take().expect("its standard error")).lines() {
        let line = line.expect("a line");
        if !released && line.contains(waits_for) {
            host.guest.run(release);
            released = true;
        }
        stderr.push_str(&line);
        stderr.push('\n');
    }
    let mut stdout = String::new();
    child.stdout.take().expect("its output").read_to_string(&mut stdout).expect("text");
    let status = child.wait().expect("its end").code().unwrap_or(-1);
    let ran = Ran { status, stdout, stderr };
    assert!(released, "apply did not say that it waits for {waits_for}\n{ran}");
    assert_eq!(ran.status, 0, "{ran}");
    host.guest.run("dpkg-query -W tree && apt-get -qq remove tree >/dev/null 2>&1");
    ran
}

/// Makes a unit that keeps starting until /run/go exists.
fn is_at_work(host: &Host, unit: &str) {
    host.guest.run(&format!(
        "rm -f /run/go; mkdir -p /run/systemd/system/{unit}.d
        printf '[Service]\\nExecStart=\\nExecStart=/bin/sh -c \"until [ -e /run/go ]; do sleep 0.1; done\"\\n' \
            >/run/systemd/system/{unit}.d/lab.conf
        systemctl daemon-reload; systemctl restart --no-block {unit}
        until [ \"$(systemctl show -p ActiveState --value {unit})\" = activating ]; do sleep 0.05; done"
    ));
}

fn waits_for(host: &Host, unit: &str) {
    is_at_work(host, unit);
    applied_after(host, &format!("waiting for {unit}"), "touch /run/go");
    host.guest.run(&format!("rm -r /run/systemd/system/{unit}.d /run/go; systemctl daemon-reload"));
}

fn waits_for_cloud_init(host: &Host) {
    waits_for(host, "cloud-final.service");
}

fn waits_for_apt_daily(host: &Host) {
    waits_for(host, "apt-daily.service");
}

/// A process that holds dpkg's lock until /run/go exists.
const HOLDER: &str = "rm -f /run/go /run/held
        systemd-run --quiet --collect --unit=lab-holder python3 -c \"
import fcntl, os, time
open('/proc/self/comm', 'w').write('unattended-upgr')
lock = open('/var/lib/dpkg/lock-frontend', 'w')
fcntl.lockf(lock, fcntl.LOCK_EX)
open('/run/held', 'w')
while not os.path.exists('/run/go'):
    time.sleep(0.1)
\"
        until [ -e /run/held ]; do sleep 0.05; done";

fn waits_for_the_holder_of_the_lock(host: &Host) {
    host.guest.run(HOLDER);
    let ran =
        applied_after(host, "(unattended-upgr), which holds /var/lib/dpkg/lock", "touch /run/go");
    assert!(ran.stderr.contains("waiting for process "), "{ran}");
    host.guest.run("rm /run/go /run/held");
}

/// The limit is an hour otherwise.
fn an_endless_installation_is_ended(host: &Host) {
    let spec = with_one_more(host);
    host.guest.run(HOLDER);
    let limit = "/run/systemd/system/matrixform-apt.service.d";
    host.guest.run(&format!(
        "mkdir {limit}; printf '[Service]\\nRuntimeMaxSec=5s\\n' >{limit}/90-lab.conf; systemctl daemon-reload"
    ));
    let ran = host.guest.on("apply", &spec, &["--yes"]);
    assert_eq!(ran.status, 3, "{ran}");
    assert!(ran.stderr.contains("ended: it took longer than its time limit"), "{ran}");
    host.guest.run(&format!(
        "systemctl stop lab-holder; rm -r {limit} /run/held; systemctl daemon-reload"
    ));
    host.guest.apply(&spec);
    host.guest.run("dpkg-query -W tree && apt-get -qq remove tree >/dev/null 2>&1");
}

fn needrestart_is_silent(host: &Host) {
    let before = Audit::of(&host.guest);
    applied_after(host, "", "");
    let log = host.guest.run("command -v needrestart >/dev/null && cat /run/matrixform/apt.log");
    for word in ["Scanning processes", "Restarting services", "need to be restarted"] {
        assert!(!log.contains(word), "needrestart spoke\n{log}");
    }
    let changes = before.until(&Audit::of(&host.guest));
    let restarted: Vec<_> = changes.iter().filter(|one| one.what.starts_with("unit ")).collect();
    assert!(restarted.is_empty(), "{restarted:?}");
}

/// Foreign files are unchanged, even while a blank host is converged.
fn foreign_files_stay_unchanged(host: &Host) {
    let made = making(SUITE);
    let theirs = [
        "/etc/ufw/",
        "/etc/netplan",
        "/etc/cloud",
        "/etc/ssh",
        "/etc/needrestart",
        "/etc/apt/apt.conf.d",
    ];
    let is_theirs = |change: &&Change| {
        let path = change.path().unwrap_or_default();
        // Files from packages: a profile that ufw only reads on request, and a list of packages to keep.
        let brought = path.contains("/applications.d")
            || path.ends_with("/02autoremove-postgresql")
            || path == "/etc/apt/apt.conf.d" && !change.state;
        theirs.iter().any(|prefix| path.starts_with(prefix)) && !brought
    };
    let changes = made.blank.until(&made.converged);
    let touched: Vec<&Change> = changes.iter().filter(is_theirs).collect();
    assert!(touched.is_empty(), "{touched:#?}");
    let facts = host.guest.on("facts", &host.spec, &[]);
    assert!(facts.stdout.contains("ssh_socket"), "{facts}");
    host.guest.run("systemctl is-active ssh.socket && systemctl is-enabled ssh.socket");
    host.guest
        .run("grep -qx 'PasswordAuthentication yes' /etc/ssh/sshd_config.d/50-cloud-init.conf");
}
