//! Two directories: specs with the same name are compared.

use crate::{matrixform, text};
use std::path::Path;

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::create_dir_all(directory).unwrap();
    std::fs::write(directory.join(name), text).unwrap();
}

fn spec(motd: &str) -> String {
    format!(
        "include = [\"all.toml\"]\n[host]\naddress = \"192.0.2.1\"\n[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"{motd}\"\n"
    )
}

fn workspace() -> tempfile::TempDir {
    let workspace = tempfile::tempdir().unwrap();
    let (base, head) = (workspace.path().join("base"), workspace.path().join("head"));
    for side in [&base, &head] {
        write(side, "all.toml", "format = 1\n");
        write(side, "same.toml", &spec("same"));
    }
    write(&base, "a.toml", &spec("one"));
    write(&head, "a.toml", &spec("two"));
    write(&base, "gone.toml", &spec("gone"));
    write(&head, "new.toml", &spec("new"));
    workspace
}

#[test]
fn specs_with_the_same_name_are_compared_and_others_listed() {
    let workspace = workspace();
    let output =
        matrixform(workspace.path(), &["diff", "base", "head", "--summary"]).output().unwrap();
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(shown.starts_with("a.toml: facts recorded for a fresh ubuntu-24.04"), "{shown}");
    assert!(shown.contains("update  file:/etc/motd: content"), "{shown}");
    assert!(shown.contains("\ngone.toml: the spec is gone; everything stays on its host\n"));
    assert!(shown.contains("\nnew.toml: a new spec\n"), "{shown}");
    assert!(shown.contains("no changes: 1 resource matches the spec"), "{shown}");
    assert!(!shown.contains("all.toml"), "a part is no spec: {shown}");
}

#[test]
fn directories_as_json_name_each_spec() {
    let workspace = workspace();
    let args = ["diff", "base", "head", "--format", "json", "--detailed-exitcode"];
    let output = matrixform(workspace.path(), &args).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let specs = all["specs"].as_array().unwrap().iter();
    let outputs: Vec<String> = specs
        .map(|one| {
            let changes = one["plan"]["items"].as_array().map(Vec::len);
            format!("{} {} {changes:?}", one["name"], one["state"])
        })
        .collect();
    assert_eq!(
        outputs,
        [
            "\"a.toml\" \"compared\" Some(1)",
            "\"gone.toml\" \"gone\" None",
            "\"new.toml\" \"new\" None",
            "\"same.toml\" \"compared\" Some(0)",
        ]
    );
}

#[test]
fn a_directory_is_not_compared_with_a_file() {
    let workspace = workspace();
    let output = matrixform(workspace.path(), &["diff", "base", "head/a.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("one is a directory and the other is not"));
}
