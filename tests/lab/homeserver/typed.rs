//! Passwords of accounts, typed on a terminal.

use super::accounts::{name, tokens, user};
use super::host::Homeserver;
use super::talk::{PASSWORD, with_password};
use crate::screen::converse;
use serde_json::Value;
use std::time::Duration;

const WHO: &str = "Password for ";
const AGAIN: &str = "Again: ";

/// The password prompt holds no lock and no token.
fn is_free(host: &Homeserver) {
    assert_eq!(tokens(host), "");
    host.guest.run("flock -n /var/lib/matrixform/lock true");
}

pub(super) fn passwords_are_typed_twice_without_echo(host: &Homeserver) {
    let typed = name(host, "typed");
    let id = format!("@{typed}:hs.test");
    let words = format!("users add {} {typed}", host.spec.display());
    let line = format!("{PASSWORD}\n");
    let home = host.guest.home.path();

    let slip = [(WHO, line.as_bytes()), (AGAIN, b"a long passwort\n")];
    let (screen, status) = converse(home, &words, "always", &slip, &|| is_free(host));
    assert!(status == 1 && screen.contains("the two entries differ"), "{screen}");
    assert_eq!(user(host, &id), Value::Null);

    for key in [b"\x03", b"\x1c"] {
        let words = format!("{words}; echo ended $?; stty -a");
        let typed = [(WHO, line.as_bytes()), (AGAIN, &key[..])];
        let (screen, _) = converse(home, &words, "always", &typed, &|| is_free(host));
        assert!(screen.contains("ended 130\n"), "{screen}");
        for mode in [" echo ", "isig ", "eol = <undef>"] {
            assert!(screen.contains(mode), "{mode}: {screen}");
        }
    }
    is_free(host);

    // After a longer time than a host waits for a silent client that holds the lock.
    let slow = [(WHO, line.as_bytes()), (AGAIN, line.as_bytes())];
    let wait = || std::thread::sleep(Duration::from_secs(13));
    let (screen, status) = converse(home, &words, "always", &slow, &wait);
    assert_eq!(status, 0, "{screen}");
    assert!(!screen.contains(PASSWORD), "{screen}");
    host.asks("POST", "/_matrix/client/v3/login", None, &with_password(&typed, PASSWORD));
    is_free(host);
}
