//! A run that is cut: its client killed, stopped or cut off, or the host without power, at every moment of a switch that
//! moves PostgreSQL to another port. The homeserver answers again by itself (after a loss of power with the next apply), a
//! new run is admitted, and nothing is left over.

use super::host::{Homeserver, spec_with};
use crate::guest::lab;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How it is cut.
const KINDS: [&str; 4] = ["killed", "stopped", "cut off", "without power"];

/// When: as soon as the step that begins with these words is under way.
const MOMENTS: [&str; 9] = [
    "keeping what will be replaced",
    "writing /etc/postgresql",
    "reloading postgresql",
    "waiting until postgres",
    "writing /etc/matrix-synapse",
    "restarting matrix-synapse",
    "waiting until synapse",
    "writing /etc/nginx",
    "waiting until front",
];

/// Health of Synapse may take this long; then it must answer (see the bound: health and 5 s).
const ANSWERS_WITHIN: Duration = Duration::from_secs(95);

/// How many of all are tried in an ordinary run.
const SAMPLE: usize = 4;

/// The cuts of this run: all in a sweep, else some by the seed, each kind once.
fn drawn() -> Vec<(&'static str, &'static str)> {
    let all = KINDS.iter().flat_map(|kind| MOMENTS.iter().map(|moment| (*kind, *moment)));
    if std::env::var_os("MATRIXFORM_FULL").is_some() {
        return all.collect();
    }
    let seed = std::env::var("LAB_SEED").unwrap_or_else(|_| "1".to_owned());
    let start = seed.bytes().fold(0usize, |sum, byte| sum * 31 + usize::from(byte));
    let moment = |at: usize| MOMENTS[(start + at * 2) % MOMENTS.len()];
    (0..SAMPLE).map(|at| (KINDS[at % KINDS.len()], moment(at))).collect()
}

pub(super) fn whenever_it_is_cut(host: &Homeserver) {
    let mut other = spec_with("memory_percent = 5", "memory_percent = 5\nport = 5433");
    for (from, to) in [("\"2M\"", "\"3M\""), ("[nginx]\n", "[nginx]\nfederation_port = true\n")] {
        assert!(other.contains(from), "the spec has no {from}");
        other = other.replacen(from, to, 1);
    }
    let other = host.spec("other.toml", &other);
    let mut turn = false;
    println!("| cut | moment | answers after (s) | admitted after (s) | then |");
    println!("|---|---|---|---|---|");
    for (kind, moment) in drawn() {
        turn = !turn;
        let spec = if turn { &other } else { &host.spec };
        cut(host, spec, kind, moment);
    }
    host.guest.apply(&host.spec);
    assert!(host.guest.planned(&host.spec).is_empty());
}

fn cut(host: &Homeserver, spec: &Path, kind: &str, moment: &str) {
    let mut client = begin(host, spec, moment);
    let began = Instant::now();
    let cut_off = act(host, &mut client, kind);
    let boot = kind == "without power";
    let answered = if boot { None } else { Some(answers(host, began)) };
    let last = loop {
        // One more apply; right after a cut the old run may still be ending.
        let ran = host.guest.on("apply", spec, &["--yes"]);
        if ran.status != 6 {
            break ran;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "not admitted after 30 s: {ran}");
        std::thread::sleep(Duration::from_millis(500));
    };
    let admitted = began.elapsed();
    // A client that was stopped must not hold anything, and may go now.
    let _ = client.kill();
    let _ = client.wait();
    drop(cut_off);
    assert_eq!(last.status, 0, "{kind} while {moment}: {last}");
    answers(host, Instant::now());
    let again = host.guest.on("apply", spec, &["--yes"]);
    assert!(again.stdout.contains("no changes"), "{kind} while {moment}: {again}");
    let left = host.guest.run(
        "ls -A /var/lib/matrixform/switch; find /etc /opt /usr/local /var/lib/matrixform -name '.matrixform.*' -o -path '/var/lib/*' -name '.new.*'",
    );
    assert_eq!(left, "", "{kind} while {moment}: left over");
    let answered = answered
        .map_or("after the next apply".to_owned(), |took| format!("{:.1}", took.as_secs_f64()));
    println!("| {kind} | {moment} | {answered} | {:.1} | no changes |", admitted.as_secs_f64());
}

/// Applies until the step is under way.
fn begin(host: &Homeserver, spec: &Path, moment: &str) -> Child {
    let mut command = host.guest.command();
    command.args(["apply", spec.to_str().unwrap(), "--yes", "--log-format", "json"]);
    let mut client = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut seen = Vec::new();
    for line in BufReader::new(client.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        let says = event["says"].as_str().unwrap_or_default().to_owned();
        if says.starts_with(moment) {
            return client;
        }
        seen.push(line);
    }
    let _ = client.wait();
    panic!("it never was at {moment:?}:\n{}", seen.join("\n"));
}

/// Rules of the machine's that drop what goes between a client and the host, for as long as this lives.
struct CutOff;

impl Drop for CutOff {
    fn drop(&mut self) {
        let _ = std::process::Command::new("nft")
            .args(["delete", "table", "inet", "matrixform_cut"])
            .status();
    }
}

fn act(host: &Homeserver, client: &mut Child, kind: &str) -> Option<CutOff> {
    let pid = client.id();
    match kind {
        "killed" => client.kill().unwrap(),
        "stopped" => {
            let stopped =
                std::process::Command::new("kill").args(["-STOP", &pid.to_string()]).status();
            assert!(stopped.unwrap().success());
        }
        "cut off" => {
            let sockets = std::process::Command::new("ss").args(["-Htnp"]).output().unwrap();
            let sockets = String::from_utf8_lossy(&sockets.stdout).into_owned();
            let own = sockets
                .lines()
                .find(|line| line.contains(&format!("pid={pid},")))
                .expect("its socket");
            let local = own.split_whitespace().nth(3).unwrap();
            let port = local.rsplit(':').next().unwrap();
            let rules = format!(
                "add table inet matrixform_cut
                add chain inet matrixform_cut o {{ type filter hook output priority 0; }}
                add chain inet matrixform_cut i {{ type filter hook input priority 0; }}
                add rule inet matrixform_cut o tcp sport {port} ip daddr {0} drop
                add rule inet matrixform_cut i tcp dport {port} ip saddr {0} drop",
                host.guest.get("ADDRESS4")
            );
            let made = std::process::Command::new("nft").arg(&rules).status();
            assert!(made.unwrap().success(), "{rules}");
            return Some(CutOff);
        }
        _ => {
            lab(&["kill", &host.guest.name]);
            let _ = client.kill();
            lab(&["boot", &host.guest.name]);
        }
    }
    None
}

/// Waits until the homeserver answers through nginx, and its database with it.
fn answers(host: &Homeserver, since: Instant) -> Duration {
    loop {
        let (status, _) = host.ask("GET", "/_matrix/client/versions", None, b"");
        if status == 200 {
            return since.elapsed();
        }
        assert!(since.elapsed() < ANSWERS_WITHIN, "it does not answer ({status})");
        std::thread::sleep(Duration::from_millis(200));
    }
}
