//! A homeserver that is lost comes back on a blank host of a newer release, from a backup and from an empty home: rows, media,
//! sessions and identity. The first run is cut in the middle. Clients, a bridge and another homeserver that remember the time that
//! was lost get what is sent afterwards (docs/decisions/rebuild.md); without what the rebuild does for that, they do not.

mod before;
mod bridge;
mod clock;
mod control;
mod cuts;
mod encrypted;
mod fence;
mod fill;
mod kit;
mod peer;
mod people;
mod refusals;
mod terminal;
mod trap;
mod words;

use super::host::{Homeserver, SERVER, spec_with};
use crate::guest::{Guest, Ran};
use crate::seed;
use before::{Before, ROWS};
use encrypted::Encrypted;
use peer::{EVE, Peer};
use people::People;
use std::path::Path;
use std::process::{Command, Stdio};

const ADDED: &str = r#"[[accept]]
id = "MF368"
reason = "a trial"

[[accept]]
id = "MF373"
reason = "a trial"

[backup]
paths = ["/srv/bridge", "/etc/letsencrypt", "/srv/other/deep/state", "/srv/a & b", "/srv/absent", "/var/lib/matrix-synapse/media"]

[[backup.repositories]]
name = "disk"
url = "/srv/lost"
password = { secret = "backup/lost" }

[tls]
provider = "files"
chain = "hs.crt"
key = { secret = "tls/hs" }"#;

const SLOW: &str = "a rebuild takes too long: target/rebuild/clock.md";

const AGREED: [&str; 3] = ["--yes", "--old-server", "destroyed"];

pub(super) fn a_lost_server_is_rebuilt(lost: &Homeserver) {
    let home = lost.guest.home.path();
    let secrets = home.join("secrets.toml");
    let before = std::fs::read_to_string(&secrets).expect("a store");
    peer::certify(home);
    let key = std::fs::read_to_string(home.join("hs.key")).expect("a key");
    let added = format!("\"backup/lost\" = \"CANARY-lost-7Hq\"\n\"tls/hs\" = '''{key}'''\n");
    std::fs::write(&secrets, format!("{before}\n{added}")).expect("a store");
    let peer = Peer::arrive(&std::fs::read_to_string(home.join("hs.crt")).expect("a certificate"));
    peer.meets(&lost.guest);
    let text = text(&lost.guest.run("cat /var/lib/matrixform/installation"), &peer.certificate());
    let spec = lost.spec("lost.toml", &text);
    place_foreign_files(lost);
    lost.guest.apply(&spec);
    bridge::start(&lost.guest, "");
    fill::fill(lost);
    let people = People::arrive(lost);
    peer.joins(&people.room);
    let mut encrypted = Encrypted::arrive(lost);
    people.say(lost, "before");
    people.tell(lost, EVE, "before");
    peer.hears(&people.room, "before");
    peer.device_gets(&["before"]);
    let before_it = Before::of(lost, &spec);
    let positions = people.during_the_lost_period(lost);
    encrypted.during_the_lost_period(lost);
    peer.hears(&people.room, "lost");
    peer.says(&people.room, &people.id, "lost-too");
    people.hears(lost, "lost-too");
    bridge::takes(&lost.guest, "lost-too");
    let remembered = bridge::remembered(&lost.guest);
    let refused = on(&lost.guest, &["rebuild"], &spec, &["--yes"], 1);
    assert!(refused.stderr.contains("live database of hs.test"), "{refused}");

    let identity = home.join("identity");
    let kit = kit::export(lost, &identity);
    let blank = |name: &str, suite: &str| {
        let new = Homeserver::on(Guest::blank(name, suite), SERVER, "lost.toml", &text);
        let own = new.guest.home.path();
        std::fs::copy(home.join("hs.crt"), own.join("hs.crt")).expect("a copy");
        kit::follow(&new, &kit, &identity);
        carry(&lost.guest, &new.guest);
        new.guest.run("useradd -r other; useradd -r bridge; mkdir '/srv/a & b'; echo of this host >'/srv/a & b/note'");
        new
    };
    // Before the machine has worked for an hour; a slow rebuild is failed once all else was tried.
    let is_quick = !seed::is_sweep() || clock::is_quick(&blank);
    if std::env::var_os("MATRIXFORM_FULL").is_some_and(|part| part == "clock") {
        assert!(is_quick, "{SLOW}");
        return restore_the_shared_host(lost, &before);
    }
    let new = blank("t-hs-rebuild", "trixie");
    refusals_before_the_rebuild(&new, lost.guest.get("ADDRESS4"));
    refusals::wrong_keys_are_refused(&new);
    lost.guest.run("systemctl stop matrix-synapse nginx");
    the_plan_of_the_rebuild(&new, before_it.files());
    terminal::stops_without_agreement(&new);
    refusals::broken_backups_are_refused(&new);
    fence::stops_the_lost_server(lost, &new, &spec);
    cuts::a_few(&new, &before_it.rows);
    terminal::finishes_the_rebuild(&new, &people.cid.0);
    before_it.is_back(&new);
    the_server_is_never_behind_its_clients(&new);

    // Bridges and other servers find it at its new address.
    bridge::start(&new.guest, &remembered);
    peer.meets(&new.guest);
    // As the note of the fence says: the other server has a connection to it.
    lost.guest.run("systemctl reload nginx");
    people.after(&new, &positions);
    bridge::takes(&new.guest, "after");
    peer.hears(&people.room, "after");
    people.tell(&new, EVE, "after");
    peer.device_gets(&["after"]);
    peer.says(&people.room, &people.id, "answer");
    people.hears(&new, "answer");
    // Of the time that was lost, what the other server has.
    people.hears(&new, "lost");
    people.hears(&new, "lost-too");
    people.device_gets(&new, &["before", "after", "answer"]);

    encrypted.after(&new);
    nothing_is_left(&new);
    control::loses_messages(&new, &people, &positions, &remembered);
    trap::gains_nothing(&new);
    new.guest.down();
    peer.end();
    if seed::is_sweep() {
        cuts::many(&before_it, &blank);
        fence::is_lifted_by_name(lost, &spec);
        assert!(is_quick, "{SLOW}");
    } else {
        fence::lift(lost);
    }
    restore_the_shared_host(lost, &before);
}

