//! `diff` compared with `plan`: the offline result for each edit of the spec is the same as the plan on a host made
//! from the unedited spec.

#[path = "../support/edits.rs"]
mod table;

use crate::whole::{Host, trial_apart};
use libtest_mimic::Trial;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
pub(crate) use table::{EDITS, Edit};

/// Resources about which the host knows more than the specs, by edit.
const KNOWN_THERE: &[(&str, &str, &str)] = &[
    ("apt_new", "apt:tree", "apt's candidate"),
    ("apt_removed", "apt:htop", "its version"),
    ("command_check", "command:look", "its check passes"),
    ("cron_gone", "service:cron.service", "it was there before"),
    ("file_gone", "absent:/etc/motd", "it was there before"),
    ("own_module_gone", "service:nginx.service", "whether it was started by a boot"),
    ("service_of_others", "service:systemd-timesyncd.service", "it runs"),
    (
        "synapse_database_password",
        "file:/etc/matrix-synapse/pgpass",
        "what is found is masked by the new name",
    ),
    (
        "synapse_mail",
        "file:/etc/matrix-synapse/conf.d/51-matrixform-secrets.yaml",
        "where secrets are in what is found cannot be told",
    ),
    (
        "synapse_port",
        "synapse_token:/etc/matrixform/synapse-maintenance.curl",
        "nobody answers there",
    ),
];

/// Edits that a plan refuses because of the host's state.
pub(crate) const REFUSED_THERE: &[&str] = &["synapse_database_renamed", "synapse_pepper_renamed"];

/// Secrets that edits refer to and a user must provide.
pub(crate) const BROUGHT: &[&str] = &["VENDOR_TOKEN", "LAB_REPORTER", "MAIL_PASSWORD"];

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![trial_apart("edits::diff_agrees_with_plan::trixie".to_owned(), "trixie", compared)]
}

fn compared(host: &Host) {
    let base = std::fs::read_to_string(&host.spec).expect("a spec");
    let saved = host.guest.on("facts", &host.spec, &["--save"]);
    assert_eq!(saved.status, 0, "{saved}");
    let edited = host.spec.with_file_name("edited.toml");
    let mut wrong = Vec::new();
    for edit in EDITS.iter().filter(|edit| !REFUSED_THERE.contains(&edit.name)) {
        std::fs::write(&edited, edit.apply(&base)).expect("a spec");
        let forecast = items(host, &["diff".as_ref(), &host.spec, &edited]);
        let found = items(host, &["plan".as_ref(), &edited]);
        wrong.extend(differences(edit, &forecast, &found));
    }
    std::fs::remove_file(host.spec.with_extension("facts.json")).expect("saved facts");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The output of a command for each resource that changes.
pub(crate) fn items(host: &Host, words: &[&Path]) -> BTreeMap<String, Value> {
    let mut command = host.guest.command();
    for name in BROUGHT {
        command.env(format!("MATRIXFORM_SECRET_{name}"), "brought-by-the-trial");
    }
    let output = command.args(words).args(["--format", "json"]).output().expect("matrixform");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {stderr}");
    let plan: Value = serde_json::from_slice(&output.stdout).expect("a plan");
    let items = plan["items"].as_array().expect("items").clone().into_iter();
    items
        .map(|item| {
            (item["address"].as_str().expect("an address").to_owned(), compared_parts(item))
        })
        .collect()
}

/// All fields except the notes, which may contain facts only the host knows.
fn compared_parts(mut item: Value) -> Value {
    item.as_object_mut().expect("an item").remove("notes");
    item
}

fn differences(
    edit: &Edit,
    forecast: &BTreeMap<String, Value>,
    found: &BTreeMap<String, Value>,
) -> Vec<String> {
    let is_known = |address: &String| {
        KNOWN_THERE.iter().any(|(name, known, _)| *name == edit.name && known == address)
    };
    let all: std::collections::BTreeSet<&String> = forecast.keys().chain(found.keys()).collect();
    let differ = all.into_iter().filter(|address| forecast.get(*address) != found.get(*address));
    differ
        .filter(|address| !is_known(address))
        .map(|address| {
            let shown = |side: &BTreeMap<String, Value>| {
                side.get(address).map_or_else(|| "nothing".to_owned(), Value::to_string)
            };
            format!(
                "{}: {address}\n  diff: {}\n  plan: {}",
                edit.name,
                shown(forecast),
                shown(found)
            )
        })
        .collect()
}
