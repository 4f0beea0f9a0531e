//! A client that is not ours: matrix-nio from PyPI, which registers with an invitation.

use super::host::Homeserver;
use super::talk::PASSWORD;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// What it is made of.
const WANTED: &str = include_str!("client.txt");

/// A Python that has it, installed once; without PyPI the trial fails. Trials of two suites come at the same time.
fn python() -> PathBuf {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("matrix-nio");
    let (python, whole) = (folder.join("bin/python"), folder.join("whole"));
    if std::fs::read_to_string(&whole).is_ok_and(|whole| whole == WANTED) {
        return python;
    }
    let _ = std::fs::remove_dir_all(&folder);
    succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder), "");
    let wanted = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/homeserver/client.txt");
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "-q", "--disable-pip-version-check", "install", "--retries", "5"]);
    succeeds(pip.args(["--require-hashes", "--only-binary", ":all:", "-r", wanted]), "");
    // Written last: an installation that was cut short is made again.
    std::fs::write(&whole, WANTED).expect("a file below target/");
    python
}

/// What came of a registration: `user` and the message that it `read`, or the code by which it was `refused`.
pub(super) fn register(host: &Homeserver, name: &str, token: &str) -> Value {
    let authority = host.guest.home.path().join("front.crt");
    let text = host.guest.run("cat /etc/ssl/matrixform/front.crt");
    std::fs::write(&authority, text).expect("a file of the trial");
    let mut client = Command::new(python());
    client.arg("-B").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/homeserver/client.py"));
    client.arg(host.guest.get("ADDRESS4")).arg(authority).arg(name);
    let given = json!({"password": PASSWORD, "token": token});
    serde_json::from_str(&succeeds(&mut client, &given.to_string())).expect("JSON")
}

fn succeeds(command: &mut Command, input: &str) -> String {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("python3 with venv: apt-get install python3-venv");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let ran = crate::guest::Ran::of(child.wait_with_output().expect("it ends"));
    assert_eq!(ran.status, 0, "{command:?}: {ran}");
    ran.stdout
}