/// Beside what the spec writes.
fn place_foreign_files(lost: &Homeserver) {
    lost.guest.run(&format!(
        "mkdir -m 0750 /srv/bridge && mkdir /srv/bridge/data && echo state >/srv/bridge/data/state && useradd -r bridge && chown -R bridge: /srv/bridge
        # Of a container, in directories that are not in the backup themselves.
        mkdir -m 0711 /srv/other /srv/other/deep && echo state >/srv/other/deep/state && chown 1337:1337 /srv/other/deep/state && chown bridge: /srv/other/deep
        # What is odd, and what differs from the other host.
        mkdir '/srv/a & b' /srv/outside && cd '/srv/a & b' && echo of the lost host >note && echo odd >'two\nlines' && mkfifo fifo && ln -s /srv/outside out
        useradd -r gone && echo x >theirs && chown gone: theirs
        printf '%s' \"{}\" >/etc/matrix-synapse/irc.yaml && chown matrix-synapse: /etc/matrix-synapse/irc.yaml && chmod 0640 /etc/matrix-synapse/irc.yaml
        # As certbot lays it out, which issues nothing that it still has: a blank host may not be requested by its name yet.
        mkdir /etc/letsencrypt && cd /etc/letsencrypt && mkdir -m 0700 accounts archive live && mkdir -m 0755 archive/hs.test live/hs.test renewal
        (umask 077; echo account >accounts/private_key.json; echo key >archive/hs.test/privkey2.pem); echo chain >archive/hs.test/fullchain2.pem
        for name in privkey fullchain; do ln -s ../../archive/hs.test/${{name}}2.pem live/hs.test/$name.pem; done; echo conf >renewal/hs.test.conf
        # The trial waits for it alone: its machine has others at work.
        mkdir -p /run/systemd/system/matrixform-backup.service.d
        printf '[Service]\\nNice=0\\nCPUWeight=100\\nIOWeight=100\\nIOSchedulingClass=best-effort\\n' \\
            >/run/systemd/system/matrixform-backup.service.d/trial.conf; systemctl daemon-reload",
        bridge::REGISTRATION
    ));
}

/// Nothing that a client may hold is ahead of the server.
fn the_server_is_never_behind_its_clients(new: &Homeserver) {
    let low = "select count(*) from pg_sequences where sequencename ~ 'stream|inbox|lists|txn|receipts|position'
        and sequencename !~ 'backfill' and (last_value is null or last_value < extract(epoch from now()) - 3600)";
    assert_eq!(new.sql(low), "0\n");
    let own = "select sequencename, last_value > extract(epoch from now()) - 3600 from pg_sequences
        where sequencename like '%notes_%' order by 1";
    let raised = "Admin's (own) $$ notes_id_seq|t\nAdmin's (own) $$ notes_small_seq|f\n";
    assert_eq!(new.sql(own), raised, "those that can be");
    assert_eq!(new.sql("select count(*) from e2e_one_time_keys_json"), "0\n");
    assert_eq!(new.sql("select count(*) from e2e_fallback_keys_json where not used"), "0\n");
}

