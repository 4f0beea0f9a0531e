//! Interrupted runs: the client is killed, stopped or cut off, or the host loses power, at every moment of a switch
//! that moves PostgreSQL to another port. The homeserver recovers without help (after a loss of power with the next
//! apply), a new run is admitted, and nothing is left over.

pub(super) mod kept;
mod ways;

use super::host::{Homeserver, spec_with};
use super::poller::Poller;
use crate::guest::Ran;
use crate::seed;
use kept::Kept;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
pub(super) use ways::Way;

/// A run is cut as soon as a step whose text begins like this is running.
const MOMENTS: [&str; 9] = [
    "backing up what will be replaced",
    "writing /etc/postgresql",
    "reloading postgresql",
    "waiting for postgres",
    "writing /etc/matrix-synapse",
    "restarting matrix-synapse",
    "waiting for synapse",
    "writing /etc/nginx",
    "waiting for nginx",
];

/// The health check of Synapse may take 90 s, and it must answer 5 s later.
const ANSWERS_WITHIN: Duration = Duration::from_secs(95);

/// A new run is admitted within this time, whatever happened to the last one.
const ADMITTED_WITHIN: Duration = Duration::from_secs(30);

/// Time for the homeserver to answer after a boot alone; if it does not, it needs an apply.
const BOOTS_WITHIN: Duration = Duration::from_secs(30);

/// The number of cases in an ordinary run.
const SAMPLE: usize = 4;

/// The header of the table that is printed and written.
const HEAD: &str = "| cut | moment | longest gap (s) | after the boot alone | admitted after (s) | then |\n|---|---|---|---|---|---|";

/// A way to cut, a moment, and whether the change moves to the other port or back.
#[derive(Clone, Copy)]
struct Case {
    way: Way,
    moment: &'static str,
    goes_there: bool,
}

/// The cases of this run: all in a sweep, otherwise a sample by seed, with each way once.
fn drawn(is_sweep: bool) -> Vec<Case> {
    let start = usize::try_from(seed::number("cuts")).unwrap();
    let case =
        |at: usize, (way, moment)| Case { way, moment, goes_there: (start + at).is_multiple_of(2) };
    let all = Way::ALL.into_iter().flat_map(|way| MOMENTS.map(|moment| (way, moment)));
    if is_sweep {
        return all.enumerate().map(|(at, one)| case(at, one)).collect();
    }
    let moment = |at: usize| MOMENTS[(start + at * 2) % MOMENTS.len()];
    (0..SAMPLE).map(|at| case(at, (Way::ALL[at % Way::ALL.len()], moment(at)))).collect()
}

