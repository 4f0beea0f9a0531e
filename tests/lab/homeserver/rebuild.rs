//! A homeserver that is lost comes back on a blank host of a newer release, from a backup and from an empty home: rows, media,
//! sessions and identity. The first run is cut in the middle. Clients that hold positions from the time that was lost get
//! what is sent afterwards (docs/decisions/rebuild.md).

mod encrypted;
mod people;

use super::host::{Homeserver, spec_with};
use crate::guest::{Guest, Ran};
use encrypted::Encrypted;
use people::People;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const ADDED: &str = r#"[[accept]]
id = "MF368"
reason = "a trial"

[backup]
paths = ["/srv/bridge"]

[[backup.repositories]]
name = "disk"
url = "/srv/lost"
password = { secret = "backup/lost" }

[tls]"#;

const SECRET: &str = "\"backup/lost\" = \"CANARY-lost-7Hq\"\n";

const AGREED: [&str; 3] = ["--yes", "--old-server", "destroyed"];

/// Rows of each table, in a database.
const ROWS: &str = "psql() { (cd /; runuser -u postgres -- psql -XAtq \"$@\"); }
    psql DATABASE -c \"select format('select %L, count(*) from %I.%I', tablename, schemaname, tablename) from pg_tables
        where schemaname = 'public' order by 1\" | sed 's/$/;/' | psql DATABASE";

/// Local media, with their owner.
const MEDIA: &str =
    "cd /var/lib/matrix-synapse/media; find . -path './local_*' -type f | sort | xargs sha256sum
    find . -path './local_*' '(' ! -user matrix-synapse -o ! -group matrix-synapse ')'";

/// A step on whose account the client is killed: what the host has begun it ends by itself.
const MOMENT: &str = "restoring keys, registrations";

pub(super) fn a_lost_server_comes_back(lost: &Homeserver) {
    let secrets = lost.guest.home.path().join("secrets.toml");
    let before = std::fs::read_to_string(&secrets).expect("a store");
    std::fs::write(&secrets, format!("{before}\n{SECRET}")).expect("a store");
    let key = lost.guest.run("cut -d ' ' -f 2 /etc/matrix-synapse/homeserver.signing.key");
    let text = text(&lost.guest.run("cat /var/lib/matrixform/installation"));
    let spec = lost.spec("lost.toml", &text);
    // The trial waits for it alone: its machine has others at work.
    lost.guest.run(
        "mkdir -p /run/systemd/system/matrixform-backup.service.d
        printf '[Service]\\nNice=0\\nCPUWeight=100\\nIOWeight=100\\nIOSchedulingClass=best-effort\\n' \\
            >/run/systemd/system/matrixform-backup.service.d/trial.conf; systemctl daemon-reload",
    );
    lost.guest.run(
        "mkdir -m 0750 /srv/bridge && mkdir /srv/bridge/data && echo state >/srv/bridge/data/state && useradd -r bridge && chown -R bridge: /srv/bridge
        printf 'id: irc\\n' >/etc/matrix-synapse/irc.yaml && chown matrix-synapse: /etc/matrix-synapse/irc.yaml && chmod 0640 /etc/matrix-synapse/irc.yaml",
    );
    lost.guest.apply(&spec);
    let people = People::arrive(lost);
    let mut encrypted = Encrypted::arrive(lost);
    people.say(lost, "before");
    lost.guest.run("systemctl stop matrix-synapse");
    let ran = on(&lost.guest, &["backup", "now"], &spec, &[], 0);
    assert!(ran.stderr.contains("disk: saved as snapshot"), "{ran}");
    let (rows, media) =
        (lost.guest.run(&ROWS.replace("DATABASE", "synapse")), lost.guest.run(MEDIA));
    assert!(media.lines().count() >= 3, "{media}");
    lost.guest.run("systemctl start matrix-synapse");
    let positions = people.in_the_time_that_is_lost(lost);
    encrypted.in_the_time_that_is_lost(lost);
    let refused = on(&lost.guest, &["rebuild"], &spec, &["--yes"], 1);
    assert!(refused.stderr.contains("live database of hs.test"), "{refused}");
    let new = Homeserver { spec: PathBuf::new(), guest: Guest::blank("t-hs-rebuild", "trixie") };
    let new = Homeserver { spec: new.spec("lost.toml", &text), ..new };
    std::fs::copy(&secrets, new.guest.home.path().join("secrets.toml")).expect("a copy");
    carry(&lost.guest, &new.guest);
    new.guest.run("useradd -r other; useradd -r bridge");
    what_is_refused_first(&new, lost.guest.get("ADDRESS4"));
    lost.guest.run("systemctl stop matrix-synapse nginx");
    what_is_shown_first(
        &new,
        media.lines().filter(|line| line.contains("./local_content/")).count(),
    );
    cut_in_the_middle(&new, &rows);
    let ran = on(&new.guest, &["rebuild"], &new.spec, &AGREED, 0);
    assert!(ran.stdout.contains("done  restore the database"), "{ran}");
    assert!(ran.stderr.contains("can be used again"), "{ran}");

    assert_eq!(new.guest.run(MEDIA), media);
    assert_eq!(new.guest.run("cut -d ' ' -f 2 /etc/matrix-synapse/homeserver.signing.key"), key);
    assert_eq!(
        new.guest.run(
            "stat -c '%U:%G %a' /srv/bridge /srv/bridge/data/state /etc/matrix-synapse/irc.yaml"
        ),
        "bridge:bridge 750\nbridge:bridge 644\nmatrix-synapse:matrix-synapse 640\n"
    );
    let low = "select count(*) from pg_sequences where sequencename ~ 'stream|inbox|lists|txn|receipts|position'
        and sequencename !~ 'backfill' and (last_value is null or last_value < extract(epoch from now()) - 3600)";
    assert_eq!(new.sql(low), "0\n");
    assert_eq!(new.sql("select count(*) from e2e_one_time_keys_json"), "0\n");
    assert_eq!(new.sql("select count(*) from e2e_fallback_keys_json where not used"), "0\n");
    people.after(&new, &positions);
    encrypted.after(&new);
    assert!(new.guest.planned(&new.spec).is_empty());
    let left = "ls -A /var/spool/matrixform-rebuild /var/lib/matrixform/rebuild /run/matrixform/rebuild 2>/dev/null
        find / -xdev -name '*matrixform-rebuild*' -not -path '/proc/*' -not -path '/run/log/*' 2>/dev/null";
    assert_eq!(new.guest.try_run(left).0, "");
    let log = new.guest.run("journalctl --no-pager -o cat; cat /var/lib/matrixform/history.jsonl");
    assert!(!log.contains("CANARY") && !log.contains("from the future"), "a secret, or a position");
    let history = new.guest.on("history", &new.spec, &["--format", "json"]);
    assert!(
        history.stdout.contains(", the old server destroyed")
            && history.stdout.contains("backup now"),
        "{history}"
    );
    let refused = on(&new.guest, &["rebuild"], &new.spec, &["--yes"], 1);
    assert!(refused.stderr.contains("live database of hs.test"), "{refused}");
    new.guest.down();
    as_it_was(lost, &before);
}

