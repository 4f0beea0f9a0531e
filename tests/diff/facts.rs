//! The facts that a comparison uses.

use crate::{matrixform, text};

const SPEC: &str = "[host]\naddress = \"192.0.2.1\"\n[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"{{ facts.os.codename }} A\"\n";

fn run(saved: Option<&str>, args: &[&str]) -> (i32, String, String) {
    let workspace = tempfile::tempdir().unwrap();
    for (side, text) in [("base", SPEC.to_owned()), ("head", SPEC.replace(" A", " B"))] {
        std::fs::create_dir(workspace.path().join(side)).unwrap();
        std::fs::write(workspace.path().join(side).join("prod.toml"), text).unwrap();
    }
    if let Some(saved) = saved {
        std::fs::write(workspace.path().join("base/prod.facts.json"), saved).unwrap();
    }
    let all = [&["diff", "base/prod.toml", "head/prod.toml"], args].concat();
    let output = matrixform(workspace.path(), &all).output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn saved_facts_take_precedence_over_recorded_ones() {
    let saved = "{\"format\":1,\"facts\":{\"os\":{\"codename\":\"sid\"}}}";
    let (_, shown, _) = run(Some(saved), &[]);
    assert!(shown.starts_with("facts from prod.facts.json beside the first spec\n"));
    assert!(shown.contains("+sid B"), "{shown}");
    let (_, shown, _) = run(None, &[]);
    assert!(
        shown.starts_with(
            "facts recorded for a fresh ubuntu-24.04 host: there is no prod.facts.json"
        )
    );
    assert!(shown.contains("+noble B"), "{shown}");
    let (_, shown, _) = run(Some(saved), &["--on", "debian-12"]);
    assert!(shown.starts_with("facts recorded for a fresh debian-12 host\n"), "{shown}");
    assert!(shown.contains("+bookworm B"), "{shown}");
}

/// Installed versions come from them.
#[test]
fn versions_come_from_the_saved_facts() {
    let package = |installed: &str| {
        format!("{SPEC}[[resource]]\nkind = \"apt\"\nname = \"htop\"\n{installed}")
    };
    let workspace = tempfile::tempdir().unwrap();
    for (side, text) in [("base", package("")), ("head", package("installed = false\n"))] {
        std::fs::create_dir(workspace.path().join(side)).unwrap();
        std::fs::write(workspace.path().join(side).join("prod.toml"), text).unwrap();
    }
    let saved = "{\"format\":1,\"facts\":{\"os\":{\"codename\":\"sid\"},\"packages\":{\"htop\":\"3.4.1-5\"}}}";
    std::fs::write(workspace.path().join("base/prod.facts.json"), saved).unwrap();
    let args = ["diff", "base/prod.toml", "head/prod.toml"];
    let shown = text(&matrixform(workspace.path(), &args).output().unwrap().stdout);
    assert!(shown.contains("version: 3.4.1-5 → not set"), "{shown}");
}

#[test]
fn invalid_facts_are_refused() {
    let (status, _, stderr) = run(Some("{\"format\":2}"), &[]);
    assert_eq!(status, 1);
    assert!(
        stderr.contains("prod.facts.json cannot be read: it has format 2; this version reads 1"),
        "{stderr}"
    );
}

#[test]
fn an_unknown_release_is_refused() {
    let (status, _, stderr) = run(None, &["--on", "plan9"]);
    assert_eq!(status, 64);
    assert!(stderr.contains("no facts are recorded for `plan9`"), "{stderr}");
}
