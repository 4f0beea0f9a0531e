//! The host's record of runs, and the warning before a run undoes a colleague's work.

use crate::host::{Host, Ran};
use std::process::Command;

const SPEC: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ncontent = \"TEXT\\n\"\n";

fn host(text: &str) -> Host {
    let host = Host::new();
    host.spec(&SPEC.replace("TEXT", text));
    host
}

/// Runs git in the spec's directory.
pub(crate) fn git(host: &Host, args: &[&str]) -> String {
    let author = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"];
    let ran = Command::new("git").args(author).arg("-C").arg(host.home.path()).args(args).output();
    let ran = ran.expect("git can be run");
    assert!(ran.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).trim().to_owned()
}

fn commit(host: &Host, text: &str) -> String {
    host.spec(&SPEC.replace("TEXT", text));
    git(host, &["add", "prod.toml"]);
    git(host, &["commit", "-q", "-m", text]);
    git(host, &["rev-parse", "HEAD"])
}

fn history(host: &Host, args: &[&str]) -> Ran {
    let ran = host.matrixform(&[&["history", "prod.toml"], args].concat());
    assert_eq!(ran.status, 0, "{ran}");
    ran
}

fn runs(host: &Host) -> Vec<serde_json::Value> {
    let ran = history(host, &["--format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    all.as_array().unwrap().clone()
}

#[test]
fn each_run_that_changes_something_is_kept() {
    let host = host("one");
    assert!(history(&host, &[]).stdout.contains("nothing applied yet"));
    let applied = host.apply();
    assert_eq!(applied.status, 0, "{applied}");
    assert!(host.apply().stdout.contains("no changes"));
    host.spec("[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ncontent = \"one\\n\"\n[[resource]]\nkind = \"command\"\nname = \"x\"\nrun = \"echo why; exit 1\"\ncreates = \"/srv/b\"\n");
    assert_eq!(host.apply().status, 3);
    let runs = runs(&host);
    let ends: Vec<&serde_json::Value> = runs.iter().map(|run| &run["ended"]["status"]).collect();
    assert_eq!(ends, [3, 0], "an apply without changes is none");
    assert_eq!(runs[1]["begun"]["items"][0]["address"], "file:/srv/a");
    assert_eq!(runs[1]["begun"]["plan"].as_str().unwrap().len(), 64);
    assert!(
        applied
            .stdout
            .starts_with(&format!("vps, plan {}", runs[1]["begun"]["plan"].as_str().unwrap()))
    );
    let name = runs[1]["begun"]["run"].as_str().unwrap();
    let whole = history(&host, &[name]);
    assert!(whole.stdout.contains("create  file:/srv/a"), "{whole}");
    let unknown = host.matrixform(&["history", "prod.toml", "1999"]);
    assert!(unknown.status == 1 && unknown.stderr.contains("there is no run `1999`"), "{unknown}");
    // Plain lines, even after a truncated one.
    host.machine.run("printf '{\"event\":\"beg' >>/var/lib/matrixform/history.jsonl");
    assert_eq!(self::runs(&host).len(), 2);
}

#[test]
fn a_killed_run_is_recorded_without_an_end() {
    let host = host("one");
    host.spec("[[resource]]\nkind = \"command\"\nname = \"long\"\nrun = \"touch /srv/begun; sleep 30\"\ncreates = \"/srv/b\"\n");
    let mut run = host.begin_apply();
    run.await_words("running long");
    host.machine.await_path("/srv/begun");
    run.0.kill().unwrap();
    run.0.wait().unwrap();
    let runs = runs(&host);
    assert_eq!((runs.len(), &runs[0]["ended"]), (1, &serde_json::Value::Null));
    assert!(history(&host, &[]).stdout.contains("no end: interrupted, or in progress"));
}

#[test]
fn undoing_changes_of_others_is_announced() {
    let host = host("zero");
    git(&host, &["init", "-q"]);
    std::fs::write(host.home.path().join(".gitignore"), "*\n!prod.toml\n").unwrap();
    let first = commit(&host, "one");
    let second = commit(&host, "two");
    let applied = host.apply();
    assert_eq!(applied.status, 0, "{applied}");
    assert!(!applied.stdout.contains("undo"), "{applied}");
    assert_eq!(runs(&host)[0]["begun"]["commit"], second.as_str());
    git(&host, &["checkout", "-q", &first]);
    let planned = host.on("plan");
    let risk = planned.stdout.find("may undo it").expect("a risk");
    assert!(risk < planned.stdout.find("file:/srv/a").unwrap(), "it comes first\n{planned}");
    let refused = host.apply();
    assert_eq!(refused.status, 1, "{refused}");
    assert!(
        refused.stderr.contains(&second[..12]) && refused.stderr.contains("--allow older"),
        "{refused}"
    );
    let allowed = host.matrixform(&["apply", "prod.toml", "--yes", "--allow", "older"]);
    assert_eq!(allowed.status, 0, "{allowed}");
    // Uncommitted changes belong to no commit.
    git(&host, &["checkout", "-q", &second]);
    host.spec(&SPEC.replace("TEXT", "three"));
    let dirty = host.apply();
    assert!(dirty.status == 1 && dirty.stderr.contains("uncommitted changes"), "{dirty}");
    let third = commit(&host, "three");
    let applied = host.apply();
    assert_eq!(applied.status, 0, "{applied}");
    assert_eq!(runs(&host)[0]["begun"]["commit"], third.as_str());
}

/// A saved plan is applied without a question, so it must warn, too.
#[test]
fn a_saved_plan_warns_that_it_may_undo_changes() {
    let host = host("zero");
    git(&host, &["init", "-q"]);
    std::fs::write(host.home.path().join(".gitignore"), "*\n!prod.toml\n").unwrap();
    let first = commit(&host, "one");
    commit(&host, "two");
    assert_eq!(host.apply().status, 0);
    git(&host, &["checkout", "-q", &first]);
    let save = |args: &[&str]| {
        let ran = host.matrixform(&[&["plan", "prod.toml", "--out", "a.plan"], args].concat());
        assert_eq!(ran.status, 0, "{ran}");
    };
    save(&[]);
    let refused = host.matrixform(&["apply", "prod.toml", "--plan", "a.plan"]);
    assert!(refused.status == 1 && refused.stderr.contains("--allow older"), "{refused}");
    let unlike = host.matrixform(&["apply", "prod.toml", "--plan", "a.plan", "--allow", "older"]);
    assert_eq!(unlike.status, 5, "what is allowed is a part of the plan: {unlike}");
    save(&["--allow", "older"]);
    let applied = host.matrixform(&["apply", "prod.toml", "--plan", "a.plan"]);
    assert_eq!(applied.status, 0, "{applied}");
}

/// git is an external program: it gets only the environment it needs, and no secret.
#[test]
fn git_gets_no_secret() {
    let host = Host::new();
    host.spec("[[resource]]\nkind = \"directory\"\nname = \"/srv/site\"\n");
    let seen = host.home.path().join("seen");
    let git = format!("#!/bin/sh\nenv >>'{}'\nexec /usr/bin/git \"$@\"\n", seen.display());
    let path = host.write("bin/git", git);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let bin = format!("{}:/usr/bin:/bin", path.parent().unwrap().display());
    let mut command = host.command(&["apply", "prod.toml", "--yes"]);
    command
        .env("PATH", bin)
        .env("MATRIXFORM_SECRET_A_B", &host.canary)
        .env("CI_TOKEN", &host.canary);
    let applied = crate::host::run(&mut command);
    assert_eq!(applied.status, 0, "{applied}");
    let seen = std::fs::read_to_string(seen).expect("git was asked");
    assert!(seen.contains("HOME=") && seen.contains("PATH="), "{seen}");
    assert!(!seen.contains(&host.canary), "{seen}");
}
