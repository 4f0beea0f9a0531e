//! Every option of Synapse and every fragment of a real homeserver.yaml that `check` accepts, applied on a real host:
//! many at once, halving a batch that fails. `tests/run` draws some; `tests/full options` applies all, and resumes an
//! interrupted run of the same commit.

mod batches;
mod done;
#[path = "../support/fragments.rs"]
mod fragments;
#[path = "../support/option_values.rs"]
mod option_values;

use crate::guest::{Guest, Ran};
use crate::whole::is_drawn;
use batches::{batches, merge};
use done::Done;
use fragments::fragments;
use libtest_mimic::Trial as Test;
use option_values::{BODY, Trial, modules, secrets, spec, trials as all};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const SUITE: &str = "trixie";

/// The trials of this file.
pub(crate) fn trials() -> Vec<Test> {
    vec![Test::test(format!("options::{SUITE}::options_accepted_by_check_are_applied"), || {
        options_accepted_by_check_are_applied();
        Ok(())
    })]
}

fn options_accepted_by_check_are_applied() {
    let modules = modules();
    let mut done = Done::read();
    let right = fragments().into_iter().filter(|fragment| fragment.says.is_none());
    let wanted = all().into_iter().chain(right.map(|fragment| fragment.trial));
    let wanted: Vec<Trial> = wanted
        .filter(|trial| is_drawn(SUITE, &trial.name) && !done.names.contains(&trial.name))
        .filter(|trial| trial.refusal(&modules).is_none())
        .collect();
    let mut batches = batches(wanted, &modules);
    // Batches that need Python packages take minutes each, so only the full sweep has them.
    if !crate::seed::is_sweep() {
        batches.truncate(1);
    }
    let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
    println!("options in batches of {sizes:?}");
    let host = Host::converge(&batches);
    let mut failed = Vec::new();
    for batch in batches {
        let names: Vec<String> = batch.iter().map(|trial| trial.name.clone()).collect();
        let found = host.failures(batch);
        let bad: BTreeSet<&String> = found.iter().map(|(name, _)| name).collect();
        done.add(names.iter().filter(|name| !bad.contains(name)));
        failed.extend(found);
    }
    failed.extend(host.refusals(&mut done));
    host.guest.down();
    let failed: Vec<String> =
        failed.iter().map(|(name, output)| format!("{name}:\n{output}")).collect();
    assert!(failed.is_empty(), "check and apply are at odds:\n{}", failed.join("\n\n"));
    done.record(SUITE);
}

/// A host for the specs, with the files that options name.
struct Host {
    guest: Guest,
}

impl Host {
    fn converge(batches: &[Vec<Trial>]) -> Host {
        let guest = Guest::blank("t-options", SUITE);
        files(&guest);
        let mut names = vec!["trial/turn".to_owned()];
        let fragments = fragments().into_iter().map(|fragment| fragment.trial);
        for trial in batches.iter().flatten().cloned().chain(fragments) {
            secrets(&Value::Object(trial.extra), &mut names);
        }
        let names: BTreeSet<String> = names.into_iter().collect();
        let lines =
            names.iter().map(|name| format!("\"{name}\" = \"https://key@sentry.example.org/1\"\n"));
        guest.begin_secrets(&lines.collect::<String>());
        let host = Host { guest };
        let ran = host.apply(BODY);
        assert_eq!(ran.status, 0, "{ran}");
        host
    }

    fn apply(&self, body: &str) -> Ran {
        self.guest.on("apply", &self.spec(body), &["--yes"])
    }

    fn spec(&self, body: &str) -> PathBuf {
        let body = format!("[secrets]\nfile = \"secrets.toml\"\n{body}");
        self.guest.spec("options.toml", "user = \"root\"", &body)
    }

    /// The trials of a batch that cannot be applied, or that differ afterwards.
    fn failures(&self, batch: Vec<Trial>) -> Vec<(String, String)> {
        let Some(first) = batch.first() else { return Vec::new() };
        let mut extra = Map::new();
        for trial in &batch {
            merge(&mut extra, &trial.extra);
        }
        let body = spec(&extra, first.delegated);
        let ran = self.apply(&body);
        if ran.status == 0 {
            let left = self.guest.planned(&self.spec(&body));
            if left.is_empty() {
                return Vec::new();
            }
            println!("left of {} options: {left:?}", batch.len());
        }
        if let [only] = batch.as_slice() {
            println!("failed: {}\n{}", only.name, ran.stderr);
            return vec![(only.name.clone(), ran.stderr)];
        }
        let why: Vec<&str> = ran.stderr.lines().filter(|line| is_reason(line)).take(6).collect();
        println!("halving {} options: status {}\n{}", batch.len(), ran.status, why.join("\n"));
        let (mut front, mut back) = (batch, Vec::new());
        back.extend(front.split_off(front.len() / 2));
        let names =
            |half: &[Trial]| half.iter().map(|trial| trial.name.clone()).collect::<Vec<_>>();
        let all = [names(&front), names(&back)].concat().join(", ");
        let mut found = self.failures(front);
        found.extend(self.failures(back));
        if found.is_empty() {
            // Two of them exclude each other, although `check` accepts them.
            found.push((format!("together: {all}"), why.join("\n")));
        }
        found
    }

    /// The wrong fragments that an apply does not refuse as `check` does.
    fn refusals(&self, done: &mut Done) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for fragment in fragments() {
            let Some(says) = &fragment.says else { continue };
            let ran = self.apply(&fragment.trial.spec());
            match ran.status != 0 && ran.stderr.contains(says) {
                true => done.add([&fragment.trial.name].into_iter()),
                false => found.push((fragment.trial.name, ran.to_string())),
            }
        }
        found
    }
}

/// Whether a line of an apply's output is about the failure, not a warning about the spec.
fn is_reason(line: &str) -> bool {
    line.starts_with("error") || line.contains("= note")
}

/// The files that options name, in /srv/trial, readable for Synapse.
fn files(guest: &Guest) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/trial_files");
    let script = "tar -C \"$0\" -c . | base64 -w0";
    let packed = Command::new("sh").args(["-c", script]).arg(directory).output().expect("tar");
    let packed = String::from_utf8_lossy(&packed.stdout).into_owned();
    guest.run(&format!(
        "mkdir -p /srv/trial /srv/trial-media && echo {packed} | base64 -d | tar -C /srv/trial -x --no-same-owner
        ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f /srv/trial/manhole && chmod -R a+rX /srv/trial && chmod a+r /srv/trial/manhole",
    ));
}
