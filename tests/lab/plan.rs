//! A plan changes nothing on the host, and neither does an apply with nothing to do: compares the whole file system,
//! all units, all packages and the content of PostgreSQL. Traces of a login are listed path by path below; anything
//! else is a failure.

use crate::guest::Guest;
use crate::timing;
use libtest_mimic::{Failed, Trial};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        timing::trial("plan::changes_nothing::trixie", || changes_nothing("trixie")),
        timing::trial("plan::changes_nothing::bookworm", || changes_nothing("bookworm")),
    ]
}

/// Traces that a login or the host itself leaves, and their origin. A `*` stands for a part of a name.
const OF_A_LOGIN: &[(&str, &str)] = &[
    ("file:/run", "the directory of motd.dynamic"),
    ("file:/run/motd.dynamic", "pam_motd"),
    ("file:/run/utmp", "pam_lastlog, sshd"),
    ("file:/var/lib/systemd/timesync/clock", "systemd-timesyncd, once in a while"),
    (
        "file:/var/log/postgresql/*",
        "PostgreSQL, of its checkpoints and of the look at what it holds",
    ),
    (
        "file:/var/cache/apt/archives/*.deb",
        "the lab, whose hosts share them: each further link is a change of the file. A new one changes the directory as well",
    ),
    ("file:/var/log/wtmp", "sshd"),
    ("file:/var/log/lastlog", "pam_lastlog"),
    ("file:/var/log/journal/*/system.journal", "what sshd, sudo and systemd log"),
    ("file:/var/log/journal/*/user-*.journal", "what a user's programs log"),
    ("file:/run/log/journal/*/system.journal", "the same, where the journal is not kept"),
    ("file:/run/systemd/journal/streams", "journald, for the output of the manager of a user"),
    ("file:/run/systemd/journal/streams/*", "journald, for the output of the manager of a user"),
    ("file:/run/systemd/sessions", "logind"),
    ("file:/run/systemd/sessions/*", "logind"),
    ("file:/run/systemd/users", "logind"),
    ("file:/run/systemd/users/*", "logind"),
    ("file:/run/systemd/transient", "systemd, for the scope of a session"),
    ("file:/run/systemd/transient/session-*", "systemd, for the scope of a session"),
    ("file:/run/systemd/units", "systemd, for the scope of a session"),
    ("file:/run/systemd/units/*:session-*", "systemd, for the scope of a session"),
    ("file:/run/systemd/units/*:user@*", "systemd, for the manager of a user"),
    ("file:/run/systemd/units/*:user-runtime-dir@*", "systemd, for the manager of a user"),
    ("file:/run/user", "systemd, for the manager of a user"),
    ("file:/run/user/*", "systemd, for the manager of a user"),
    ("unit:session-*.scope", "logind"),
    ("unit:user-*.slice", "logind"),
    ("unit:user@*.service", "logind"),
    ("unit:user-runtime-dir@*.service", "logind"),
    ("unit:run-user-*.mount", "logind"),
    ("unit:ssh@*.service", "systemd, where it starts an sshd for each connection"),
];

const SPEC: &str = r#"
[tls]
provider = "self-signed"

[nginx]

[well_known]
server_name = "a.example"
server = "matrix.a.example:443"
base_url = "https://matrix.a.example"

[postgres]

[[resource]]
kind = "apt"
name = "tree"

[[resource]]
kind = "group"
name = "crew"

[[resource]]
kind = "user"
name = "sailor"
groups = ["crew"]

[[resource]]
kind = "directory"
name = "/srv/boat"
owner = "sailor"

[[resource]]
kind = "file"
name = "/srv/boat/log"
content = "{{ facts.hostname }}\n"

[[resource]]
kind = "symlink"
name = "/srv/latest"
target = "/srv/boat"

[[resource]]
kind = "cron"
name = "tide"
schedule = "17 4 * * *"
command = "true"

[[resource]]
kind = "command"
name = "anchor"
run = "touch /srv/boat/anchor"
check = "test -e /srv/boat/anchor"
"#;

