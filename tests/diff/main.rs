//! `matrixform diff`: the changes that edits of a spec would make, and the treatment of hostile specs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod directories;
#[path = "../support/edits.rs"]
mod edits;
mod facts;
mod host_of;
mod hostile;

use edits::{EDITS, ELSEWHERE, Edit, SPEC};
use std::path::Path;
use std::process::{Command, Output};

/// Prepares matrixform in this directory, with these arguments and an empty environment.
fn matrixform(directory: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matrixform"));
    command.current_dir(directory).env_clear().args(args);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A workspace with both sides as directories.
fn workspace(base: &str, head: &str) -> tempfile::TempDir {
    let workspace = tempfile::tempdir().unwrap();
    for (side, spec) in [("base", base), ("head", head)] {
        edits::write(&workspace.path().join(side), spec);
    }
    workspace
}

/// The output of `diff` for an edit on Debian 13.
fn run_diff(edit: &Edit, args: &[&str]) -> Output {
    let workspace = workspace(SPEC, &edit.apply(SPEC));
    let all = ["diff", "base/prod.toml", "head/prod.toml", "--on", "debian-13"];
    matrixform(workspace.path(), &[&all, args].concat()).output().unwrap()
}

/// The same without the plan id, which changes with every edit.
fn shown(edit: &Edit) -> String {
    let output = run_diff(edit, &[]);
    assert_eq!(output.status.code(), Some(0), "{}: {}", edit.name, text(&output.stderr));
    without_id(&text(&output.stdout))
}

fn without_id(shown: &str) -> String {
    let (head, rest) = shown.split_once(", plan ").expect("an id");
    let (id, rest) = rest.split_at(64);
    assert!(id.chars().all(|c| c.is_ascii_hexdigit()), "{id}");
    format!("{head}, plan [ID]{rest}")
}

/// `INSTA_UPDATE=always cargo test --test diff` records these again; read the diff before committing.
#[test]
fn each_edit_matches_its_recorded_diff() {
    let mut wrong = Vec::new();
    for edit in EDITS.iter().chain(ELSEWHERE) {
        let shown = shown(edit);
        let compared = std::panic::catch_unwind(|| insta::assert_snapshot!(edit.name, shown));
        wrong.extend(compared.err().map(|_| edit.name));
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// No spec differs from itself.
#[test]
fn no_spec_differs_from_itself() {
    for edit in EDITS.iter().chain(ELSEWHERE) {
        let edited = edit.apply(SPEC);
        let workspace = workspace(&edited, &edited);
        let args = ["diff", "base/prod.toml", "head/prod.toml", "--detailed-exitcode"];
        let output = matrixform(workspace.path(), &args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}: {}", edit.name, text(&output.stdout));
    }
}

/// The first apply of a whole spec, and a spec that lost everything.
#[test]
fn from_nothing_and_back() {
    let nothing = "id = \"example.org\"\n[host]\naddress = \"127.0.0.1\"\n";
    for (name, base, head) in [("from_nothing", nothing, SPEC), ("to_nothing", SPEC, nothing)] {
        let workspace = workspace(base, head);
        let args = ["diff", "base/prod.toml", "head/prod.toml", "--on", "debian-13", "--summary"];
        let output = matrixform(workspace.path(), &args).output().unwrap();
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
        insta::assert_snapshot!(name, without_id(&text(&output.stdout)));
    }
}

#[test]
fn the_exit_status_shows_changes_on_request() {
    let status = |name: &str, args: &[&str]| {
        let edit = EDITS.iter().find(|edit| edit.name == name).unwrap();
        run_diff(edit, args).status.code()
    };
    assert_eq!(status("comment", &["--detailed-exitcode"]), Some(0));
    assert_eq!(status("file_mode", &["--detailed-exitcode"]), Some(2));
    assert_eq!(status("file_mode", &["--summary"]), Some(0));
}

/// The document is a plan that `show` can print: its id matches its content.
#[test]
fn json_is_a_plan_without_a_host() {
    let output = run_diff(
        EDITS.iter().find(|edit| edit.name == "synapse_mail").unwrap(),
        &["--format", "json"],
    );
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(plan["bound"]["host_key"].is_null() && plan["bound"]["machine"].is_null());
    assert!(
        plan["remarks"][0].as_str().unwrap().starts_with("facts recorded for a fresh debian-13")
    );
    let workspace = tempfile::tempdir().unwrap();
    std::fs::write(workspace.path().join("a.plan"), &output.stdout).unwrap();
    let show = matrixform(workspace.path(), &["show", "a.plan"]).output().unwrap();
    assert!(show.status.success(), "{}", text(&show.stderr));
}

#[test]
fn markdown_is_a_comment() {
    let output = run_diff(
        EDITS.iter().find(|edit| edit.name == "file_mode").unwrap(),
        &["--format", "markdown"],
    );
    let shown = text(&output.stdout);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with("<!-- matrixform host=127.0.0.1 installation=example.org plan="));
    assert!(lines[1].starts_with("facts recorded for a fresh debian-13 host"), "{shown}");
    assert_eq!(lines[3], "### Plan for <code>127.0.0.1</code>", "{shown}");
}
