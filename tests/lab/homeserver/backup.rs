//! Backups on a real homeserver: to a directory, and over the network to a server where the host may only add.

mod broken;
mod pruned;

use super::accounts::{good, name};
use super::host::{Homeserver, spec_with};
use super::talk::{PASSWORD, with_password};
use crate::canary::{Canary, Watcher};
use crate::guest::Ran;
use serde_json::{Value, json};
use std::path::PathBuf;

const ADDED: &str = r#"[[accept]]
id = "MF368"
reason = "a trial"

[[accept]]
id = "MF373"
reason = "a trial"

[backup]
ping = { secret = "backup/ping" }

[[backup.repositories]]
name = "disk"
url = "/srv/backup"
password = { secret = "backup/disk" }

[[backup.repositories]]
name = "away"
url = "rest:http://127.0.0.1:8100/prod/"
user = "prod"
user_password = { secret = "backup/login" }
password = { secret = "backup/away" }

[backup.repositories.prune]
url = "rest:http://ADDRESS:8102/prod/"
user = "keeper"
user_password = { secret = "backup/keeper" }

[tls]"#;

/// The secrets of the trial, unique for each host: their watcher sees the whole machine, where the same trial runs for
/// another suite. The login contains characters that a URL must encode.
fn secrets_of(host: &str) -> [(&'static str, String); 5] {
    [
        ("backup/disk", format!("CANARY-disk-8Yq2-{host}")),
        ("backup/away", format!("CANARY-away-{host} 'q' $HOME \"5\"")),
        ("backup/login", format!("CANARY/login:@?9-{host}")),
        ("backup/ping", format!("http://127.0.0.1:8101/CANARY-ping-{host}?create=1")),
        ("backup/keeper", format!("CANARY-keeper-4Jw7-{host}")),
    ]
}

/// An append-only server of restic's protocol, and one that receives pings.
const SERVERS: &str = r#"command -v rclone >/dev/null || apt-get -qq install -y --no-install-recommends rclone >/dev/null
mkdir -p /srv/away
# Users of this host wait for the trial alone: its machine has other trials at work.
for unit in matrixform-backup matrixform-backup-check; do
    mkdir -p /run/systemd/system/$unit.service.d
    printf '[Service]\nNice=0\nCPUWeight=100\nIOWeight=100\nIOSchedulingClass=best-effort\n' \
        >/run/systemd/system/$unit.service.d/trial.conf
done
systemctl daemon-reload
printf 'prod:%s\n' "$(openssl passwd -apr1 'CANARY/login:@?9-HOST')" >/srv/users
systemd-run -q --unit away rclone serve restic --append-only --htpasswd /srv/users --addr 127.0.0.1:8100 /srv/away
systemd-run -q --unit pings -p StandardOutput=file:/tmp/pings -p StandardError=null python3 -u -c 'import http.server as s
class H(s.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print(self.path, body.decode(), flush=True)
        self.send_response(200)
        self.end_headers()
s.HTTPServer(("127.0.0.1", 8101), H).serve_forever()'
for _ in $(seq 100); do ss -Hltn 'sport = :8100' | grep -q . && ss -Hltn 'sport = :8101' | grep -q . && break; sleep 0.1; done"#;

struct Trial<'a> {
    host: &'a Homeserver,
    spec: PathBuf,
}

impl Trial<'_> {
    fn backup(&self, words: &[&str], status: i32) -> Ran {
        let spec = self.spec.to_str().expect("a UTF-8 path");
        let (verb, rest) = words.split_first().expect("a verb");
        let ran = self.host.guest.matrixform(&[&["backup", verb, spec], rest].concat());
        assert_eq!(ran.status, status, "backup {words:?}: {ran}");
        ran
    }

    /// The snapshots of a repository.
    fn snapshots(&self, repository: &str) -> Vec<Value> {
        let ran = self.backup(&["list", "--format", "json"], 0);
        let all: Vec<Value> = serde_json::from_str(&ran.stdout).expect("JSON");
        let found = all.into_iter().find(|one| one["repository"] == repository);
        found.expect("a repository")["snapshots"].as_array().expect("a list").clone()
    }

    fn plan(&self) -> Ran {
        let ran = self.host.guest.on("plan", &self.spec, &[]);
        assert_eq!(ran.status, 0, "{ran}");
        ran
    }

    fn run(&self, script: &str) -> String {
        self.host.guest.run(script)
    }

    /// The value of a secret in the trial.
    fn secret(&self, name: &str) -> String {
        let all = secrets_of(&self.host.guest.name);
        all.into_iter().find(|(one, _)| *one == name).expect("a secret of the trial").1
    }

    /// The restic command line that the host itself could use.
    fn restic_away(&self) -> String {
        format!(
            "cd /; export RESTIC_PASSWORD_FILE=/etc/matrixform/backup/away.password RESTIC_CACHE_DIR=/tmp/cache \
             RESTIC_REPOSITORY='rest:http://prod:CANARY%2Flogin%3A%40%3F9-{}@127.0.0.1:8100/prod/'; restic",
            self.host.guest.name
        )
    }
}