fn changes_nothing(suite: &str) -> Result<(), Failed> {
    let guest = Guest::blank(&format!("cl-plan-{suite}"), suite);
    let specs = [
        guest.spec("root.toml", "user = \"root\"", SPEC),
        guest.spec("admin.toml", "user = \"admin\"", SPEC),
    ];
    // The first login of a user creates directories of systemd and bash.
    for spec in &specs {
        let ran = guest.on("facts", spec, &[]);
        assert_eq!(ran.status, 0, "{ran}");
    }
    for spec in &specs {
        let before = State::of(&guest);
        let planned = guest.on("plan", spec, &[]);
        assert_eq!(planned.status, 0, "{planned}");
        assert!(planned.stdout.contains("create  apt:tree"), "{planned}");
        before.assert_untouched(&State::of(&guest), "a plan for a blank host");
    }
    guest.apply(&specs[0]);
    for spec in &specs {
        let before = State::of(&guest);
        // Not with `Guest::on`: its audit queries PostgreSQL, which leaves traces.
        let again = guest.matrixform(&["apply", spec.to_str().unwrap(), "--yes"]);
        assert!(again.status == 0 && again.stdout.contains("no changes"), "{again}");
        before.assert_untouched(&State::of(&guest), "an apply without changes");
    }
    guest.down();
    Ok(())
}

/// Where PostgreSQL writes without a client: the transaction log a quarter of a minute after the last change,
/// statistics by autovacuum within a minute. The content of its databases is compared by a dump instead.
const OF_POSTGRESQL: &str = "-path '/var/lib/postgresql/*/main/base' -prune -o -path '/var/lib/postgresql/*/main/global' -prune -o \
    -path '/var/lib/postgresql/*/main/pg_*' -prune -o";

/// Two dumps of the same content differ only in their `restrict` lines. A failed one equals no other.
const DUMP: &str = "! command -v pg_dumpall >/dev/null ||
    { setpriv --reuid postgres --regid postgres --clear-groups pg_dumpall || cat /proc/sys/kernel/random/uuid; } |
    grep -v 'restrict ' | sha256sum | sed 's/^/postgresql: /'";

/// Everything compared, by line; the first word of a line names the item.
struct State(BTreeMap<String, String>);

impl State {
    /// Read from outside, since a login leaves traces.
    fn of(guest: &Guest) -> State {
        let files = format!(
            "find / /run /tmp /var -xdev {OF_POSTGRESQL} -printf 'file:%p %y %m %U:%G %i %s %T@ %C@ %l\\n' 2>/dev/null"
        );
        let packages = "dpkg-query -W -f 'package:${Package} ${Version} ${db:Status-Status}\\n'";
        let units = "systemctl list-units --all --plain --no-legend --full | sed 's/^/unit:/'
            systemctl list-unit-files --no-legend --full | grep -v '\\.scope ' | sed 's/^/unit-file:/'";
        let text = inside(guest, &format!("{DUMP}; {files}; {packages}; {units}"));
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        State(lines.map(|(name, rest)| (name.to_owned(), rest.to_owned())).collect())
    }

    fn assert_untouched(&self, after: &State, by: &str) {
        let names: BTreeSet<&String> = self.0.keys().chain(after.0.keys()).collect();
        let differs = |name: &&&String| self.0.get(**name) != after.0.get(**name);
        let allowed = |name: &str| OF_A_LOGIN.iter().any(|(pattern, _)| fits(pattern, name));
        let touched: Vec<String> = names
            .iter()
            .filter(differs)
            .filter(|name| !allowed(name))
            .map(|name| format!("{name}\n  {:?}\n  {:?}", self.0.get(*name), after.0.get(*name)))
            .collect();
        assert!(touched.is_empty(), "{by} touched:\n{}", touched.join("\n"));
        assert!(self.0.len() > 5_000, "the whole host was looked at");
    }
}

/// Whether a name fits a pattern, in which `*` stands for anything but a `/`.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let end = name.find('/').unwrap_or(name.len());
            (0..=end).any(|at| name.is_char_boundary(at) && fits(rest, &name[at..]))
        }),
    }
}

/// Runs a script in the guest without a login.
fn inside(guest: &Guest, script: &str) -> String {
    let output = Command::new("nsenter")
        .args(["-t", guest.get("LEADER"), "-a", "--", "/bin/sh", "-c", script])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .expect("nsenter: apt-get install util-linux");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
