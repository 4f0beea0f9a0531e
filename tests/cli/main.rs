//! The whole program: real arguments, files, terminal and exit status, against a real OpenSSH server on the loopback
//! whose host is this machine below an overlay. Needs root and `openssh-server`; without them the tests fail and say
//! so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/await_that.rs"]
mod await_that;
#[path = "../support/sshd.rs"]
mod sshd;

mod accounts;
mod backup;
mod backup_home;
mod bad_host;
mod bad_input;
mod canary;
mod converge;
mod history;
mod host;
mod host_of;
mod hostile_input;
mod init;
mod init_typed;
mod installation;
mod interrupted;
mod leaks;
mod machine;
mod odd_hosts;
mod plan_without_secrets;
mod reaching;
mod rebuild;
mod scope;
mod screen;
mod secrets;
mod secrets_age;
mod secrets_elsewhere;
mod secrets_home;
mod secrets_keyring;
mod secrets_kit;
mod secrets_rotate;
mod server_name;
mod speaking;
mod sudo_log;
mod surroundings;
mod terminal;

use await_that::await_that;

/// Compares a transcript with its snapshot, without what differs from run to run.
#[macro_export]
macro_rules! assert_transcript {
    ($($argument:tt)*) => {
        insta::with_settings!({ filters => vec![
            (r"done in [a-z0-9 ]+", "done in [TIME]"),
            (r"plan [0-9a-f]{64}", "plan [ID]"),
            (r#""(id|spec|machine)": "[0-9a-f]{64}""#, "\"$1\": \"[DIGEST]\""),
            (r"since [0-9:]+ UTC, last heard of \d+ s ago", "since [TIME], last heard of [TIME] ago"),
            (r"kill \d+", "kill [PID]"),
            (r"\b127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
            (r"\[127\.0\.0\.1\]:\d+", "[127.0.0.1]:[PORT]"),
            (r"port \d{4,5}", "port [PORT]"),
            (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:[FINGERPRINT]"),
            (r"AAAA[A-Za-z0-9+/=]{40,}", "[PUBLIC KEY]"),
            (r"/tmp/\.tmp\w+", "[HOME]"),
            (r"\.matrixform\.\w{10}", ".matrixform.[RANDOM]"),
        ] }, { insta::assert_snapshot!($($argument)*) })
    };
}