pub(super) fn it_recovers_from_interruptions_at_any_time(host: &Homeserver) {
    let mut other = spec_with("memory_percent = 5", "memory_percent = 5\nport = 5433");
    for (from, to) in [("\"2M\"", "\"3M\""), ("[nginx]\n", "[nginx]\nfederation_port = true\n")] {
        assert!(other.contains(from), "the spec has no {from}");
        other = other.replacen(from, to, 1);
    }
    let other = host.spec("other.toml", &other);
    let is_sweep = seed::is_sweep();
    let mut kept =
        Kept::open("cuts", is_sweep.then(|| format!("{}\t{}", kept::commit(), seed::seed())));
    let mut rows = vec![HEAD.to_owned()];
    let mut failures = Vec::new();
    println!("{HEAD}");
    for case in drawn(is_sweep) {
        let name = format!("{} | {}", case.way, case.moment);
        let row = kept.row(&name).unwrap_or_else(|| match cut(host, &other, case) {
            Ok(row) => kept.keep(&name, format!("| {name} | {row} |")),
            Err(why) => {
                failures.push(format!("{name}: {why}"));
                format!("| {name} | | | | FAILED |")
            }
        });
        println!("{row}");
        rows.push(row);
        kept.table(&rows);
    }
    host.guest.apply(&host.spec);
    assert!(host.guest.planned(&host.spec).is_empty());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Makes one cut; returns the last columns of its row.
fn cut(host: &Homeserver, other: &Path, case: Case) -> Result<String, String> {
    let own = host.spec.as_path();
    let (before, spec) = if case.goes_there { (own, other) } else { (other, own) };
    succeeds(&host.guest.on("apply", before, &["--yes"]), "the state before")?;
    let boots = case.way == Way::Power;
    let poller = (!boots).then(|| Poller::start(host));
    let mut client = begin(host, spec, case.moment)?;
    let mut since = Instant::now();
    let undone = case.way.act(host, &mut client);
    let mut boot = "–".to_owned();
    if boots {
        boot = after_boot(host);
        a_part_is_refused(host, spec)?;
        since = Instant::now();
    }
    let ran = admitted(host, spec, since)?;
    let admitted = since.elapsed() - ran.1;
    // A stopped client must not hold anything, and is no longer needed.
    let _ = client.kill();
    let _ = client.wait();
    drop(undone);
    let gap = poller.map(Poller::stop);
    succeeds(&ran.0, "the next apply")?;
    if gap.is_some_and(|gap| gap > ANSWERS_WITHIN.as_secs_f64()) {
        return Err(format!("{gap:?} s without an answer"));
    }
    answers(host, Instant::now(), ANSWERS_WITHIN)
        .ok_or("it does not answer after the next apply")?;
    let again = host.guest.on("apply", spec, &["--yes"]);
    if !again.stdout.contains("no changes") {
        return Err(format!("something was left to do: {again}"));
    }
    let left = host.guest.run(LEFT);
    if !left.is_empty() {
        return Err(format!("left over: {left}"));
    }
    let gap = gap.map_or("–".to_owned(), |gap| format!("{gap:.1}"));
    Ok(format!("{gap} | {boot} | {:.1} | no changes", admitted.as_secs_f64()))
}

/// Leftovers that no run may have.
const LEFT: &str = "ls -A /var/lib/matrixform/switch; systemctl --failed --plain --no-legend 'matrixform*'
    find /etc /opt /usr/local /var/lib/matrixform -name '.matrixform.*' -o -path '/var/lib/*' -name '.new.*'";

fn succeeds(ran: &Ran, what: &str) -> Result<(), String> {
    if ran.status == 0 { Ok(()) } else { Err(format!("{what}: {ran}")) }
}

/// Applies again as soon as admitted, right after a cut, while the old run may still be ending; returns the time it
/// took.
fn admitted(host: &Homeserver, spec: &Path, since: Instant) -> Result<(Ran, Duration), String> {
    loop {
        let began = Instant::now();
        // Not audited: changes of the old run do not belong to this one, and observing takes time.
        let words = ["apply", spec.to_str().expect("a UTF-8 path"), "--yes"];
        let ran = host.guest.matrixform(&words);
        if ran.status != 6 {
            return Ok((ran, began.elapsed()));
        }
        if since.elapsed() > ADMITTED_WITHIN {
            return Err(format!("not admitted after {ADMITTED_WITHIN:?}: {ran}"));
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// The state of the host after a loss of power, without an apply.
fn after_boot(host: &Homeserver) -> String {
    let answered = answers(host, Instant::now(), BOOTS_WITHIN);
    let all = ["ssh", "postgresql@17-main", "matrix-synapse", "nginx"];
    let (output, _, _) = host.guest.try_run(&format!("systemctl is-active {}", all.join(" ")));
    let states = all.into_iter().zip(output.lines()).filter(|(_, is)| *is != "active");
    let down: Vec<&str> = states.map(|(unit, _)| unit).collect();
    let units = if down.is_empty() {
        "all up".to_owned()
    } else {
        format!("all up but {}", down.join(", "))
    };
    match answered {
        Some(took) => format!("{units}; it answers after {:.1} s", took.as_secs_f64()),
        None => format!("{units}; it does not answer"),
    }
}

/// If the switch was interrupted, a part of the spec would give up its journal.
fn a_part_is_refused(host: &Homeserver, spec: &Path) -> Result<(), String> {
    let journal = "ls /var/lib/matrixform/switch 2>/dev/null";
    let before = host.guest.run(&format!("{journal} || true"));
    if before.is_empty() {
        return Ok(());
    }
    for part in ["postgres", "synapse", "nginx"] {
        let spec = spec.to_str().expect("a UTF-8 path");
        let ran = host.guest.matrixform(&["apply", spec, "--yes", "--only", part]);
        let is_refused = ran.status == 1 && ran.stderr.contains("only the whole spec");
        if !is_refused && !ran.stdout.contains("no changes") {
            return Err(format!("--only {part} on an interrupted switch: {ran}"));
        }
    }
    let now = host.guest.run(journal);
    if now == before { Ok(()) } else { Err(format!("the journal is now {now}")) }
}

/// Starts an apply and waits until the step is running.
fn begin(host: &Homeserver, spec: &Path, moment: &str) -> Result<Child, String> {
    let mut command = host.guest.command();
    command.args(["apply", spec.to_str().unwrap(), "--yes", "--log-format", "json"]);
    let client = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    reaches(client, moment).map(|(client, _)| client)
}

/// Waits until a client with a JSON log reaches a step whose text begins like this; returns its log so far.
pub(super) fn reaches(mut client: Child, moment: &str) -> Result<(Child, String), String> {
    let mut lines = BufReader::new(client.stderr.take().expect("a pipe")).lines();
    let mut seen = Vec::new();
    for line in lines.by_ref() {
        let line = line.expect("text");
        let event: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        if event["description"].as_str().unwrap_or_default().starts_with(moment) {
            // Keeps reading the log, so that the client does not block.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok((client, seen.join("\n")));
        }
        seen.push(line);
    }
    let _ = client.wait();
    Err(format!("it never was at {moment:?}:\n{}", seen.join("\n")))
}

/// Waits until the homeserver answers through nginx; the time since `since`.
fn answers(host: &Homeserver, since: Instant, within: Duration) -> Option<Duration> {
    loop {
        let (status, _) = host.ask("GET", "/_matrix/client/versions", None, b"");
        if status == 200 {
            return Some(since.elapsed());
        }
        if since.elapsed() > within {
            return None;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
