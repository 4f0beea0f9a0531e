//! A third-party client: matrix-nio from PyPI, which registers with an invitation.

use super::host::Homeserver;
use super::pinned;
use super::talk::PASSWORD;
use serde_json::{Value, json};
use std::process::Command;

/// Its pinned requirements.
const WANTED: &str = include_str!("client.txt");

/// The outcome of a registration: `user` and the message it `read`, or the error code with which it was `refused`.
pub(super) fn register(host: &Homeserver, name: &str, token: &str) -> Value {
    let directory = pinned::directory("matrix-nio", WANTED, |directory| {
        pinned::python(directory, "tests/lab/homeserver/client.txt");
    });
    let authority = host.guest.home.path().join("front.crt");
    let text = host.guest.run("cat /etc/ssl/matrixform/front.crt");
    std::fs::write(&authority, text).expect("a file of the trial");
    let mut client = Command::new(directory.join("bin/python"));
    client.arg("-B").arg(pinned::repository("tests/lab/homeserver/client.py"));
    client.arg(host.guest.get("ADDRESS4")).arg(authority).arg(name);
    let given = json!({"password": PASSWORD, "token": token});
    serde_json::from_str(&pinned::succeeds(&mut client, &given.to_string())).expect("JSON")
}
