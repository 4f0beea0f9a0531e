//! Options accepted by `check`, one at a time, against the reader that validates them on the host: no false alarm. And
//! mistyped keys at any depth, as an older Synapse sees options of a newer one: most are found.

use crate::option_values::{Trial, alone, modules, trials};
use crate::synapse::Synapse;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::process::Command;

/// Fewer would mean that the test covers nothing.
const LEAST: usize = 450;

const LEAST_ALONE: usize = 50;

/// Whether to draw this one outside a sweep: each takes a fifth of a second. `LAB_SEED` draws others.
fn is_drawn(number: usize) -> bool {
    let seed = std::env::var("LAB_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    std::env::var_os("MATRIXFORM_FULL").is_some() || number % 10 == seed % 10
}

fn drawn(trials: Vec<Trial>) -> Vec<Trial> {
    let numbered = trials.into_iter().enumerate();
    numbered.filter(|(number, _)| is_drawn(*number)).map(|(_, trial)| trial).collect()
}

/// Every option that `check` accepts is accepted within the rest of the configuration.
pub(crate) fn options_accepted_by_check(synapse: &Synapse) {
    accepted(synapse, trials(), LEAST);
}

/// The same for options without their companions: either `check` requires these, or Synapse does not.
pub(crate) fn options_accepted_by_check_on_their_own(synapse: &Synapse) {
    accepted(synapse, alone(), LEAST_ALONE);
}

fn accepted(synapse: &Synapse, trials: Vec<Trial>, least: usize) {
    let (modules, synapse) = (modules(), synapse.with_extras());
    let taken: Vec<Trial> =
        trials.into_iter().filter(|trial| trial.refusal(&modules).is_none()).collect();
    assert!(taken.len() >= least, "{} are taken", taken.len());
    let taken = drawn(taken);
    let directory = files();
    let mut refused = String::new();
    for delegated in [false, true] {
        let of: Vec<&Trial> = taken.iter().filter(|trial| trial.delegated == delegated).collect();
        let own: Vec<Value> =
            of.iter().map(|trial| plain(&trial.extra, directory.path())).collect();
        let complaints = synapse.complaints(&rest(directory.path(), delegated), &own);
        for ((trial, own), complaints) in of.iter().zip(own).zip(complaints) {
            if !complaints.is_empty() {
                refused += &format!("{} = {own}\n    {}\n", trial.name, complaints.join("\n    "));
            }
        }
    }
    assert!(refused.is_empty(), "taken by check, and refused on the host:\n{refused}");
}

/// A misspelling of the last key in a name with several.
pub(crate) fn a_mistyped_key_is_found(synapse: &Synapse) {
    let (modules, synapse) = (modules(), synapse.with_extras());
    let directory = files();
    let deep = |trial: &Trial| trial.name.contains('.') && !trial.name.ends_with("[]");
    let taken: Vec<Trial> = trials()
        .into_iter()
        .filter(|trial| deep(trial) && !trial.delegated && trial.refusal(&modules).is_none())
        .collect();
    let taken = drawn(taken);
    let own: Vec<Value> = taken
        .iter()
        .map(|trial| {
            let mut own = plain(&trial.extra, directory.path());
            let parts: Vec<&str> = trial.name.split('.').collect();
            mistype(&mut own, &parts);
            own
        })
        .collect();
    let complaints = synapse.complaints(&rest(directory.path(), false), &own);
    let reported = |complaints: &Vec<String>| {
        complaints.iter().any(|one| one.contains("does not know") || one.contains("_qzx"))
    };
    let silent = taken.iter().zip(&complaints).filter(|(_, complaints)| !reported(complaints));
    let silent: Vec<&String> = silent.map(|(trial, _)| &trial.name).collect();
    println!("{} of {} mistyped keys are found; not:", taken.len() - silent.len(), taken.len());
    println!("{silent:?}");
    assert!(silent.len() * 10 <= taken.len() * 3, "most are found");
}

fn mistype(value: &mut Value, parts: &[&str]) {
    let (part, rest) = parts.split_first().expect("a name");
    let table = value.as_object_mut().expect("a table");
    let key = match part.trim_end_matches("[]") {
        "*" => table.keys().next().expect("a key").clone(),
        key => key.to_owned(),
    };
    let key = key.as_str();
    if rest.is_empty() {
        let value = table.remove(key).unwrap_or_default();
        table.insert(format!("{key}_qzx"), value);
        return;
    }
    let mut below = table.get_mut(key).expect("what is below");
    if part.ends_with("[]") {
        below = &mut below[0];
    }
    mistype(below, rest);
}

/// The configuration beside the options, as written by the module where options depend on it.
fn rest(directory: &Path, delegated: bool) -> Value {
    json!({
        "server_name": "hs.test",
        "report_stats": false,
        "public_baseurl": "https://matrix.hs.test/",
        "signing_key": "ed25519 a_auto AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "macaroon_secret_key": "x",
        "media_store_path": directory.join("media"),
        "suppress_key_server_warning": true,
        "require_auth_for_profile_requests": true,
        "trusted_key_servers": [],
        "database": { "name": "sqlite3", "args": { "database": ":memory:" } },
        "password_config": { "enabled": !delegated },
        "url_preview_enabled": true,
        "url_preview_ip_range_blacklist": ["10.0.0.0/8"],
    })
}

/// The content of Synapse's own file: secrets by value, and paths on this machine.
fn plain(extra: &Map<String, Value>, directory: &Path) -> Value {
    let mut own = walk(&Value::Object(extra.clone()), directory);
    // The module's additions to tables that a spec writes in part.
    let email = own.get_mut("email").and_then(Value::as_object_mut);
    if let Some(email) = email {
        for (key, value) in [("smtp_host", "mail.example.org"), ("notif_from", "a <a@hs.test>")] {
            email.insert(key.to_owned(), json!(value));
        }
    }
    if let Some(database) = own.get_mut("database").and_then(Value::as_object_mut) {
        database.insert("name".to_owned(), json!("sqlite3"));
        database.insert("args".to_owned(), json!({ "database": ":memory:" }));
    }
    own
}

fn walk(value: &Value, directory: &Path) -> Value {
    match value {
        Value::Object(table)
            if table.len() == 1 && table.get("secret").is_some_and(Value::is_string) =>
        {
            json!("https://key@sentry.example.org/1")
        }
        Value::Object(table) => {
            table.iter().map(|(key, value)| (key.clone(), walk(value, directory))).collect()
        }
        Value::Array(items) => items.iter().map(|value| walk(value, directory)).collect(),
        Value::String(text) => json!(text.replace("/srv/trial", &directory.display().to_string())),
        other => other.clone(),
    }
}

/// The files named by options, each where a trial finds it.
fn files() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let from = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/trial_files/.");
    let at = directory.path();
    let script = "cp -r \"$0\" \"$1\"; ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f \"$1/manhole\"
        sed -i \"s|/srv/trial|$1|\" \"$1/saml.py\"";
    let made = Command::new("sh").args(["-ec", script, from]).arg(at).status();
    assert!(made.expect("sh").success(), "the files of trials");
    directory
}
