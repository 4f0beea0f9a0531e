//! Trials wait for their turn and are timed. The slowest trials of a run and the sum of each group are printed at the
//! end.

use crate::seats::{self, Where};
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

static TIMES: Mutex<Vec<(Duration, String)>> = Mutex::new(Vec::new());

/// How many of the slowest trials are listed.
const SLOWEST: usize = 10;

/// The times of all trials, slowest first.
const ALL: &str = "target/tests/trials.txt";

static DECLARED: AtomicUsize = AtomicUsize::new(0);

/// A trial on its own hosts; its time is recorded even if it fails.
pub(crate) fn trial(
    name: impl Into<String>,
    run: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    trial_at(Where::Alone, name, run)
}

/// A trial on a shared host.
pub(crate) fn trial_at(
    place: Where,
    name: impl Into<String>,
    run: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let name = name.into();
    let order = DECLARED.fetch_add(1, Ordering::Relaxed);
    Trial::test(name.clone(), move || {
        let _seat = seats::take(order, &place);
        let _kept = Kept { began: Instant::now(), name };
        run()
    })
}

/// Records the time of a trial when it ends, in whatever way.
struct Kept {
    began: Instant,
    name: String,
}

impl Drop for Kept {
    fn drop(&mut self) {
        let one = (self.began.elapsed(), std::mem::take(&mut self.name));
        TIMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(one);
    }
}

/// Prints the recorded times. The time of a host's first trial includes its creation.
pub(crate) fn report() {
    let mut times = std::mem::take(&mut *TIMES.lock().expect("no trial is running"));
    times.sort_by(|one, other| other.cmp(one));
    let mut groups: BTreeMap<&str, (Duration, usize)> = BTreeMap::new();
    for (time, name) in &times {
        let group = name.rsplit_once("::").map_or(name.as_str(), |(group, _)| group);
        let sum = groups.entry(group).or_default();
        *sum = (sum.0 + *time, sum.1 + 1);
    }
    let lines: Vec<String> = times
        .iter()
        .map(|(time, name)| format!("{:7.1} s  {name}\n", time.as_secs_f64()))
        .collect();
    println!("\nslowest trials (all: {ALL}):");
    print!("{}", lines.iter().take(SLOWEST).map(String::as_str).collect::<String>());
    println!("sums:");
    for (group, (time, count)) in groups {
        println!("{:7.1} s  {group} ({count})", time.as_secs_f64());
    }
    let kept =
        std::fs::create_dir_all("target/tests").and_then(|()| std::fs::write(ALL, lines.concat()));
    kept.expect("target can be written");
}
