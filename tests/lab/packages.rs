//! Synapse from an apt repository: packages shaped like those of packages.matrix.org, with their scripts, conffiles and
//! unit, and the real program inside; built, signed and served by the host. Also packages shaped like a distribution's,
//! from a repository that apt already knows.

use crate::guest::{Guest, Ran};
use crate::{seed, timing};
use libtest_mimic::{Failed, Trial};

type Run = fn() -> Result<(), Failed>;

/// The trials of this file, of which a run draws one.
pub(crate) fn trials() -> Vec<Trial> {
    let all: [(&str, Run); 2] = [
        ("packages::from_a_signed_repository", from_a_signed_repository),
        ("packages::from_the_distribution", from_the_distribution),
    ];
    let drawn = seed::sample(&all, 1, "packages");
    drawn.into_iter().map(|(name, run)| timing::trial(*name, *run)).collect()
}

const REPOSITORY: &str = include_str!("packages/repository.sh");

const UNIT: &str = "systemctl show -p InvocationID matrix-synapse";

struct Host {
    guest: Guest,
    fingerprint: String,
}

impl Host {
    fn new(name: &str, suite: &str, shape: &str) -> Host {
        let guest = Guest::blank(name, suite);
        guest.begin_secrets("");
        let script = REPOSITORY.replace('\'', r"'\''");
        guest.run(&format!("printf %s '{script}' >/root/repository.sh"));
        let output = guest.run(&format!("sh /root/repository.sh {suite} {shape}"));
        Host { guest, fingerprint: output.trim().to_owned() }
    }

    fn spec(&self, version: &str, fingerprint: &str) -> std::path::PathBuf {
        let text = format!(
            "[secrets]\nfile = \"secrets.toml\"\n\n[postgres]\nmemory_percent = 5\n\n\
            [synapse]\nserver_name = \"pk.test\"\nsource = \"matrix.org\"\nversion = \"{version}\"\n\
            repository = {{ url = \"http://127.0.0.1:8100/\", key_url = \"http://127.0.0.1:8100/key.gpg\", \
            fingerprint = \"{fingerprint}\" }}\n"
        );
        self.guest.spec(&format!("{version}.toml"), "user = \"root\"", &text)
    }

    fn try_apply(&self, spec: &std::path::Path) -> Ran {
        self.guest.on("apply", spec, &["--yes"])
    }

    fn installed(&self) -> String {
        let (output, _, _) =
            self.guest.try_run("dpkg-query -W -f '${Version}' matrix-synapse-py3 2>/dev/null");
        output.trim().to_owned()
    }

    /// The key that it signs with, as served and as on disk.
    fn identity(&self) -> (String, String) {
        let served = self.guest.run(
            "curl -s http://127.0.0.1:8008/_matrix/key/v2/server | sed 's/.*\"verify_keys\":{\"\\([^\"]*\\)\".*/\\1/'",
        );
        let on_disk = self.guest.run("sed 's/ed25519 \\([^ ]*\\) .*/ed25519:\\1/' /etc/matrix-synapse/homeserver.signing.key");
        (served.trim().to_owned(), on_disk.trim().to_owned())
    }
}

fn from_a_signed_repository() -> Result<(), Failed> {
    let host = Host::new("t-packages", "trixie", "matrix.org");
    another_key_is_refused(&host);
    first_installation(&host);
    a_pin_holds_and_upgrades_are_unattended(&host);
    host.guest.down();
    Ok(())
}

/// No current Debian has the package, and Ubuntu's is too old to be configured safely.
fn from_the_distribution() -> Result<(), Failed> {
    let host = Host::new("t-distro", "trixie", "distro");
    let guest = &host.guest;
    guest.run(
        "printf 'deb [signed-by=/srv/repository/key.gpg] http://127.0.0.1:8100 trixie main\\n' \
            >/etc/apt/sources.list.d/distribution.list; apt-get -qq update",
    );
    let spec = guest.spec(
        "distro.toml",
        "user = \"root\"",
        "[secrets]\nfile = \"secrets.toml\"\n\n[postgres]\nmemory_percent = 5\n\n\
        [synapse]\nserver_name = \"di.test\"\nsource = \"distro\"\n",
    );
    let planned = guest.planned(&spec);
    assert!(planned.iter().any(|one| one == "apt:matrix-synapse"), "{planned:?}");
    guest.apply(&spec);
    assert!(guest.planned(&spec).is_empty());
    assert_eq!(guest.run("ls /etc/apt/sources.list.d | grep -c matrix || true"), "0\n");
    assert_eq!(guest.run("ls /var/lib/matrix-synapse"), "media\n", "no database of its own");
    let (served, on_disk) = host.identity();
    assert!(served.starts_with("ed25519:") && served == on_disk, "{served} {on_disk}");
    guest.run("rm /etc/matrix-synapse/conf.d/*matrixform*");
    assert!(!guest.planned(&spec).is_empty());
    guest.apply(&spec);
    assert!(guest.planned(&spec).is_empty());
    guest.down();
    Ok(())
}

