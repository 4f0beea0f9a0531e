//! Rebuilds that are cut, by a client that is killed or a host that loses its power: the same command goes on.

use super::super::cuts::kept::{self, Kept};
use super::super::cuts::{Way, reaches};
use super::super::host::Homeserver;
use super::{AGREED, Before, ROWS, on};
use crate::seed;
use std::fs::File;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// When: as soon as the step that begins with these words is under way, in their order.
const MOMENTS: [&str; 6] = [
    "fetching the dump",
    "restoring and comparing the database",
    "restoring keys, registrations",
    "restoring media",
    "giving the database its name",
    "letting Synapse start",
];

/// At this one it is looked at what stands.
const MIDDLE: usize = 2;

/// Four cuts: one in the switch of PostgreSQL, one before the middle, one there, one after it.
pub(super) fn a_few(new: &Homeserver, rows: &str) {
    let way = |at: usize| if at.is_multiple_of(2) { Way::Power } else { Way::Killed };
    let drawn = usize::try_from(seed::number("rebuild")).expect("a small number");
    let earlier = drawn % MIDDLE;
    let later = MIDDLE + 1 + drawn / 10 % (MOMENTS.len() - MIDDLE - 1);
    // A run of a part of the spec, which is never healthy as a whole before the rebuild has ended.
    cut(new, Way::Power, "restarting postgresql");
    cut(new, way(drawn / 100), MOMENTS[earlier]);
    cut(new, Way::Killed, MOMENTS[MIDDLE]);
    the_state_halfway_through(new, rows);
    cut(new, way(drawn / 100 + 1), MOMENTS[later]);
}

/// How many a sweep has.
const MANY: usize = 50;

/// A cut comes within this (seconds): several hit one rebuild.
const WITHIN: u64 = 30;

/// Fifty cuts at drawn times, of as many rebuilds as that takes; each ends whole. `blank` gives a host that has the repository.
pub(super) fn many(before: &Before, blank: &dyn Fn(&str, &str) -> Homeserver) {
    let mut kept = Kept::open("rebuild", Some(format!("{}\t{}", kept::commit(), seed::seed())));
    let mut rows = vec![
        "| rebuild (of Debian 12) | cuts (seconds after its beginning) | then |\n|---|---|---|"
            .to_owned(),
    ];
    let mut cuts = 0;
    for number in 1.. {
        let case = format!("rebuild {number}");
        let row = kept.row(&case).unwrap_or_else(|| {
            // The release of the lost host, and the next one.
            let suite = if number % 2 == 0 { "bookworm" } else { "trixie" };
            let new = blank("t-hs-cuts", suite);
            let cuts = until_it_ends(&new, number);
            before.is_back(&new);
            before.is_counted(&new);
            assert!(new.guest.planned(&new.spec).is_empty());
            new.guest.down();
            kept.keep(&case, format!("| {number} ({suite}) | {} | whole |", cuts.join(", ")))
        });
        println!("{row}");
        cuts += row.matches(" s,").count() + row.matches(" s |").count();
        rows.push(row);
        kept.table(&rows);
        if cuts >= MANY {
            return;
        }
    }
}

/// Cuts a rebuild again and again, until it is done before the next cut.
fn until_it_ends(new: &Homeserver, number: u32) -> Vec<String> {
    let mut cuts = Vec::new();
    loop {
        assert!(cuts.len() < MANY, "it makes no progress between cuts: {cuts:?}");
        let drawn = seed::number(&format!("rebuild {number} {}", cuts.len()));
        let after = Duration::from_millis(drawn % (WITHIN * 1000));
        let way = if drawn.is_multiple_of(3) { Way::Power } else { Way::Killed };
        let log = File::create(new.guest.home.path().join("rebuild.log")).expect("a log");
        let mut client = rebuild(new, log);
        let since = Instant::now();
        let ended = loop {
            let ended = client.try_wait().expect("a child");
            if ended.is_some() || since.elapsed() > after {
                break ended;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        match ended {
            Some(status) => {
                let log = std::fs::read_to_string(new.guest.home.path().join("rebuild.log"));
                // The last cut can come when all is done but the report.
                let has_ended = log.as_ref().is_ok_and(|log| log.contains("and that has ended"));
                assert!(status.success() || has_ended, "after {cuts:?}: {status}: {log:?}");
                return cuts;
            }
            None => {
                drop(way.act(new, &mut client));
                let _ = client.wait();
                is_free(new);
                cuts.push(format!("{way} {:.1} s", after.as_secs_f64()));
            }
        }
    }
}

/// Waits until the shell of a killed client has let go of the host, which takes up to 20 s: the next run would wait that long,
/// and a cut before then would find nothing under way.
fn is_free(new: &Homeserver) {
    new.guest.run(
        "for turn in $(seq 600); do
            read -r holder _ </run/matrixform/holder && [ -d \"/proc/$holder\" ] || exit 0
            sleep 0.1
        done; exit 1",
    );
}

/// One cut; the host has come to rest.
fn cut(new: &Homeserver, way: Way, moment: &str) {
    println!("rebuild | {way} | {moment}");
    let reached = reaches(rebuild(new, Stdio::piped()), moment);
    let (mut client, _) = reached.unwrap_or_else(|why| panic!("{why}"));
    drop(way.act(new, &mut client));
    let _ = client.wait();
}

/// Begins a rebuild, or goes on with one.
pub(super) fn rebuild(new: &Homeserver, log: impl Into<Stdio>) -> Child {
    let mut command = new.guest.command();
    command.arg("rebuild").arg(&new.spec).args(AGREED).args(["--wait", "--log-format", "json"]);
    command.stdout(Stdio::null()).stderr(log).spawn().expect("matrixform can be run")
}

/// In the middle the host keeps Synapse from starting, no apply goes on, and the database is whole, under another name.
fn the_state_halfway_through(new: &Homeserver, rows: &str) {
    let held = "[ -e /var/lib/matrixform/rebuild/hold ] && grep -q AssertPathExists /etc/systemd/system/matrix-synapse.service.d/*";
    new.guest.run(held);
    // Until the host has noticed that the client is gone, that run holds it.
    let refused = on(&new.guest, &["apply"], &new.spec, &["--yes", "--wait"], 1);
    assert!(refused.stderr.contains("rebuild of this host was interrupted"), "{refused}");
    for words in [&["backup", "now"][..], &["users", "list"]] {
        let refused = on(&new.guest, words, &new.spec, &[], 1);
        assert!(refused.stderr.contains("rebuild of this host was interrupted"), "{refused}");
    }
    // Not even if it is asked for on the host, as a timer does.
    let unit = new.guest.run(
        "systemctl start matrixform-backup.service 2>&1 && exit 1; systemctl show -p Result --value matrixform-backup.service",
    );
    assert!(unit.ends_with("success\n"), "the result of a unit that never ran: {unit}");
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
