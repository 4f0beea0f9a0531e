//! Every option of Synapse and every fragment of a real homeserver.yaml that `check` takes, applied for real on a
//! host: many at once, and by halves where a batch fails. `tests/run` draws some; `tests/full options` does all,
//! and goes on where an earlier run of the same commit was stopped.

#[path = "../support/fragments.rs"]
mod fragments;
#[path = "../support/option_values.rs"]
mod option_values;

use crate::guest::{Guest, Ran};
use crate::whole::is_drawn;
use libtest_mimic::Trial as Test;
use matrixform::synapse::options;
use option_values::{BODY, Trial, modules, secrets, spec, trials as all};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const SUITE: &str = "trixie";

/// How many are applied at once.
const BATCH: usize = 100;

/// The trials of this file.
pub(crate) fn trials() -> Vec<Test> {
    vec![Test::test(format!("options::{SUITE}::what_check_takes_is_applied"), || {
        what_check_takes_is_applied();
        Ok(())
    })]
}

fn what_check_takes_is_applied() {
    let modules = modules();
    let done = Done::read();
    let wanted = all().into_iter().chain(fragments::trials());
    let wanted: Vec<Trial> = wanted
        .filter(|trial| is_drawn(SUITE, &trial.name) && !done.names.contains(&trial.name))
        .filter(|trial| trial.refusal(&modules).is_none())
        .collect();
    let mut batches = batches(wanted);
    // What needs packages of Python for each batch takes minutes: the whole sweep alone does that.
    if std::env::var_os("MATRIXFORM_FULL").is_none() {
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
    host.guest.down();
    let failed: Vec<String> =
        failed.iter().map(|(name, said)| format!("{name}:\n{said}")).collect();
    assert!(failed.is_empty(), "taken by check and not applied:\n{}", failed.join("\n\n"));
}

/// A host with the rest of the specs, and the files that options name.
struct Host {
    guest: Guest,
}

impl Host {
    fn converge(batches: &[Vec<Trial>]) -> Host {
        let guest = Guest::blank("t-options", SUITE);
        files(&guest);
        let mut names = vec!["trial/turn".to_owned()];
        for trial in batches.iter().flatten() {
            secrets(&Value::Object(trial.extra.clone()), &mut names);
        }
        let names: BTreeSet<String> = names.into_iter().collect();
        let lines =
            names.iter().map(|name| format!("\"{name}\" = \"https://key@sentry.example.org/1\"\n"));
        let path = guest.home.path().join("secrets.toml");
        let mut options = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(options.create(true).write(true), 0o600);
        let mut file = options.open(path).expect("the secrets' file");
        file.write_all(lines.collect::<String>().as_bytes()).expect("secrets");
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

    /// Those of a batch that cannot be applied, or are not as they were said afterwards.
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
        let why: Vec<&str> =
            ran.stderr.lines().filter(|line| line.contains("rror")).take(3).collect();
        println!("halving {} options: status {}, {why:?}", batch.len(), ran.status);
        let (mut front, mut back) = (batch, Vec::new());
        back.extend(front.split_off(front.len() / 2));
        let mut found = self.failures(front);
        found.extend(self.failures(back));
        found
    }
}

/// What options name, at /srv/trial, readable for Synapse.
fn files(guest: &Guest) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/trial_files");
    let script = "tar -C \"$0\" -c . | base64 -w0";
    let packed = Command::new("sh").args(["-c", script]).arg(folder).output().expect("tar");
    let packed = String::from_utf8_lossy(&packed.stdout).into_owned();
    guest.run(&format!(
        "mkdir -p /srv/trial /srv/trial-media && echo {packed} | base64 -d | tar -C /srv/trial -x --no-same-owner
        ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f /srv/trial/manhole && chmod -R a+rX /srv/trial && chmod a+r /srv/trial/manhole",
    ));
}

/// Groups of trials that one spec can say together. Those for which Python packages are added stand together.
fn batches(trials: Vec<Trial>) -> Vec<Vec<Trial>> {
    let first = |name: &str| name.split(['.', '[']).next().unwrap_or_default().to_owned();
    let of_packages: BTreeSet<String> = options()
        .known
        .iter()
        .filter(|(_, option)| option.extra.is_some())
        .map(|(name, _)| first(name))
        .chain(["modules".to_owned(), "password_providers".to_owned()])
        .collect();
    let mut groups: Vec<((bool, bool), Map<String, Value>, Vec<Trial>)> = Vec::new();
    for trial in trials {
        let packages = trial.extra.keys().any(|key| of_packages.contains(key));
        let kind = (trial.delegated, packages);
        let fits = |group: &&mut ((bool, bool), Map<String, Value>, Vec<Trial>)| {
            group.0 == kind && group.2.len() < BATCH && agree(&group.1, &trial.extra)
        };
        match groups.iter_mut().find(fits) {
            Some(group) => {
                merge(&mut group.1, &trial.extra);
                group.2.push(trial);
            }
            None => groups.push((kind, trial.extra.clone(), vec![trial])),
        }
    }
    groups.sort_by_key(|group| group.0);
    groups.into_iter().map(|(_, _, trials)| trials).collect()
}

/// Whether nothing is said twice, and differently.
fn agree(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    // A secret stands by value or in a file.
    let twice = |key: &str| {
        ["_path", "_file"].iter().any(|end| {
            let value = key.strip_suffix(end).is_some_and(|value| one.contains_key(value));
            value || one.contains_key(&format!("{key}{end}"))
        })
    };
    other
        .iter()
        .all(|(key, value)| !twice(key) && one.get(key).is_none_or(|mine| one_value(mine, value)))
}

fn one_value(mine: &Value, theirs: &Value) -> bool {
    match (mine, theirs) {
        (Value::Object(mine), Value::Object(theirs)) => agree(mine, theirs),
        // The one entry that both have something to add to.
        (Value::Array(mine), Value::Array(theirs)) => match (mine.as_slice(), theirs.as_slice()) {
            ([mine @ Value::Object(_)], [theirs @ Value::Object(_)]) => one_value(mine, theirs),
            _ => mine == theirs,
        },
        _ => mine == theirs,
    }
}

fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Object(mine)), Value::Object(theirs)) => merge(mine, theirs),
            (Some(Value::Array(mine)), Value::Array(theirs)) => {
                if let ([Value::Object(mine)], [Value::Object(theirs)]) =
                    (mine.as_mut_slice(), theirs.as_slice())
                {
                    merge(mine, theirs);
                }
            }
            _ => drop(into.insert(key.clone(), value.clone())),
        }
    }
}

/// What a stopped sweep of this commit has done already.
struct Done {
    path: Option<PathBuf>,
    names: BTreeSet<String>,
}

impl Done {
    fn read() -> Done {
        let full = std::env::var_os("MATRIXFORM_FULL").is_some();
        let head =
            Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().expect("git");
        let head = String::from_utf8_lossy(&head.stdout).trim().to_owned();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/options");
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = full.then(|| folder.join(head));
        let text = path.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        Done { path, names: text.unwrap_or_default().lines().map(str::to_owned).collect() }
    }

    fn add<'a>(&self, names: impl Iterator<Item = &'a String>) {
        let Some(path) = &self.path else { return };
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(path).expect("rows");
        for name in names {
            writeln!(file, "{name}").expect("a row");
        }
    }
}
