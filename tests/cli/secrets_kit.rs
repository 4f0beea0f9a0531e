//! The recovery kit: one file that `age` opens, from which everything comes back on another machine.

use crate::secrets_home::{CANARY, Home, feed, mode};
use std::process::Command;

const PASSPHRASE: &str = "six words that dice have drawn";

fn home() -> Home {
    let home = Home::new();
    home.does(&["create"]);
    let key = home.given(&["set", "vault/key"], &format!("{CANARY}\nof two \"lines\"\n"));
    assert_eq!(key.status, 0, "{key}");
    assert_eq!(home.given(&["set", "vault/token"], "a token of some length").status, 0);
    home
}

/// The armor of a kit, as its own steps take it out.
fn armor(home: &Home) -> String {
    let mut sed = Command::new("sed");
    let cut = sed.args(["-n", "/^-----BEGIN AGE/,/^-----END AGE/p"]).arg(home.path("kit.txt"));
    String::from_utf8(cut.output().unwrap().stdout).unwrap()
}

#[test]
fn everything_comes_back_from_it_elsewhere() {
    let home = home();
    let other = home.keygen("paper");
    let made = home.does(&["export", "--recovery-kit", "kit.txt", "--recipient", &other]);
    assert!(!made.to_string().contains(CANARY), "{made}");
    assert_eq!(mode(&home.path("kit.txt")), 0o600);
    let page = std::fs::read_to_string(home.path("kit.txt")).unwrap();
    assert!(page.is_ascii() && !page.contains(CANARY) && page.contains("matrixform apply"));
    let opened = home.age(&["-d", "-i", "paper"], &armor(&home));
    assert_eq!(opened.status, 0, "{opened}");
    assert!(opened.stdout.contains("AGE-SECRET-KEY-1"), "the identity is in it");

    let elsewhere = Home::new();
    elsewhere.does(&["create"]);
    elsewhere.write_own("kit.toml", &opened.stdout);
    elsewhere.does(&["import", "--from", "kit.toml"]);
    let got = elsewhere.does(&["get", "vault/key"]);
    assert_eq!(got.stdout, format!("{CANARY}\nof two \"lines\"\n"));

    let again = home.secrets(&["export", "--recovery-kit", "kit.txt", "--recipient", &other]);
    assert_eq!(again.status, 1, "an older kit is never replaced: {again}");
}

#[test]
fn a_passphrase_opens_it() {
    let home = home();
    let weak = home.given(&["export", "--recovery-kit", "kit.txt"], "short\n");
    assert!(weak.status == 1 && !home.path("kit.txt").exists(), "{weak}");
    let made = home.given(&["export", "--recovery-kit", "kit.txt"], &format!("{PASSPHRASE}\n"));
    assert_eq!(made.status, 0, "{made}");
    assert!(!made.to_string().contains(PASSPHRASE));
    home.write("kit.age", &armor(&home));
    let mut script = Command::new("timeout");
    script.args([
        "--foreground",
        "120",
        "script",
        "--quiet",
        "--return",
        "--command",
        "age -d -o opened kit.age",
        "/dev/null",
    ]);
    let ran = feed(script.current_dir(home.0.path()), &format!("{PASSPHRASE}\n"));
    assert_eq!(ran.status, 0, "{ran}");
    assert!(std::fs::read_to_string(home.path("opened")).unwrap().contains(CANARY));
}

#[test]
fn there_must_be_something_to_keep() {
    let home = Home::new();
    let ran = home.given(&["export", "--recovery-kit", "kit.txt"], PASSPHRASE);
    assert!(ran.status == 1 && ran.stderr.contains("nothing to put into"), "{ran}");
}
