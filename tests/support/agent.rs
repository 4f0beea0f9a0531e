//! A real ssh-agent for one test.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A running agent, ended with the test.
pub struct Agent {
    /// Its socket.
    pub socket: PathBuf,
    child: Child,
}

impl Agent {
    /// Starts an agent with its socket in the directory, and waits until it answers.
    pub fn start(directory: &Path) -> Agent {
        let socket = directory.join("agent");
        let mut command = Command::new("ssh-agent");
        let child = command.arg("-D").arg("-a").arg(&socket).stdout(std::process::Stdio::null());
        let child = child.spawn().expect("ssh-agent: apt-get install openssh-client");
        let limit = Instant::now() + Duration::from_secs(20);
        while UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < limit, "ssh-agent did not start");
            std::thread::sleep(Duration::from_millis(2));
        }
        Agent { socket, child }
    }

    /// Adds a key; a helper program supplies the passphrase.
    pub fn add(&self, key: &Path, passphrase: &str) {
        let ask = key.with_extension("ask");
        std::fs::write(&ask, format!("#!/bin/sh\necho '{passphrase}'\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&ask, mode).unwrap();
        let added = Command::new("ssh-add")
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.socket)
            .env("SSH_ASKPASS", &ask)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .stdin(std::process::Stdio::null())
            .status();
        assert!(added.expect("ssh-add").success());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
