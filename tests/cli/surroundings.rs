//! What a package installs beside the program: completions that shells accept, manual pages that
//! `man` accepts. A shell that is not here is not asked; bash and man always are.

use crate::host::{command, run};
use std::io::Write;
use std::process::{Command, Stdio};

fn said(words: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let ran = run(&mut command(home.path(), words));
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran}");
    ran.stdout
}

/// Gives a program this on its standard input; what it said to both sides. `None`: it is not here.
fn given(program: &str, words: &[&str], input: &str) -> Option<(bool, String)> {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8(text).unwrap()))
}

/// What bash offers when TAB is pressed behind these words.
fn offered(words: &[&str]) -> Vec<String> {
    let script = format!(
        "{}\nCOMP_WORDS=({}); COMP_CWORD={}\n\
         _matrixform matrixform \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        said(&["completions", "bash"]),
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
    );
    let (good, text) = given("bash", &["--norc"], &script).expect("bash");
    assert!(good, "{text}");
    text.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn bash_completes() {
    let (good, text) = given("bash", &["-n"], &said(&["completions", "bash"])).expect("bash");
    assert!(good && text.is_empty(), "{text}");
    assert!(offered(&["matrixform", "p"]).contains(&"plan".to_owned()));
    assert_eq!(offered(&["matrixform", "module", "te"]), ["test"]);
    assert_eq!(offered(&["matrixform", "plan", "--form"]), ["--format"]);
    let mut formats = offered(&["matrixform", "plan", "--format", ""]);
    formats.sort();
    assert_eq!(formats, ["json", "markdown", "text"]);
    assert_eq!(offered(&["matrixform", "plan", "--log-format", "j"]), ["json"]);
}

#[test]
fn the_other_shells_accept_their_scripts() {
    let zsh = said(&["completions", "zsh"]);
    assert!(zsh.starts_with("#compdef matrixform\n"));
    assert!(said(&["completions", "fish"]).contains("complete -c matrixform"));
    for (shell, words) in [("zsh", &["-n"][..]), ("fish", &["--no-execute"])] {
        if let Some((good, text)) = given(shell, words, &said(&["completions", shell])) {
            assert!(good && text.is_empty(), "{shell}: {text}");
        }
    }
}

#[test]
fn manual_pages_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("new/man1");
    said(&["man", pages.to_str().unwrap()]);
    let mut names = Vec::new();
    for page in std::fs::read_dir(&pages).unwrap() {
        let path = page.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        for (program, words) in [
            ("groff", &["-Kutf8", "-man", "-Tutf8", "-ww", "-z"][..]),
            ("mandoc", &["-T", "lint", "-W", "error"]),
        ] {
            let checked = given(program, words, &text);
            assert!(checked.is_some() || program == "mandoc", "groff: apt-get install groff-base");
            let (good, said) = checked.unwrap_or((true, String::new()));
            assert!(good && said.is_empty(), "{program} on {}: {said}", path.display());
        }
        let (_, shown) = given("groff", &["-Kutf8", "-man", "-Tascii", "-P-cbou"], &text).unwrap();
        assert!(shown.contains("EXAMPLES") && shown.contains("matrixform"), "{shown}");
    }
    names.sort();
    assert!(names.contains(&"matrixform.1".to_owned()));
    assert!(names.contains(&"matrixform-module-test.1".to_owned()), "{names:?}");
    let all = said(&["man"]);
    assert_eq!(all.matches("\n.TH ").count(), names.len(), "standard output has all of them");
}