fn another_key_is_refused(host: &Host) {
    let other = host.spec("1.163.1", &"A1".repeat(20));
    let ran = host.try_apply(&other);
    assert!(ran.status != 0 && ran.stderr.contains("fingerprint"), "{ran}");
    assert_eq!(host.installed(), "");
    let trusted =
        "cat /etc/apt/sources.list.d/matrix-org.sources /etc/apt/keyrings/* 2>/dev/null | wc -c";
    assert_eq!(host.guest.run(trusted), "0\n", "apt never saw it");
}

/// Not started before its configuration is in place, so it creates no identity and no database of its own.
fn first_installation(host: &Host) {
    let spec = host.spec("1.163.1", &host.fingerprint);
    let planned = host.guest.planned(&spec);
    assert!(planned.iter().any(|one| one == "apt:matrix-synapse-py3"), "{planned:?}");
    host.guest.apply(&spec);
    assert_eq!(
        host.installed(),
        "1.163.1+trixie1",
        "not the newest one, but the one that was asked for"
    );
    let starts = host
        .guest
        .run("journalctl -u matrix-synapse -o cat | grep -c '^Start\\(ed\\|ing\\) ' || true");
    let starts: u32 = starts.trim().parse().expect("a number");
    assert!(starts <= 2, "started once: {starts}");
    assert_eq!(host.guest.run("ls /var/lib/matrix-synapse"), "media\n", "no database of its own");
    let (served, on_disk) = host.identity();
    assert_eq!(served, on_disk);
    let stored =
        std::fs::read_to_string(host.guest.home.path().join("secrets.toml")).expect("secrets");
    let id = served.strip_prefix("ed25519:").expect("an id");
    assert!(stored.contains(id), "the key of the store: {id}");
    assert_eq!(
        host.guest.run("dpkg --verify matrix-synapse-py3 | grep -v __pycache__ || true"),
        ""
    );
    assert!(host.guest.planned(&spec).is_empty());
    let ssl = "runuser -u postgres -- psql -XAtc \"select bool_and(ssl) from pg_stat_ssl join pg_stat_activity \
        using (pid) where usename = 'synapse_user'\"";
    assert_eq!(host.guest.run(ssl), "t\n");
}

fn a_pin_holds_and_upgrades_are_unattended(host: &Host) {
    let simulated = host.guest.run("apt-get -qq update; apt-get -s dist-upgrade");
    assert!(!simulated.contains("Inst matrix-synapse-py3"), "pinned: {simulated}");
    let (before, identity) = (host.guest.run(UNIT), host.identity());
    let conf = "find /etc/matrix-synapse -name '*matrixform*' -exec sha256sum {} +; cat /etc/matrix-synapse/conf.d/server_name.yaml";
    let ours = host.guest.run(conf);
    let spec = host.spec("1.163.2", &host.fingerprint);
    assert!(host.guest.planned(&spec).iter().any(|one| one == "apt:matrix-synapse-py3"));
    host.guest.apply(&spec);
    assert_eq!(host.installed(), "1.163.2+trixie1");
    assert_ne!(host.guest.run(UNIT), before, "the new program runs");
    assert_eq!((host.identity(), host.guest.run(conf)), (identity, ours));
    // The package keeps its conffiles: the new ones were installed without a question.
    assert_eq!(
        host.guest.run("head -n 1 /etc/matrix-synapse/homeserver.yaml"),
        "# of version 1.163.2+trixie1\n"
    );
    assert_eq!(host.guest.run("find /etc/matrix-synapse -name '*.dpkg-*'"), "");
    assert!(host.guest.planned(&spec).is_empty());
    // A restart lost after the installation, since the unit is masked, is found.
    host.guest.run(
        "systemctl --quiet --runtime mask matrix-synapse
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --reinstall matrix-synapse-py3
        systemctl --quiet --runtime unmask matrix-synapse",
    );
    assert_eq!(host.guest.planned(&spec), ["service:matrix-synapse.service"]);
    host.guest.apply(&spec);
    assert!(host.guest.planned(&spec).is_empty());
    // A downgrade is refused before any change.
    let ran = host.try_apply(&host.spec("1.163.1", &host.fingerprint));
    assert!(ran.status != 0 && host.installed() == "1.163.2+trixie1", "{ran}");
}
