//! `matrixform graph` as a user runs it: offline, with the spec of the README and with names that look like markup.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The first complete spec in README.md.
fn minimal() -> String {
    let page = std::fs::read_to_string("README.md").unwrap();
    let (_, rest) = page.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// Runs `graph` on this spec, in an empty home.
fn graph(spec: &str, args: &[&str]) -> Output {
    let (home, workspace) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::create_dir(workspace.path().join("tls")).unwrap();
    let chain = std::fs::read_dir("inventory/tls").unwrap().map(|file| file.unwrap().path());
    let chain = chain.into_iter().find(|path| path.extension().is_some_and(|end| end == "pem"));
    std::fs::copy(chain.unwrap(), workspace.path().join("tls/example.org.pem")).unwrap();
    std::fs::write(workspace.path().join("prod.toml"), spec).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_matrixform"));
    command.env_clear().env("HOME", home.path()).current_dir(workspace.path());
    let output = command.args(["graph", "prod.toml"]).args(args).output().unwrap();
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none(), "it left something behind");
    output
}

fn text(ran: Output) -> String {
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// The number of nodes and edges that Graphviz sees, where it is installed.
fn drawn(text: &str) -> Option<(usize, usize)> {
    if !["/usr/bin/dot", "/usr/local/bin/dot"].iter().any(|path| Path::new(path).exists()) {
        assert!(std::env::var_os("CI").is_none(), "in CI graphviz must be there");
        return None;
    }
    let mut dot = Command::new("dot");
    dot.arg("-Tplain").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = dot.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let given = text.to_owned();
    let writer = std::thread::spawn(move || input.write_all(given.as_bytes()).unwrap());
    let ran = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}\n{text}");
    let plain = String::from_utf8(ran.stdout).unwrap();
    let count = |word: &str| plain.lines().filter(|line| line.starts_with(word)).count();
    Some((count("node "), count("edge ")))
}

fn count(text: &str, part: &str) -> usize {
    text.lines().filter(|line| line.contains(part)).count()
}

#[test]
fn the_minimal_spec_is_drawn_in_both_languages() {
    let mermaid = text(graph(&minimal(), &["--on", "debian-13"]));
    let dot = text(graph(&minimal(), &["--on", "debian-13", "--format", "dot"]));
    assert_eq!(count(&mermaid, " --> "), count(&dot, " -> "));
    assert_eq!(count(&mermaid, "]:::"), count(&dot, " class="));
    if let Some((nodes, edges)) = drawn(&dot) {
        assert_eq!((nodes, edges), (count(&dot, " class="), count(&dot, " -> ")));
    }
    insta::assert_snapshot!("mermaid", mermaid);
    insta::assert_snapshot!("dot", dot);
}

/// Resources that come first have lower numbers, and appear in the frame of their activation.
#[test]
fn arrows_lead_from_lower_to_higher_numbers() {
    let mermaid = text(graph(&minimal(), &[]));
    assert!(mermaid.contains("as recorded for ubuntu-24.04: no earlier plan"), "{mermaid}");
    let arrows = mermaid.lines().filter_map(|line| line.trim().split_once(" --> "));
    let number = |id: &str| id.trim_start_matches('r').parse::<usize>().unwrap();
    let mut found = 0;
    for (from, to) in arrows {
        assert!(number(from) < number(to), "{from} {to}");
        found += 1;
    }
    assert!(found > 20, "{mermaid}");
    let (_, front) = mermaid.split_once("[\"activation nginx\"]\n").unwrap();
    assert!(front.split_once("  end\n").unwrap().0.contains("service:nginx.service"), "{front}");
}

/// Paths and packages in a spec's own resources may contain nearly anything.
#[test]
fn names_from_a_spec_are_plain_text() {
    let names = [
        r#"/etc/a"] --> r1["b"#,
        "/etc/<img src=x onerror=alert(1)>",
        "/etc/%%{init: {}}%%",
        "/etc/end\\",
        "/etc/&quot;#quot;",
        "/etc/a; b -> c",
    ];
    let own: String = names
        .iter()
        .map(|name| format!("\n[[resource]]\nkind = \"file\"\nname = '{name}'\ncontent = \"x\"\n"))
        .collect();
    let spec = format!("format = 1\n[host]\naddress = \"matrix.example.org\"\n{own}");
    let mermaid = text(graph(&spec, &["--on", "debian-12"]));
    let plain = text(graph(&spec.replace(names[0], "/etc/plain"), &["--on", "debian-12"]));
    assert_eq!(count(&mermaid, "]:::"), count(&plain, "]:::"), "{mermaid}");
    let body = mermaid.replacen("%%", "", 1);
    assert!(!body.contains(['<', '{', '\\', '&', '%']), "{mermaid}");
    assert!(mermaid.contains("#60;img src#61;x onerror#61;alert#40;1#41;#62;"), "{mermaid}");
    let dot = text(graph(&spec, &["--on", "debian-12", "--format", "dot"]));
    assert!(dot.contains(r#"/etc/a\"] --&gt; r1[\"b"#) && dot.contains(r#"/etc/end\\""#), "{dot}");
    if let Some((nodes, _)) = drawn(&dot) {
        assert_eq!(nodes, count(&dot, " class="));
    }
}

#[test]
fn undrawable_graphs_are_refused_with_a_reason() {
    let ran = graph(&minimal(), &["--on", "debian-11"]);
    assert_eq!(ran.status.code(), Some(64));
    assert!(String::from_utf8(ran.stderr).unwrap().contains("choose one of `ubuntu-24.04`"));
    let lost = minimal()
        + "\n[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"x\"\nneeds = [\"apt:absent\"]\n";
    let ran = graph(&lost, &["--on", "debian-13"]);
    assert_eq!(ran.status.code(), Some(1));
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(stderr.contains("file:/etc/motd needs apt:absent"), "{stderr}");
}
