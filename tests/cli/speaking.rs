//! The program's output: quiet, verbose, coloured, as a log for programs.

use crate::assert_transcript;
use crate::host::{Host, Ran, command, run};
use serde_json::Value;
use std::process::{Command, Stdio};

const SPEC: &str = r#"[[resource]]
kind = "file"
name = "/srv/a"
content = "one\n"

[[resource]]
kind = "command"
name = "talk"
run = "echo 'a line'; touch /srv/talked"
creates = "/srv/talked"
needs = ["file:/srv/a"]
"#;

fn host() -> Host {
    let host = Host::new();
    host.spec(SPEC);
    host
}

fn apply(host: &Host, args: &[&str]) -> Ran {
    host.matrixform(&[&["apply", "prod.toml", "--yes"], args].concat())
}

/// The JSON objects of a log.
fn objects(ran: &Ran) -> Vec<Value> {
    let read =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    ran.stderr.lines().map(read).collect()
}

fn events(objects: &[Value]) -> Vec<&str> {
    objects.iter().map(|object| object["event"].as_str().unwrap()).collect()
}

#[test]
fn a_log_has_the_whole_apply() {
    let host = host();
    let ran = apply(&host, &["--log-format", "json"]);
    assert_eq!(ran.status, 0, "{ran}");
    assert!(ran.stdout.contains("2 to create"), "results are as always: {ran}");
    let all = objects(&ran);
    let expected =
        ["begun", "step", "step", "step", "step", "changed", "step", "changed", "finished", "end"];
    assert_eq!(events(&all), expected, "{ran}");
    assert_eq!((&all[0]["host"], &all[0]["steps"]), (&"vps".into(), &5.into()));
    let changed: Vec<&Value> = all.iter().filter_map(|one| one.get("address")).collect();
    assert_eq!(changed, ["file:/srv/a", "command:talk"]);
    assert_eq!(all.last().unwrap()["status"], 0);
    let times: Vec<f64> = all.iter().map(|one| one["time"].as_f64().unwrap()).collect();
    assert!(times.is_sorted() && times[0] > 1.7e9, "{times:?}");
    assert!(all.iter().all(|one| one["level"] == "info"));
}

#[test]
fn the_most_verbose_log_has_every_call_and_no_input() {
    let host = host();
    let ran = apply(&host, &["--log-format=json", "-vv"]);
    let all = objects(&ran);
    for event in ["read", "route", "part", "questions", "call", "line", "step_ended"] {
        assert!(events(&all).contains(&event), "{event}: {ran}");
    }
    let of = |event: &str| all.iter().filter(|one| one["event"] == event).collect::<Vec<_>>();
    assert!(
        of("call")
            .iter()
            .any(|one| one["function"] == "file_converge" || one["args"][0] == "/srv/a")
    );
    assert_eq!(of("line")[0]["text"], "a line");
    assert_eq!(of("read")[0]["path"], "prod.toml");
    assert_eq!(of("step_ended").len(), of("step").len());
    assert!(!ran.stderr.contains("one\\n"), "the file's content is an input: {ran}");
}

#[test]
fn a_log_of_failures_has_code_place_and_help() {
    let host = host();
    host.spec("[[resource]]\nkind = \"fiel\"\nname = \"/srv/a\"\n");
    let ran = host.matrixform(&["plan", "prod.toml", "--log-format", "json"]);
    let all = objects(&ran);
    assert_eq!((ran.status, all.len()), (1, 2), "{ran}");
    let (problem, end) = (&all[0], &all[1]);
    assert_eq!((&problem["event"], &problem["level"]), (&"diagnostic".into(), &"error".into()));
    assert_eq!(
        (&problem["place"]["file"], &problem["place"]["line"]),
        (&"prod.toml".into(), &5.into())
    );
    assert!(problem["help"].as_str().unwrap().contains("`file`"), "{problem}");
    assert_eq!(end["status"], 1);
    let ran = host.matrixform(&["plna", "--log-format", "json"]);
    let all = objects(&ran);
    assert_eq!((ran.status, all[0]["code"].as_str()), (64, Some("cli/usage")), "{ran}");
}