/// The spec, with sessions that outlive the trial, and the server's recorded identity.
fn text(installation: &str) -> String {
    let identity = installation.lines().find_map(|line| line.strip_prefix("identity="));
    let identity = identity.expect("an identity");
    let name = "server_name = \"hs.test\"";
    let text = spec_with("[tls]", ADDED).replacen("lifetime = \"1m\"", "lifetime = \"1d\"", 1);
    text.replacen(name, &format!("{name}\nidentity = \"{identity}\""), 1)
}

/// `matrixform WORDS SPEC MORE`, which ends with this status.
fn on(guest: &Guest, words: &[&str], spec: &Path, more: &[&str], status: i32) -> Ran {
    let spec = spec.to_str().expect("a UTF-8 path");
    let ran = guest.matrixform(&[words, &[spec], more].concat());
    assert_eq!(ran.status, status, "{words:?} {more:?}: {ran}");
    ran
}

/// The repository goes to the new host, as one on a volume or a server would be there.
fn carry(from: &Guest, to: &Guest) {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lab/lab");
    let ssh = |name: &str, script: &str| {
        let mut command = Command::new(&lab);
        command.args(["ssh", name, script]);
        command
    };
    let mut read = ssh(&from.name, "tar -C /srv -c lost").stdout(Stdio::piped()).spawn().unwrap();
    let pipe = read.stdout.take().expect("a pipe");
    let written = ssh(&to.name, "tar -C /srv -x").stdin(pipe).status().expect("the lab can be run");
    assert!(written.success() && read.wait().unwrap().success(), "the repository was not copied");
}

/// What the old server still is, and what the user says of it.
fn what_is_refused_first(new: &Homeserver, old: &str) {
    let refused = on(&new.guest, &["apply"], &new.spec, &["--yes"], 1);
    assert!(refused.stderr.contains("on record as an existing"), "{refused}");
    let refused = |more: &[&str], why: &str| {
        let ran = on(&new.guest, &["rebuild"], &new.spec, more, 1);
        assert!(ran.stderr.contains(why), "{more:?}: {ran}");
    };
    let answers = format!("still answers with this server's key at {old}");
    refused(&["--yes", "--also", old], &answers);
    refused(&["--yes", "--also", old, "--old-server", "destroyed"], &answers);
    refused(&["--yes"], "say what became of the old server");
    refused(&[], "say what became of the old server");
    let touched = new.guest.try_run("command -v restic || [ -e /var/lib/matrixform ]");
    assert_ne!(touched.2, 0, "nothing was touched: {touched:?}");
}