fn nothing_is_left(new: &Homeserver) {
    assert!(new.guest.planned(&new.spec).is_empty());
    let left = "ls -A /var/spool/matrixform-rebuild /var/lib/matrixform/rebuild /run/matrixform/rebuild 2>/dev/null
        find / -xdev -name '*matrixform-rebuild*' -not -path '/proc/*' -not -path '/run/log/*' 2>/dev/null";
    assert_eq!(new.guest.try_run(left).0, "");
    let log = new.guest.run("journalctl --no-pager -o cat; cat /var/lib/matrixform/history.jsonl");
    assert!(!log.contains("CANARY") && !log.contains("from the future"), "a secret, or a position");
    let history = new.guest.on("history", &new.spec, &["--format", "json"]);
    assert!(
        history.stdout.contains(", the old server fenced (")
            && history.stdout.contains("backup now"),
        "{history}"
    );
    let refused = on(&new.guest, &["rebuild"], &new.spec, &["--yes"], 1);
    for message in ["live database of hs.test", "of disk, and that has ended"] {
        assert!(refused.stderr.contains(message), "{message}: {refused}");
    }
}

/// The spec, with sessions that outlive the trial, the server's recorded identity, a bridge, and another server that it trusts.
fn text(installation: &str, certificate: &str) -> String {
    let identity = installation.lines().find_map(|line| line.strip_prefix("identity="));
    let identity = identity.expect("an identity");
    let name = "server_name = \"hs.test\"";
    let text = spec_with("[tls]\nprovider = \"self-signed\"", ADDED);
    let text = text.replacen("lifetime = \"1m\"", "lifetime = \"1d\"", 1);
    let text = text.replacen(name, &format!("{name}\nidentity = \"{identity}\""), 1);
    let bridges = "app_service_config_files = [\"/etc/matrix-synapse/irc.yaml\"]";
    peer::federated(&text, certificate, bridges)
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
fn refusals_before_the_rebuild(new: &Homeserver, old: &str) {
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

fn the_plan_of_the_rebuild(new: &Homeserver, files: usize) {
    let destroyed = ["--old-server", "destroyed"];
    let wrong = [&destroyed[..], &["--snapshot", "00000000"]].concat();
    let wrong = on(&new.guest, &["rebuild"], &new.spec, &wrong, 1);
    assert!(wrong.stderr.contains("has no snapshot 00000000"), "{wrong}");
    let unasked = on(&new.guest, &["rebuild"], &new.spec, &destroyed, 1);
    let files = format!("{files} files");
    assert!(unasked.stdout.contains(&files) && unasked.stderr.contains("--yes"), "{unasked}");
    let own = "does not know, which are raised too: Admin's (own) $$ notes_id_seq, Admin's (own) $$ notes_small_seq\n";
    assert!(unasked.stdout.contains(own), "{unasked}");
    let packages =
        new.guest.run("dpkg-query -W -f '${Package}\\n' | grep -cE '^(postgresql|nginx)' || :");
    assert_eq!(packages, "0\n", "nothing but restic is there");
}

/// Nothing of it stays on the host that other trials share.
fn restore_the_shared_host(lost: &Homeserver, secrets: &str) {
    let guest = &lost.guest;
    lost.sql(r#"drop table "Admin's (own) $$ notes", parts, below, above"#);
    lost.sql("drop tablespace fast");
    let allow =
        ["apt:restic", "service:matrixform-backup.timer", "service:matrixform-backup-check.timer"];
    let allow: Vec<String> =
        allow.iter().map(|address| format!("--allow=destroy:{address}")).collect();
    let words: Vec<&str> = allow.iter().map(String::as_str).chain(["--yes"]).collect();
    let ran = guest.on("apply", &lost.spec, &words);
    assert_eq!(ran.status, 0, "{ran}");
    std::fs::write(guest.home.path().join("secrets.toml"), secrets).expect("a store");
    guest.run(
        "rm -rf /etc/letsencrypt /etc/matrixform/backup /srv/lost /srv/bridge /srv/other '/srv/a & b' /srv/outside /var/cache/matrixform-backup /var/lib/matrixform/backup /var/spool/matrixform-backup
        rm -r /etc/matrix-synapse/irc.yaml /run/systemd/system/matrixform-backup.service.d; systemctl daemon-reload; userdel bridge; userdel gone",
    );
    assert!(guest.planned(&lost.spec).is_empty());
}
