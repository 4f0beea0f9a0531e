//! Files that a package installs beside the program: completions that shells accept, manual pages that `man` accepts.
//! Shells that are not installed are skipped; bash and man are required.

use crate::host::{command, run};
use std::io::Write;
use std::process::{Command, Stdio};

fn stdout_of(args: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let ran = run(&mut command(home.path(), args));
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran}");
    ran.stdout
}

/// Runs a program with this on standard input: its success, and its output and errors. `None` if it is not installed.
fn given(program: &str, args: &[&str], input: &str) -> Option<(bool, String)> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8(text).unwrap()))
}

/// The completions that bash offers after these words.
fn offered(args: &[&str]) -> Vec<String> {
    offered_in(std::path::Path::new("/"), args)
}

/// The same in a directory. The completion script finds the program on PATH.
fn offered_in(directory: &std::path::Path, args: &[&str]) -> Vec<String> {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_matrixform")).parent().unwrap();
    let script = format!(
        "cd '{}'; PATH={}:$PATH\n{}\nCOMP_WORDS=({}); COMP_CWORD={}\n\
         _clap_complete_matrixform matrixform \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        directory.display(),
        program.display(),
        stdout_of(&["completions", "bash"]),
        args.iter().map(|arg| format!("'{arg}'")).collect::<Vec<_>>().join(" "),
        args.len() - 1,
    );
    let (good, text) = given("bash", &["--norc"], &script).expect("bash");
    assert!(good, "{text}");
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[test]
fn bash_completes() {
    let (good, text) = given("bash", &["-n"], &stdout_of(&["completions", "bash"])).expect("bash");
    assert!(good && text.is_empty(), "{text}");
    assert!(offered(&["matrixform", "p"]).contains(&"plan".to_owned()));
    assert_eq!(offered(&["matrixform", "module", "te"]), ["test"]);
    assert_eq!(offered(&["matrixform", "plan", "--form"]), ["--format"]);
    let mut formats = offered(&["matrixform", "plan", "--format", ""]);
    formats.sort();
    assert_eq!(formats, ["json", "markdown", "text"]);
    assert_eq!(offered(&["matrixform", "plan", "--log-format", "j"]), ["json"]);
}

const SPEC: &str = "[host]\naddress = \"h.example\"\nsudo_password = { secret = \"host/sudo\" }\n[tls]\n\
    provider = \"files\"\nchain = \"chain.pem\"\nkey = { secret = \"tls/front\" }\n";

#[test]
fn bash_completes_specs_secrets_and_options() {
    let workspace = tempfile::tempdir().unwrap();
    let inventory = workspace.path().join("inventory");
    std::fs::create_dir(&inventory).unwrap();
    std::fs::write(inventory.join("prod.toml"), SPEC).unwrap();
    let chain = concat!(env!("CARGO_MANIFEST_DIR"), "/inventory/tls");
    for file in std::fs::read_dir(chain).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|end| end == "pem") {
            std::fs::copy(&file, inventory.join("chain.pem")).unwrap();
        }
    }
    let offered = |args: &[&str]| offered_in(workspace.path(), args);
    assert_eq!(offered(&["matrixform", "plan", "pr"]), ["prod"]);
    assert_eq!(offered(&["matrixform", "plan", "inventory/"]), ["inventory/prod.toml"]);
    // With only one spec, its name may be left out; the names of its secrets come from it.
    assert_eq!(offered(&["matrixform", "secrets", "set", "tl"]), ["tls/front"]);
    std::fs::write(inventory.join("staging.toml"), SPEC.replace("front", "other")).unwrap();
    assert_eq!(
        offered(&["matrixform", "secrets", "set", "tl"]),
        [""; 0],
        "which one, nobody knows"
    );
    assert_eq!(offered(&["matrixform", "secrets", "get", "staging", "tl"]), ["tls/other"]);
    assert_eq!(offered(&["matrixform", "secrets", "get", "prod", "ho"]), ["host/sudo"]);
    let only = ["matrixform", "secrets", "import", "prod", "--only", "tls"];
    assert_eq!(offered(&only), ["tls/front"]);
    let options = offered(&["matrixform", "explain", "synapse.media.max_u"]);
    assert_eq!(options, ["synapse.media.max_upload"]);
    assert!(offered(&["matrixform", "explain", "MF05"]).contains(&"MF052".to_owned()));
    assert_eq!(offered(&["matrixform", "graph", "--on", "debian-1"]), ["debian-12", "debian-13"]);
    // A spec that cannot be read yields no completions and no message.
    std::fs::write(inventory.join("prod.toml"), "[host\n").unwrap();
    assert_eq!(offered(&["matrixform", "secrets", "get", "prod", "ho"]), [""; 0]);
    // A name that a shell would execute is never suggested.
    std::fs::write(inventory.join("odd$(id).toml"), SPEC).unwrap();
    assert_eq!(offered(&["matrixform", "plan", "od"]), [""; 0]);
}

#[test]
fn the_other_shells_accept_their_scripts() {
    let zsh = stdout_of(&["completions", "zsh"]);
    assert!(zsh.starts_with("#compdef matrixform\n"));
    assert!(stdout_of(&["completions", "fish"]).contains("--command matrixform"));
    for (shell, args) in [("zsh", &["-n"][..]), ("fish", &["--no-execute"])] {
        if let Some((good, text)) = given(shell, args, &stdout_of(&["completions", shell])) {
            assert!(good && text.is_empty(), "{shell}: {text}");
        }
    }
}

#[test]
fn manual_pages_are_right() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("new/man1");
    stdout_of(&["man", pages.to_str().unwrap()]);
    let mut names = Vec::new();
    for page in std::fs::read_dir(&pages).unwrap() {
        let path = page.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        for (program, args) in [
            ("groff", &["-Kutf8", "-man", "-Tutf8", "-ww", "-z"][..]),
            ("mandoc", &["-T", "lint", "-W", "error"]),
        ] {
            let checked = given(program, args, &text);
            assert!(checked.is_some() || program == "mandoc", "groff: apt-get install groff-base");
            let (good, complaints) = checked.unwrap_or((true, String::new()));
            assert!(good && complaints.is_empty(), "{program} on {}: {complaints}", path.display());
        }
        let (_, shown) = given("groff", &["-Kutf8", "-man", "-Tascii", "-P-cbou"], &text).unwrap();
        assert!(shown.contains("EXAMPLES") && shown.contains("matrixform"), "{shown}");
    }
    names.sort();
    assert!(names.contains(&"matrixform.1".to_owned()));
    assert!(names.contains(&"matrixform-module-test.1".to_owned()), "{names:?}");
    let all = stdout_of(&["man"]);
    assert_eq!(all.matches("\n.TH ").count(), names.len(), "standard output has all of them");
}