fn what_is_shown_first(new: &Homeserver, files: usize) {
    let said = ["--old-server", "destroyed"];
    let wrong = [&said[..], &["--snapshot", "00000000"]].concat();
    let wrong = on(&new.guest, &["rebuild"], &new.spec, &wrong, 1);
    assert!(wrong.stderr.contains("has no snapshot 00000000"), "{wrong}");
    let unasked = on(&new.guest, &["rebuild"], &new.spec, &said, 1);
    let files = format!("{files} files");
    assert!(unasked.stdout.contains(&files) && unasked.stderr.contains("--yes"), "{unasked}");
    let packages =
        new.guest.run("dpkg-query -W -f '${Package}\\n' | grep -cE '^(postgresql|nginx)' || :");
    assert_eq!(packages, "0\n", "nothing but restic is there");
}

/// The client is killed; the host keeps Synapse from starting, no apply goes on, and the database is whole, under another name.
fn cut_in_the_middle(new: &Homeserver, rows: &str) {
    let mut client = begin(new);
    client.kill().expect("it can be killed");
    client.wait().expect("it ends");
    let held = "[ -e /var/lib/matrixform/rebuild/hold ] && grep -q AssertPathExists /etc/systemd/system/matrix-synapse.service.d/*";
    new.guest.run(held);
    let refused = on(&new.guest, &["apply"], &new.spec, &["--yes"], 1);
    assert!(refused.stderr.contains("rebuild of this host was interrupted"), "{refused}");
    new.guest.run(
        "printf '[Service]\\nExecStart=/bin/touch /tmp/started\\n' >/run/systemd/system/matrix-synapse.service
        systemctl daemon-reload; systemctl start matrix-synapse; rm /run/systemd/system/matrix-synapse.service; systemctl daemon-reload",
    );
    assert_ne!(new.guest.try_run("test -e /tmp/started").2, 0, "it must not start");
    let seen = new.guest.run(&ROWS.replace("DATABASE", "matrixform_rebuild"));
    let differing: Vec<(&str, &str)> =
        rows.lines().zip(seen.lines()).filter(|(was, is)| was != is).collect();
    assert_eq!(rows.lines().count(), seen.lines().count());
    assert!(
        differing.iter().all(|(was, _)| was.starts_with("e2e_one_time_keys_json|")),
        "{differing:?}"
    );
    let other = ["--wait", "--snapshot", "00000000"];
    let other = on(&new.guest, &["rebuild"], &new.spec, &other, 1);
    assert!(other.stderr.contains("not another one"), "{other}");
}

/// Rebuilds until the step is under way.
fn begin(new: &Homeserver) -> Child {
    let mut command = new.guest.command();
    command.arg("rebuild").arg(&new.spec).args(AGREED).args(["--log-format", "json"]);
    let mut client = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(client.stderr.take().unwrap()).lines();
    let mut seen = Vec::new();
    for line in lines.by_ref() {
        let line = line.unwrap();
        if line.contains(MOMENT) {
            return client;
        }
        seen.push(line);
    }
    let _ = client.wait();
    panic!("it never was at {MOMENT:?}:\n{}", seen.join("\n"));
}

/// Nothing of it stays on the host that other trials share.
fn as_it_was(lost: &Homeserver, secrets: &str) {
    let guest = &lost.guest;
    let allow =
        ["apt:restic", "service:matrixform-backup.timer", "service:matrixform-backup-check.timer"];
    let allow: Vec<String> =
        allow.iter().map(|address| format!("--allow=destroy:{address}")).collect();
    let words: Vec<&str> = allow.iter().map(String::as_str).chain(["--yes"]).collect();
    let ran = guest.on("apply", &lost.spec, &words);
    assert_eq!(ran.status, 0, "{ran}");
    std::fs::write(guest.home.path().join("secrets.toml"), secrets).expect("a store");
    guest.run(
        "rm -rf /etc/matrixform/backup /srv/lost /srv/bridge /var/cache/matrixform-backup /var/lib/matrixform/backup /var/spool/matrixform-backup
        rm -r /etc/matrix-synapse/irc.yaml /run/systemd/system/matrixform-backup.service.d; systemctl daemon-reload; userdel bridge",
    );
    assert!(guest.planned(&lost.spec).is_empty());
}