pub(super) fn backups_are_made_checked_and_restored(host: &Homeserver) {
    let own = secrets_of(&host.guest.name);
    host.guest.run(&SERVERS.replace("HOST", &host.guest.name));
    let secrets = host.guest.home.path().join("secrets.toml");
    let before = std::fs::read_to_string(&secrets).expect("a store");
    let added = own.each_ref().map(|(name, value)| format!("{name:?} = {value:?}\n")).concat();
    std::fs::write(&secrets, format!("{before}\n{added}")).expect("a store");
    let added = ADDED.replace("ADDRESS", host.guest.get("ADDRESS4"));
    let spec = host.spec("backup.toml", &spec_with("[tls]", &added));
    let trial = Trial { host, spec };
    host.guest.apply(&trial.spec);
    assert!(host.guest.planned(&trial.spec).is_empty());
    let (path, uploaded) = with_content(host);

    let canaries: Vec<Canary> = own.iter().map(|(name, value)| Canary::new(name, value)).collect();
    let watcher = Watcher::start(&canaries, "matrixform", Vec::new(), None);
    let ran = trial.backup(&["now"], 0);
    assert!(
        ran.stderr.contains("disk: saved as snapshot")
            && ran.stderr.contains("away: saved as snapshot"),
        "{ran}"
    );
    assert!(
        ran.stderr.contains("dumping the database") && ran.stderr.contains("reading the dump back"),
        "what it does is shown: {ran}"
    );
    let seen = watcher.end();
    assert!(seen.leaks.is_empty(), "{:#?}", seen.leaks);
    assert_eq!(
        trial.run("find /var/spool/matrixform-backup -mindepth 1"),
        "",
        "the dump does not stay"
    );
    let pings = trial.run("cat /tmp/pings");
    let pings: Vec<&str> = pings.lines().map(str::trim_end).collect();
    let ping = format!("/CANARY-ping-{}", host.guest.name);
    assert_eq!(pings, [format!("{ping}/start?create=1"), format!("{ping}?create=1")]);

    a_backup_is_complete(&trial, &path, &uploaded);
    restores_go_only_to_safe_directories(&trial);
    a_further_backup_is_small(&trial);
    the_host_cannot_delete(&trial);
    a_wrong_password_affects_only_its_repository(&trial);
    no_incomplete_backup_is_saved(&trial);
    broken::a_truncated_dump_is_not_saved(&trial);
    broken::a_disk_that_is_too_small_is_reported(&trial);
    broken::a_link_in_place_of_media_is_not_saved(&trial);
    broken::an_interrupted_backup_is_followed_by_a_complete_one(&trial);
    checks_detect_missing_data(&trial);
    pruned::pruning_needs_credentials_the_host_lacks(&trial);

    let log = trial.run("journalctl --no-pager -o cat; cat /var/lib/matrixform/history.jsonl");
    for (name, value) in secrets_of(&trial.host.guest.name) {
        assert!(!log.contains(&value), "{name} is in a log");
    }
    assert!(log.contains("backup now") && log.contains("backup restore"));
    taken_back(&trial, &before);
}