#[test]
fn quiet_shows_only_results_and_errors() {
    let host = host();
    let ran = apply(&host, &["-q"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran}");
    assert!(ran.stdout.contains("2 to create"), "{ran}");
    host.spec("[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ncontent = \"one\\n\"\n\n[[resource]]\nkind = \"command\"\nname = \"fail\"\nrun = \"echo why; exit 1\"\ncreates = \"/srv/b\"\n");
    let ran = apply(&host, &["-q"]);
    assert!(ran.status == 3 && ran.stderr.starts_with("error: "), "{ran}");
    assert!(ran.stderr.contains("why"), "{ran}");
    let ran = apply(&host, &["-q", "-v"]);
    assert_eq!(ran.status, 64, "they contradict each other");
}

#[test]
fn verbose_shows_reads_questions_and_durations() {
    let host = host();
    let ran = apply(&host, &["-v"]);
    for expected in [
        "read the spec prod.toml",
        "connects to root@127.0.0.1:",
        "runs paths_observe for",
        "connecting: ",
        "running talk: a line",
        "  took ",
    ] {
        assert!(ran.stderr.contains(expected), "{expected}: {ran}");
    }
    assert!(!ran.stderr.contains("calls "), "{ran}");
    let ran = host.matrixform(&["plan", "prod.toml", "-vv"]);
    assert!(ran.stderr.contains("calls paths_observe"), "{ran}");
}

#[test]
fn colours_are_shown_on_request() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("prod.toml"), "[host]\nadress = \"a\"\n").unwrap();
    let stderr = |args: &[&str]| {
        let all = [&["plan", "prod.toml"], args].concat();
        run(command(home.path(), &all).env("NO_COLOR", "1")).stderr
    };
    assert!(!stderr(&[]).contains('\u{1b}'));
    assert!(stderr(&["--color", "always"]).contains("\u{1b}["), "a flag is stronger than NO_COLOR");
    assert!(!stderr(&["--color", "never"]).contains('\u{1b}'));
    let help = |when: &str| run(&mut command(home.path(), &["--color", when, "--help"])).stdout;
    assert!(help("always").contains("\u{1b}[") && !help("never").contains('\u{1b}'));
}

/// Output on a terminal is coloured unless NO_COLOR is set or TERM is dumb.
#[test]
fn a_terminal_is_coloured_unless_asked_not_to_be() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("prod.toml"), "[host]\nadress = \"a\"\n").unwrap();
    let screen = |variables: &[(&str, &str)], args: &str| {
        let program = format!("{} plan prod.toml {args}", env!("CARGO_BIN_EXE_matrixform"));
        let output = Command::new("timeout")
            .args(["--foreground", "120", "script", "--quiet", "--command", &program, "/dev/null"])
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", "/usr/bin:/bin")
            .envs(variables.iter().copied())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .output()
            .expect("script: apt-get install bsdutils");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(screen(&[("TERM", "xterm")], "").contains("\u{1b}["));
    for variables in [&[("TERM", "xterm"), ("NO_COLOR", "1")][..], &[("TERM", "dumb")], &[]] {
        let shown = screen(variables, "");
        assert!(shown.contains("adress") && !shown.contains('\u{1b}'), "{variables:?}: {shown}");
    }
    assert!(!screen(&[("TERM", "xterm")], "--color never").contains('\u{1b}'));
}

#[test]
fn the_short_helps() {
    let home = tempfile::tempdir().unwrap();
    for verb in ["", "plan", "apply", "facts", "module", "module new", "completions", "man"] {
        let args: Vec<&str> = verb.split_whitespace().chain(["-h"]).collect();
        let ran = run(&mut command(home.path(), &args));
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        assert_transcript!(format!("help_{}", verb.replace(' ', "_")), ran.stdout);
    }
}
