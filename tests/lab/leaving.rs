//! Resources removed from the spec are removed from the host, and nothing else is: each kind, whole sections, a lost
//! ledger.

use crate::guest::Guest;
use crate::timing;
use libtest_mimic::{Failed, Trial};
use std::path::{Path, PathBuf};

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![timing::trial(
        "leaving::trixie::every_kind_and_section_is_removed",
        every_kind_and_section_is_removed,
    )]
}

/// The part common to all specs: with it, the removed resources are less than half of those managed.
const STAYS: &str = r#"
[postgres]
memory_percent = 5
"#;

const TLS: &str = "[tls]\nprovider = \"self-signed\"\nextra_names = [\"b.example\"]\n\n";

const NGINX: &str = r#"
[nginx]

[[nginx.extra_routes]]
site = "b.example"
path = "/"
to = "127.0.0.1:9000"

"#;

const WELL_KNOWN: &str = r#"
[well_known]
server_name = "a.example"
server = "matrix.a.example:443"
base_url = "https://matrix.a.example"

"#;

/// A resource of each kind that a user may declare.
const RESOURCES: &str = r#"
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

[[resource]]
kind = "directory"
name = "/srv/boat/hold"

[[resource]]
kind = "directory"
name = "/srv/harbour"

[[resource]]
kind = "file"
name = "/srv/boat/hold/log"
content = "calm\n"

[[resource]]
kind = "file"
name = "/etc/motd"
content = "Ahoy.\n"

[[resource]]
kind = "symlink"
name = "/srv/latest"
target = "/srv/boat"

[[resource]]
kind = "file"
name = "/etc/systemd/system/sail.service"
content = "[Service]\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\n"

[[resource]]
kind = "service"
name = "sail.service"
needs = ["file:/etc/systemd/system/sail.service"]

[[resource]]
kind = "cron"
name = "tide"
schedule = "17 4 * * *"
command = "true"

[[resource]]
kind = "postgres_role"
name = "captain"
cluster = "17/main"
password = { secret = "boat/captain" }

[[resource]]
kind = "postgres_database"
name = "logbook"
cluster = "17/main"
owner = "captain"
"#;

struct Host {
    guest: Guest,
}

impl Host {
    fn spec(&self, file: &str, parts: &[&str]) -> PathBuf {
        let body = format!("[secrets]\nfile = \"secrets.toml\"\n{STAYS}\n{}", parts.concat());
        self.guest.spec(file, "user = \"root\"", &body)
    }

    /// Asserts that nothing is left to do.
    fn is_at_rest(&self, spec: &Path) {
        let planned = self.guest.planned(spec);
        assert!(planned.is_empty(), "left: {planned:?}");
    }

    fn is_there(&self, path: &str) -> bool {
        self.guest.try_run(&format!("test -e '{path}' || test -L '{path}'")).2 == 0
    }
}

fn every_kind_and_section_is_removed() -> Result<(), Failed> {
    let host = Host { guest: Guest::blank("t-leaving", "trixie") };
    host.guest.begin_secrets("\"boat/captain\" = \"a captain's word\"\n");
    let whole = host.spec("boat.toml", &[TLS, NGINX, WELL_KNOWN, RESOURCES]);
    host.guest.apply(&whole);
    host.is_at_rest(&whole);
    a_lost_ledger_costs_nothing(&host, &whole);
    kinds(&host);
    a_package_by_name(&host);
    sections(&host);
    a_part(&host);
    host.guest.down();
    Ok(())
}

fn a_lost_ledger_costs_nothing(host: &Host, whole: &Path) {
    let ledger = "/var/lib/matrixform/ledger.json";
    let before = host.guest.run(&format!("cat {ledger}"));
    host.guest.run(&format!("rm {ledger}"));
    host.is_at_rest(whole);
    host.guest.apply(whole);
    let now = host.guest.run(&format!("cat {ledger}"));
    assert_eq!(now.lines().count(), before.lines().count(), "{now}");
    // Facts that were lost with the ledger are not claimed.
    let tree = now.lines().find(|line| line.starts_with("{\"address\":\"apt:tree\""));
    assert!(tree.is_some_and(|line| !line.contains("\"made\"")), "{now}");
    host.guest.run(&format!("cat >{ledger} <<'END'\n{before}END\n"));
    // A ledger in a newer format is not interpreted, and stops an older program.
    host.guest.run(&format!("sed -i 's/^{{\"format\":1/{{\"format\":7/' {ledger}"));
    let ran = host.guest.on("plan", whole, &[]);
    assert!(ran.status == 1 && ran.stderr.contains("format 7"), "{ran}");
    host.guest.run(&format!("sed -i 's/^{{\"format\":7/{{\"format\":1/' {ledger}"));
    host.is_at_rest(whole);
}

