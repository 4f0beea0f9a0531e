//! Output formats, exit statuses, and which specs are checked.

use crate::workspace::{GOOD, Workspace};
use serde_json::Value;

const WRONG: &str = "[host]\naddress = \"a.example\"\n[nginx]\nhstss = true\n";

#[test]
fn status_0_with_warnings_only_and_1_with_strict() {
    let good = Workspace::with(GOOD);
    let ran = good.run(&["check", "prod.toml", "--strict"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "advice is no warning: {ran}");
    let warned = Workspace::with(
        &GOOD
            .replace("self-signed\"", "self-signed\" # MF053")
            .replace("MF053\"\nreason", "MF002\"\nreason"),
    );
    let ran = warned.run(&["check", "prod.toml"]);
    assert_eq!(ran.status, 0);
    assert!(ran.stdout.contains("warning: "), "{ran}");
    assert!(ran.stdout.ends_with("1 spec: 2 warnings, 3 notes\n"), "{ran}");
    let ran = warned.run(&["check", "prod.toml", "--strict"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.ends_with("1 spec: 2 errors, 3 notes\n"), "{ran}");
}

#[test]
fn the_whole_inventory_is_checked_without_a_spec() {
    let workspace = Workspace::new();
    let ran = workspace.run(&["check"]);
    assert_eq!(ran.status, 64);
    assert!(ran.stderr.contains("there is no directory `inventory/` here"), "{ran}");
    workspace.write("inventory/a.toml", WRONG);
    workspace.write("inventory/b.toml", "x = [\n");
    workspace.write("inventory/notes.md", "no spec");
    let ran = workspace.run(&["check"]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout.contains("inventory/a.toml:4:1") && ran.stdout.contains("inventory/b.toml:1"),
        "{ran}"
    );
    let ran = workspace.run(&["check", "inventory/b.toml", "none.toml"]);
    assert!(ran.stdout.contains("none.toml does not exist"), "{ran}");
    assert!(!ran.stdout.contains("a.toml:"), "{ran}");
}

#[test]
fn json_is_for_editors() {
    let workspace = Workspace::with(WRONG);
    let ran = workspace.run(&["check", "prod.toml", "--format", "json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["format"], 1);
    let problems = found["problems"].as_array().unwrap();
    let unknown = problems.iter().find(|problem| problem["code"] == "spec/unknown-key");
    let problem = unknown.unwrap();
    assert_eq!(problem["file"], "prod.toml");
    let place =
        ["line", "column", "end_line", "end_column"].map(|key| problem[key].as_u64().unwrap());
    assert_eq!(place, [4, 1, 4, 6]);
    assert_eq!(problem["help"], "did you mean `hsts`?");
}

#[test]
fn forges_show_problems_on_their_lines() {
    let workspace = Workspace::new();
    workspace.write("inventory/prod.toml", WRONG);
    let ran = workspace.run(&["check", "--format", "github"]);
    let line = "::error file=inventory/prod.toml,line=4,endLine=4,col=1,endColumn=5,title=spec/unknown-key::unknown key `hstss`%0Ahelp: did you mean `hsts`?";
    assert!(ran.stdout.lines().any(|found| found == line), "{ran}");
    let ran = workspace.run(&["check", "--format", "gitlab"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    let issue = found
        .as_array()
        .unwrap()
        .iter()
        .find(|issue| issue["check_name"] == "spec/unknown-key")
        .unwrap();
    assert_eq!(issue["location"]["path"], "inventory/prod.toml");
    assert_eq!(issue["location"]["lines"]["begin"], 4);
    assert_eq!(issue["severity"], "critical");
}
