//! The SSH transport against real OpenSSH servers on the loopback. Needs `openssh-server` and root
//! (`apt-get install openssh-server`); without it the tests fail and say so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout)]

#[path = "../support/agent.rs"]
mod agent;
#[path = "../support/delay.rs"]
mod delay;
#[path = "../support/sshd.rs"]
mod sshd;

mod certificates;
mod faults;
mod host_keys;
mod jump;
mod login;
mod round_trips;
mod streams;

use matrixform::for_tests::diagnostic::{Diagnostic, Exit};
use matrixform::for_tests::remote::{Connection, SshEnvironment, Target};
use sshd::{Key, Sshd};

/// A server with a known host key that accepts a key.
fn known() -> (Sshd, Key) {
    let sshd = Sshd::start();
    let key = Key::new(sshd.directory(), "key", "ed25519");
    sshd.authorize(&key);
    sshd.write_known_hosts(&sshd.known_hosts_line("ed25519"));
    (sshd, key)
}

async fn open(target: &Target, environment: &SshEnvironment, sshd: &Sshd) -> Connection {
    match Connection::open(target, environment).await {
        Ok(connection) => connection,
        Err(error) => panic!("{}\n{}", error.render(false), sshd.log()),
    }
}

/// The error of a refused connection; every one of them ends the program with status 1.
async fn refusal(target: &Target, environment: &SshEnvironment) -> Diagnostic {
    match Connection::open(target, environment).await {
        Ok(_) => panic!("connected"),
        Err(error) => {
            assert_eq!(error.exit, Exit::Error);
            assert!(error.help.is_some(), "{error:?}");
            error
        }
    }
}