fn kinds(host: &Host) {
    // A directory removed from the spec contains a foreign file.
    host.guest.run("touch /srv/harbour/theirs");
    let spec = host.spec("boat.toml", &[TLS, NGINX, WELL_KNOWN]);
    let ran = host.guest.on("plan", &spec, &[]);
    let mut planned = host.guest.planned(&spec);
    planned.sort();
    let expected = [
        "absent:/etc/cron.d/tide",
        "absent:/etc/systemd/system/sail.service",
        "absent:/srv/boat",
        "absent:/srv/boat/hold",
        "absent:/srv/boat/hold/log",
        "absent:/srv/latest",
        "service:sail.service",
    ];
    assert_eq!(planned, expected, "{ran}");
    for left in [
        "/srv/harbour is kept: it is not empty",
        "file:/etc/motd: rm /etc/motd",
        "user:sailor: deluser sailor",
        "group:crew: delgroup crew",
        "postgres_role:captain: runuser -u postgres -- dropuser captain",
        "postgres_database:logbook: runuser -u postgres -- dropdb logbook",
        "apt:tree: matrixform apply SPEC --allow destroy:apt:tree",
    ] {
        assert!(ran.stdout.contains(left), "{left}\n{ran}");
    }
    // A running service is not stopped because it is omitted.
    let refused = host.guest.on("apply", &spec, &["--yes"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("--allow destroy:service:sail.service"), "{refused}");
    assert!(host.is_there("/srv/latest"), "nothing was changed");
    let allowed = ["--yes", "--allow", "destroy:service:sail.service"];
    let applied = host.guest.on("apply", &spec, &allowed);
    assert_eq!(applied.status, 0, "{applied}");
    for path in ["/srv/boat", "/srv/latest", "/etc/cron.d/tide"] {
        assert!(!host.is_there(path), "{path} is still there");
    }
    for path in ["/srv/harbour/theirs", "/etc/motd", "/usr/bin/tree"] {
        assert!(host.is_there(path), "{path} is gone");
    }
    host.guest.run("id sailor && getent group crew && ! systemctl is-active sail.service");
    let roles = "runuser -u postgres -- psql -Atc \"select rolname from pg_roles where rolname = 'captain'\"";
    assert_eq!(host.guest.run(roles).trim(), "captain");
    host.is_at_rest(&spec);
}

/// A package is removed when it is named, and takes no other with it.
fn a_package_by_name(host: &Host) {
    let spec = host.spec("boat.toml", &[TLS, NGINX, WELL_KNOWN]);
    let allowed = ["--yes", "--allow", "destroy:apt:tree"];
    let applied = host.guest.on("apply", &spec, &allowed);
    assert_eq!(applied.status, 0, "{applied}");
    assert!(!host.is_there("/usr/bin/tree"), "{applied}");
    host.is_at_rest(&spec);
    let again = host.guest.on("apply", &spec, &allowed);
    assert_eq!(again.status, 0, "{again}");
    assert!(again.stdout.contains("has no effect"), "{again}");
}

fn sections(host: &Host) {
    let spec = host.spec("boat.toml", &[TLS, NGINX]);
    let planned = host.guest.planned(&spec);
    assert!(planned.contains(&"absent:/etc/matrixform/well-known".to_owned()), "{planned:?}");
    assert!(planned.contains(&"service:nginx.service".to_owned()), "it reloads: {planned:?}");
    host.guest.apply(&spec);
    assert!(!host.is_there("/etc/matrixform/well-known"));
    host.is_at_rest(&spec);
    let spec = host.spec("boat.toml", &[]);
    let refused = host.guest.on("apply", &spec, &["--yes"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("--allow destroy:service:nginx.service"), "{refused}");
    let planned = host.guest.planned(&spec);
    let allow: Vec<String> = planned.iter().map(|one| format!("--allow=destroy:{one}")).collect();
    let words: Vec<&str> =
        std::iter::once("--yes").chain(allow.iter().map(String::as_str)).collect();
    let applied = host.guest.on("apply", &spec, &words);
    assert_eq!(applied.status, 0, "{applied}");
    host.guest.run("! systemctl is-active nginx && ! systemctl is-enabled nginx && systemctl is-active postgresql");
    for path in ["/etc/nginx/matrixform", "/etc/nginx/conf.d/matrixform.conf"] {
        assert!(!host.is_there(path), "{path} is still there");
    }
    assert!(host.is_there("/etc/nginx/nginx.conf"), "the package's own");
    host.is_at_rest(&spec);
    // And back again.
    let whole = host.spec("boat.toml", &[TLS, NGINX, WELL_KNOWN]);
    host.guest.apply(&whole);
    host.is_at_rest(&whole);
}

/// A selected part of the spec takes effect completely, and the rest stays to be done.
fn a_part(host: &Host) {
    let route = NGINX.replace(":9000", ":9001");
    let document = WELL_KNOWN.replace("matrix.a.example:443", "matrix.a.example:8448");
    let spec = host.spec("boat.toml", &[TLS, &route, &document, RESOURCES]);
    let nginx = ["--yes", "--only", "nginx"];
    let applied = host.guest.on("apply", &spec, &nginx);
    assert_eq!(applied.status, 0, "{applied}");
    assert!(applied.stdout.contains("skipped"), "{applied}");
    host.guest.run("nginx -T 2>/dev/null | grep -q 127.0.0.1:9001");
    assert!(!host.is_there("/srv/boat"), "{applied}");
    let again = host.guest.on("apply", &spec, &nginx);
    assert!(again.stdout.contains("no changes"), "{again}");
    let left = host.guest.planned(&spec);
    assert!(left.contains(&"directory:/srv/boat".to_owned()), "{left:?}");
    assert!(!left.contains(&"service:nginx.service".to_owned()), "{left:?}");
}