/// Creates a user, a room and a media file; returns its path on the host and its content.
fn with_content(host: &Homeserver) -> (String, Vec<u8>) {
    let ada = name(host, "saved");
    good(host, &["users", "add"], &[&ada], PASSWORD);
    let login = host.asks("POST", "/_matrix/client/v3/login", None, &with_password(&ada, PASSWORD));
    let token = login["access_token"].as_str();
    host.asks("POST", "/_matrix/client/v3/createRoom", token, &json!({"name": "kept"}));
    let bytes: Vec<u8> =
        (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let (status, body) = host.ask("POST", "/_matrix/media/v3/upload?filename=a", token, &bytes);
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    let path = host
        .guest
        .run("find /var/lib/matrix-synapse/media/local_content -type f -size 200000c | head -n 1");
    (path.trim().to_owned(), bytes)
}

fn a_backup_is_complete(trial: &Trial<'_>, medium: &str, uploaded: &[u8]) {
    let sql = |query: &str| trial.host.sql(query).trim().to_owned();
    for repository in ["disk", "away"] {
        let snapshots = trial.snapshots(repository);
        assert_eq!(snapshots.len(), 1, "{repository}: {snapshots:?}");
        assert_eq!(snapshots[0]["counts"]["users"].to_string(), sql("select count(*) from users"));
    }
    let spool = "/var/spool/matrixform-backup";
    let ran = trial
        .backup(&["restore", "--path", spool, "--to", "/root/back", "--repository", "away"], 0);
    assert!(ran.stderr.contains("restored 2 files"), "{ran}");
    assert_eq!(trial.run("stat -c '%a %U' /root/back"), "700 root\n");
    let manifest = trial.run(&format!("cat /root/back{spool}/manifest.json"));
    let manifest: Value =
        serde_json::from_str(&manifest).unwrap_or_else(|why| panic!("{why}: {manifest}"));
    assert_eq!((&manifest["format"], &manifest["server_name"]), (&json!(1), &json!("hs.test")));
    let key = trial.run("cut -d ' ' -f 2 /etc/matrix-synapse/homeserver.signing.key");
    assert_eq!(manifest["signing_key"], format!("ed25519:{}", key.trim()));
    for known in ["installation", "identity", "matrixform", "synapse", "postgres", "restic"] {
        assert!(
            manifest[known].as_str().is_some_and(|text| !text.is_empty()),
            "{known}: {manifest}"
        );
    }
    let files = trial.run("find /var/lib/matrix-synapse/media/local_content -type f | wc -l");
    assert_eq!(manifest["media"]["files"].to_string(), files.trim());
    let rows = manifest["rows"].as_object().expect("rows");
    assert!(
        rows.len() > 100 && !rows.contains_key("public.e2e_one_time_keys_json"),
        "{}",
        rows.len()
    );
    let sequences = manifest["sequences"].as_object().expect("sequences");
    assert_eq!(sequences.len().to_string(), sql("select count(*) from pg_sequences"));

    // The dump restores exactly the rows that were counted.
    trial.run(&format!(
        "cd /; runuser -u postgres -- createdb -T template0 -E UTF8 --locale C back
        cat /root/back{spool}/database.dump | runuser -u postgres -- pg_restore --no-owner --exit-on-error -d back"
    ));
    let counted = trial.run(
        "cd /; runuser -u postgres -- psql -XAtq back -c \"select format('select %L, count(*) from %I.%I',
            schemaname || '.' || tablename, schemaname, tablename) from pg_tables where schemaname = 'public'\" |
            sed 's/$/;/' | runuser -u postgres -- psql -XAtq back; runuser -u postgres -- dropdb back; rm -r /root/back",
    );
    let mut compared = 0;
    for (table, count) in counted.lines().filter_map(|line| line.split_once('|')) {
        let recorded = rows.get(table).map_or("0".to_owned(), Value::to_string);
        assert_eq!(recorded, count, "{table}");
        compared += 1;
    }
    assert!(compared > rows.len() - 5, "{compared} of {}", rows.len());

    trial.backup(&["restore", "--path", medium, "--to", "/root/medium"], 0);
    let digest = |bytes: &str| trial.run(&format!("sha256sum <{bytes}"));
    assert_eq!(digest(&format!("/root/medium{medium}")), digest(medium));
    assert_eq!(trial.run(&format!("stat -c %s {medium}")).trim(), uploaded.len().to_string());
    let kept = trial.backup(&["restore", "--path", "/etc/matrix-synapse", "--to", "/root/conf"], 0);
    assert!(kept.stderr.contains("restored"), "{kept}");
    trial.run("cmp /root/conf/etc/matrix-synapse/homeserver.signing.key /etc/matrix-synapse/homeserver.signing.key; rm -r /root/conf /root/medium");
}

