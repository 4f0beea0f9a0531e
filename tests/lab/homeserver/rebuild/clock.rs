//! How long a rebuild takes, stage by stage, beside doing the same by hand on the same machine: packages, Synapse from PyPI,
//! the files out of the backup, and `pg_restore`.

use super::cuts::rebuild;
use crate::guest::Guest;
use crate::homeserver::host::Homeserver;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

/// A rebuild may take so many times as long as the same by hand.
const AT_MOST: f64 = 1.5;

/// A part, and how long it took (seconds).
type Took = (String, f64);

/// Prints and keeps both clocks, and returns whether the rebuild was quick enough. `blank` gives a host that has the repository.
pub(super) fn is_quick(blank: &dyn Fn(&str, &str) -> Homeserver) -> bool {
    let (new, hand) = (blank("t-hs-clock", "trixie"), blank("t-hs-hand", "trixie"));
    let is_quick = compared_with_manual_steps(&new, &hand.guest);
    new.guest.down();
    hand.guest.down();
    is_quick
}

fn compared_with_manual_steps(new: &Homeserver, hand: &Guest) -> bool {
    let blank = packages(&new.guest);
    let stages = rebuilt(new);
    let by_hand = manual_steps(new, hand, &blank);
    let sum = |all: &[Took]| all.iter().map(|(_, took)| took).sum::<f64>();
    let (own, other) = (sum(&stages), sum(&by_hand));
    let list = |all: &[Took]| {
        let lines = all.iter().filter(|(_, took)| *took >= 0.5);
        lines.map(|(what, took)| format!("| {what} | {took:.1} |\n")).collect::<String>()
    };
    let table = format!(
        "| rebuild | seconds |\n|---|---:|\n{}| **all of it** | {own:.1} |\n\n| by hand | seconds |\n|---|---:|\n{}| **all of it** | {other:.1} |\n\n{:.2} times as long as by hand.\n",
        list(&stages),
        list(&by_hand),
        own / other
    );
    println!("{table}");
    std::fs::create_dir_all("target/rebuild").expect("a directory");
    std::fs::write("target/rebuild/clock.md", &table).expect("a table");
    own <= AT_MOST * other
}

fn packages(guest: &Guest) -> String {
    guest.run("dpkg-query -W -f '${Package}\\n' | sort")
}

/// The steps of a rebuild from its start to its end; those without words of their own belong to the step before.
fn rebuilt(new: &Homeserver) -> Vec<Took> {
    let mut since = Instant::now();
    let mut all: Vec<Took> = vec![("looking".to_owned(), 0.0)];
    let mut client = rebuild(new, Stdio::piped());
    let mut log = String::new();
    for line in BufReader::new(client.stderr.take().expect("a pipe")).lines() {
        let line = line.expect("text");
        let event: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        log += &format!("{line}\n");
        let took = since.elapsed().as_secs_f64();
        since = Instant::now();
        all.last_mut().expect("a stage").1 += took;
        if let Some(says) = event["description"].as_str() {
            all.push((says.chars().take(60).collect(), 0.0));
        }
    }
    assert!(client.wait().expect("it ends").success(), "{log}");
    all.last_mut().expect("a stage").1 += since.elapsed().as_secs_f64();
    all
}

fn manual_steps(new: &Homeserver, hand: &Guest, blank: &str) -> Vec<Took> {
    let added: Vec<String> = packages(&new.guest)
        .lines()
        .filter(|name| !blank.lines().any(|one| one == *name))
        .map(str::to_owned)
        .collect();
    let wheels = new.guest.run("/opt/matrixform/synapse/bin/python -m pip freeze");
    let wheels: Vec<&str> = wheels.lines().filter(|line| line.contains("==")).collect();
    let version = new.guest.run("ls /var/lib/postgresql").trim().to_owned();
    let parts = [
        ("packages", format!("export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && apt-get -qq install -y --no-install-recommends {} >/dev/null 2>&1", added.join(" "))),
        ("Synapse", format!("python3 -m venv /opt/hand && /opt/hand/bin/pip -q install {}", wheels.join(" "))),
        ("the files", "RESTIC_PASSWORD=CANARY-lost-7Hq restic -q -r /srv/lost restore latest --target /srv/in && mkdir -p /var/lib/matrix-synapse && cp -a /srv/in/var/lib/matrix-synapse/. /var/lib/matrix-synapse/".to_owned()),
        ("the database", format!("cd /; pg_lsclusters -h | grep -q online || pg_ctlcluster {version} main start
            as() {{ runuser -u postgres -- \"$@\"; }}
            as createuser synapse && as createdb -T template0 -O synapse -E UTF8 --locale C synapse &&
            install -o postgres -m 600 /srv/in/var/spool/matrixform-backup/database.dump /var/lib/postgresql/dump &&
            as pg_restore --no-owner --no-tablespaces --exit-on-error -j \"$(nproc)\" -d synapse /var/lib/postgresql/dump")),
    ];
    let timed = |(what, script): (&str, String)| {
        let since = Instant::now();
        hand.run(&script);
        (what.to_owned(), since.elapsed().as_secs_f64())
    };
    parts.into_iter().map(timed).collect()
}
