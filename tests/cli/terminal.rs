//! The question before apply, on a terminal: `script` gives the program one.

use crate::assert_transcript;
use crate::host::Host;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

const SPEC: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/asked\"\ncontent = \"yes\\n\"\n";

/// Answers the question with these bytes; what the screen showed, and the exit status.
fn answer(host: &Host, bytes: &[u8]) -> (String, i32) {
    let program = format!("{} apply prod.toml", env!("CARGO_BIN_EXE_matrixform"));
    let mut script = Command::new("script")
        .args(["--quiet", "--return", "--echo", "never", "--command", &program, "/dev/null"])
        .env_clear()
        .envs([("HOME", host.home.path().to_str().unwrap()), ("PATH", "/usr/bin:/bin")])
        .env("TERM", "dumb")
        .current_dir(host.home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script: apt-get install bsdutils");
    let mut screen = script.stdout.take().unwrap();
    let (mut said, mut byte) = (Vec::new(), [0]);
    while !String::from_utf8_lossy(&said).contains("Only `yes` applies: ") {
        assert_eq!(screen.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
        said.push(byte[0]);
    }
    script.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    screen.read_to_end(&mut said).unwrap();
    let status = script.wait().unwrap().code().unwrap();
    (String::from_utf8(said).unwrap().replace('\r', ""), status)
}

#[test]
fn yes_applies() {
    let host = Host::new();
    host.spec(SPEC);
    let (screen, status) = answer(&host, b"yes\n");
    assert_transcript!("asked_and_answered_yes", format!("{screen}exit status {status}"));
    assert_eq!(host.machine.run("cat /srv/asked"), "yes\n");
}

#[test]
fn anything_else_changes_nothing() {
    let host = Host::new();
    host.spec(SPEC);
    let blank = host.machine.written();
    let (screen, status) = answer(&host, b"no\n");
    assert_transcript!("asked_and_answered_no", format!("{screen}exit status {status}"));
    for other in [&b"\n"[..], b"y\n", b"YES\n", b"yes please\n", b"\x04"] {
        assert_eq!(answer(&host, other).1, 1, "{other:?}");
    }
    assert_eq!(host.machine.written(), blank);
}