fn restores_go_only_to_safe_directories(trial: &Trial<'_>) {
    trial.run("mkdir -m 0700 /root/full && touch /root/full/x && mkdir -m 0777 /root/open && ln -s /etc /root/link");
    for (to, why) in [
        ("/etc/matrix-synapse", "is in use"),
        ("/", "absolute path"),
        ("/var/lib/matrix-synapse/media/new", "is in use"),
        ("/srv/backup/new", "is in use"),
        ("/root/full", "not an empty directory"),
        ("/root/open", "users other than root"),
        ("/root/link", "leads to"),
        ("/root/link/new", "leads to"),
        ("/root/open/new", "users other than root"),
    ] {
        let words = ["restore", "--path", "/etc/matrix-synapse", "--to", to];
        let spec = trial.spec.to_str().expect("a UTF-8 path");
        let ran =
            trial.host.guest.matrixform(&[&["backup", "restore", spec], &words[1..]].concat());
        assert!(ran.status == 1 && ran.stderr.contains(why), "{to}: {ran}");
    }
    let ran = trial.backup(&["restore", "--path", "/no/such*", "--to", "/root/none"], 1);
    assert!(ran.stderr.contains("no file at"), "{ran}");
    assert_eq!(
        trial.run("ls -A /root/full /root/open /etc/new 2>/dev/null | grep -cE '^(x|new)$'"),
        "1\n"
    );
    trial.run("rm -rf /root/full /root/open /root/link /root/none");
}

fn a_further_backup_is_small(trial: &Trial<'_>) {
    let size =
        || trial.run("du -sk /srv/backup | cut -f 1").trim().parse::<u64>().expect("kilobytes");
    let first = size();
    trial.backup(&["now"], 0);
    let (more, snapshots) = (size() - first, trial.snapshots("disk").len());
    assert!(more * 3 < first && snapshots == 2, "{first} kB and {more} kB more, {snapshots}");
}

/// A compromised host can add, but has nothing that lets it delete.
fn the_host_cannot_delete(trial: &Trial<'_>) {
    let (restic, login) = (trial.restic_away(), trial.secret("backup/login"));
    let (_, stderr, status) =
        trial.host.guest.try_run(&format!("{restic} forget --keep-last 1 --prune 2>&1 >&2"));
    assert!(
        status != 0 || stderr.contains("403") || stderr.contains("Forbidden"),
        "{status} {stderr}"
    );
    let url = "http://127.0.0.1:8100/prod";
    let answers = trial.run(&format!(
        "cd /srv/away/prod; for file in $(find data snapshots keys index -type f | sed 's|data/../|data/|'); do
            curl -s -o /dev/null -w '%{{http_code}}\\n' -u 'prod:{login}' -X DELETE {url}/$file
            curl -s -o /dev/null -w '%{{http_code}}\\n' -u 'prod:{login}' --data-binary x {url}/$file
        done | sort | uniq -c"
    ));
    assert!(!answers.is_empty() && !answers.contains(" 200"), "{answers}");
    assert_eq!(trial.snapshots("away").len(), 2);
    assert!(trial.run(&format!("{restic} check 2>&1")).contains("no errors were found"));
}

fn a_wrong_password_affects_only_its_repository(trial: &Trial<'_>) {
    trial.run("cp /srv/away/prod/config /tmp/config; echo wrong >/etc/matrixform/backup/away.password; : >/tmp/pings");
    let ran = trial.backup(&["now"], 7);
    assert!(
        ran.stderr.contains("away: not backed up") && ran.stderr.contains("wrong password"),
        "{ran}"
    );
    assert!(ran.stderr.contains("disk: saved as snapshot"), "{ran}");
    trial.run("cmp /tmp/config /srv/away/prod/config");
    assert_eq!(trial.run("ls /srv/away/prod/keys | wc -l"), "1\n", "no second repository");
    assert!(
        trial
            .run("cat /tmp/pings")
            .contains(&format!("/CANARY-ping-{}/fail?create=1", trial.host.guest.name)),
        "a failure is reported"
    );
    let plan = trial.plan();
    assert!(plan.stderr.contains("MF360") && plan.stderr.contains("away: "), "{plan}");
    let drift = trial.host.guest.on("drift", &trial.spec, &[]);
    assert!(drift.stderr.contains("MF360"), "{drift}");
    let listed = trial.backup(&["list"], 7);
    assert!(
        listed.stderr.contains("away: the snapshots cannot be listed")
            && listed.stdout.contains("disk"),
        "{listed}"
    );
    trial.host.guest.apply(&trial.spec);
    // A repository that existed and is gone is not created again.
    trial.run("mv /srv/backup /srv/elsewhere");
    let ran = trial.backup(&["now"], 7);
    assert!(ran.stderr.contains("disk: not backed up: the repository is gone"), "{ran}");
    trial.run("[ ! -e /srv/backup/config ]; rm -rf /srv/backup; mv /srv/elsewhere /srv/backup");
    trial.backup(&["now"], 0);
    let plan = trial.plan();
    assert!(!plan.stderr.contains("MF360") && !plan.stderr.contains("MF361"), "{plan}");
    trial.run("echo '1700000000 0a1b2c3d' >/var/lib/matrixform/backup/disk.saved");
    let plan = trial.plan();
    assert!(
        plan.stderr.contains("MF361") && plan.stderr.contains("disk: the last one is"),
        "{plan}"
    );
}

/// A lock that pg_dump waits for.
const HOLD: &str =
    "systemd-run -q --collect --unit holds-a-lock runuser -u postgres -- psql -Xq synapse -c \
    'begin; lock table room_aliases; select pg_sleep(60)'
until runuser -u postgres -- psql -XAtq synapse -c \"select mode from pg_locks
    where relation = 'room_aliases'::regclass\" | grep -q AccessExclusive; do sleep 0.2; done";

/// Whatever interrupts it, no incomplete snapshot and no dump remain.
fn no_incomplete_backup_is_saved(trial: &Trial<'_>) {
    let count =
        || trial.run("ls /srv/backup/snapshots | wc -l; ls /srv/away/prod/snapshots | wc -l");
    let before = count();
    for (end, why) in [
        ("kill -KILL $$at", "pg_dump failed"),
        ("systemctl kill -s KILL matrixform-backup", "the service ended: signal"),
    ] {
        trial.run(&format!(
            "{HOLD}
            systemd-run -q --collect --unit ends-it sh -c 'until at=$(grep -lx pg_dump /proc/[0-9]*/comm | cut -d / -f 3 | grep .); do
                sleep 0.2
            done; sleep 1; {end}'"
        ));
        let ran = trial.backup(&["now"], 7);
        trial.run("systemctl stop holds-a-lock");
        assert!(ran.stderr.contains("nothing was backed up") && ran.stderr.contains(why), "{ran}");
        assert_eq!(count(), before, "{end}");
        assert_eq!(trial.run("find /var/spool/matrixform-backup -mindepth 1"), "", "{end}");
    }
    trial.backup(&["now"], 0);
}

fn checks_detect_missing_data(trial: &Trial<'_>) {
    let ran = trial.backup(&["check"], 0);
    assert!(
        ran.stderr.contains("disk: no errors found")
            && ran.stderr.contains("away: no errors found"),
        "{ran}"
    );
    trial.run("set -e; pack=$(find /srv/backup/data -type f -printf '%s %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2); mv $pack /tmp/pack; echo $pack >/tmp/where");
    let ran = trial.backup(&["check"], 7);
    assert!(
        ran.stderr.contains("disk: the check failed")
            && ran.stderr.contains("away: no errors found"),
        "{ran}"
    );
    assert!(trial.plan().stderr.contains("MF362"));
    trial.run("mv /tmp/pack $(cat /tmp/where)");
    trial.backup(&["check"], 0);
    assert!(!trial.plan().stderr.contains("MF362"));
}

/// A section removed from the spec is removed from the host; the repositories stay.
fn taken_back(trial: &Trial<'_>, secrets: &str) {
    let guest = &trial.host.guest;
    let allow =
        ["apt:restic", "service:matrixform-backup.timer", "service:matrixform-backup-check.timer"];
    let allow: Vec<String> =
        allow.iter().map(|address| format!("--allow=destroy:{address}")).collect();
    let words: Vec<&str> = allow.iter().map(String::as_str).chain(["--yes"]).collect();
    let ran = guest.on("apply", &trial.host.spec, &words);
    assert_eq!(ran.status, 0, "{ran}");
    std::fs::write(guest.home.path().join("secrets.toml"), secrets).expect("a store");
    // Files that contain only a secret are left for a person to delete.
    let left = trial.run(
        "ls /etc/matrixform/backup /srv/backup/config /usr/local/lib/matrixform/backup /etc/systemd/system/*backup* 2>/dev/null || :",
    );
    let left: Vec<&str> = left.split_whitespace().collect();
    let secrets = ["away.password", "disk.password", "ping"];
    assert_eq!(left, [&["/srv/backup/config", "/etc/matrixform/backup:"], &secrets[..]].concat());
    trial.run(
        "systemctl stop away pings; rm -r /run/systemd/system/matrixform-backup*.d; systemctl daemon-reload; apt-get -qq purge -y rclone >/dev/null
        rm -rf /etc/matrixform/backup /srv/backup /srv/away /srv/users /tmp/cache /tmp/pings /tmp/config /tmp/where /var/cache/matrixform-backup /var/lib/matrixform/backup /var/spool/matrixform-backup",
    );
    assert!(guest.planned(&trial.host.spec).is_empty());
}
