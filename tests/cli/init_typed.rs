//! `init` on a terminal, with the input of people who have not read anything.

use crate::init::{CHAIN, FLAGS, answer, home, init, is_right, read};
use std::path::Path;
use std::process::Command;

/// The answers before the last question, which asks for a certificate.
const UP_TO_TLS: [&str; 8] =
    ["example.org", "192.0.2.1", "", "", "", "abuse@example.org", "friends", ""];

/// Writes a self-signed certificate beside the home, valid for this number of days.
fn certificate(home: &Path, days: &str) {
    let names = "subjectAltName=DNS:example.org,DNS:matrix.example.org";
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    openssl.args(["-keyout", "privkey.pem", "-out", "soon.pem", "-subj", "/CN=x"]);
    let made = openssl.args(["-days", days, "-addext", names]).current_dir(home).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// A warning about a certificate is not fatal: the user can accept it or name another one, and keeps all answers.
#[test]
fn a_warning_is_asked_about_and_no_answer_is_lost() {
    let home = home();
    certificate(home.path(), "10");
    let last = ["files", "privkey.pem", "~/soon.pem", "maybe", "n", "'fullchain.pem'"];
    let (screen, status) = answer(home.path(), "", &[&UP_TO_TLS[..], &last].concat());
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("it contains a private key") && screen.contains("(MF058)"), "{screen}");
    assert!(screen.contains("Type `y` or `n`.") && screen.contains("soon.pem]: "), "{screen}");
    assert_eq!(read(home.path(), "inventory/tls/example.org.pem"), CHAIN);
    is_right(&home.path().join("inventory"));

    let last = ["files", "soon.pem", "y"];
    let (screen, status) = answer(home.path(), "taken", &[&UP_TO_TLS[..], &last].concat());
    assert_eq!(status, 0, "{screen}");
    assert_eq!(read(home.path(), "taken/tls/example.org.pem"), read(home.path(), "soon.pem"));

    let last = ["files", "soon.pem", "quit"];
    let (screen, status) = answer(home.path(), "left", &[&UP_TO_TLS[..], &last].concat());
    assert!(status == 1 && screen.contains("--web-site no`"), "{screen}");
    assert!(screen.contains("`matrixform init left --chain soon.pem --contact"), "{screen}");
    assert!(!home.path().join("left").exists());
}

/// A certificate for other names is an error and cannot be accepted. A failure at the very end keeps the answers, too.
#[test]
fn an_error_is_asked_about_and_no_answer_is_lost() {
    let home = home();
    let mut answers = UP_TO_TLS;
    answers[0] = "other.example";
    let last = ["files", "fullchain.pem", "<", "self-signed"];
    let (screen, status) = answer(home.path(), "", &[&answers[..], &last].concat());
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("only for example.org, *.example.org"), "{screen}");
    assert!(read(home.path(), "inventory/prod.toml").contains("provider = \"self-signed\""));

    std::fs::create_dir_all(home.path().join("full/tls")).unwrap();
    std::fs::write(home.path().join("full/tls/example.org.pem"), "mine").unwrap();
    let last = ["files", "fullchain.pem"];
    let (screen, status) = answer(home.path(), "full", &[&UP_TO_TLS[..], &last].concat());
    assert!(status == 1 && screen.contains("already exists"), "{screen}");
    assert!(screen.contains("to run this again: `matrixform init full --chain"), "{screen}");
}

/// Names that do not resolve publicly, and words from users who ask for help or want to leave.
#[test]
fn unfederatable_names_are_refused_and_commands_work() {
    let home = home();
    let answers = ["localhost", "test", "Server.local.", "matrix", "?", "help", "exit"];
    let (screen, status) = answer(home.path(), "", &answers);
    assert_eq!(status, 1, "{screen}");
    for name in ["localhost", "test", "server.local", "matrix"] {
        assert!(
            screen.contains(&format!("other servers cannot find `{name}`: ")),
            "{name}: {screen}"
        );
    }
    let question = "The server name, part of every user id";
    assert_eq!(screen.matches(question).count(), 3, "{screen}");
    assert!(screen.contains("nothing was written: you quit"), "{screen}");
    assert!(!home.path().join("inventory").exists());
    for name in ["localhost", "quit", "a.invalid"] {
        let ran = init(home.path(), &[&["--server-name", name], &FLAGS[2..]].concat());
        assert!(ran.status == 64 && ran.stderr.contains("other servers cannot find"), "{ran}");
    }
    // A name that works in a private network is accepted with a warning.
    let ran = init(home.path(), &[&["--server-name", "hs.test"], &FLAGS[2..]].concat());
    assert!(ran.status == 0 && ran.stderr.contains("`hs.test` is not in public DNS"), "{ran}");
}

/// A host's name given as the server name is explained, and never becomes `matrix.matrix.`.
#[test]
fn matrix_is_never_prepended_to_a_host_name() {
    let home = home();
    let answers = [
        "@me:Matrix.example.org",
        "192.0.2.1",
        "",
        "",
        "abuse@example.org",
        "none",
        "",
        "self-signed",
    ];
    let (screen, status) = answer(home.path(), "", &answers);
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("For @name:example.org, go back (`<`)"), "{screen}");
    assert!(screen.contains("public name [matrix.example.org]: "), "{screen}");
    is_right(&home.path().join("inventory"));
}

/// The login user is taken out of `user@host` wherever it is given; a different host there is reported.
#[test]
fn a_login_user_is_split_off_in_every_answer() {
    let home = home();
    let answers = [
        "example.org",
        "ssh -p 2222 192.0.2.1",
        "root@192.0.2.9",
        "root@192.0.2.1:22",
        "ops@192.0.2.1:2222",
        "\x03",
    ];
    let (screen, status) = answer(home.path(), "", &answers);
    assert_eq!(status, 1, "{screen}");
    assert!(screen.contains("the host to `192.0.2.9`, but the host is `192.0.2.1`"), "{screen}");
    assert!(screen.contains("the port to `22`, but the port is `2222`"), "{screen}");
    let flags = "--host 192.0.2.1 --port 2222 --server-name example.org --user ops`";
    assert!(screen.contains(flags), "{screen}");
    // A flag takes precedence, and a contradicting answer is questioned.
    let (screen, _) =
        answer(home.path(), "--user ops", &["example.org", "root@192.0.2.1", "192.0.2.1", "\x03"]);
    assert!(screen.contains("pass a different `--user`"), "{screen}");
    assert!(screen.contains("--host 192.0.2.1 --server-name example.org --user ops`"), "{screen}");
}

/// Keys, bytes and floods that are no answer: none ends the dialogue, and none changes the terminal.
#[test]
fn invalid_answers_are_explained() {
    let home = home();
    let long = "a".repeat(2000);
    let answers =
        ["\x1b[A\x1b[D", &long, "exa mple.org", "bücher.example", "", "<", "example.org", "\x04"];
    let (screen, status) = answer(home.path(), "", &answers);
    assert_eq!(status, 1, "{screen}");
    for expected in
        ["such as an arrow", "has 2000 characters", "xn--bcher-kva.example", "no default"]
    {
        assert!(screen.contains(expected), "{expected}: {screen}");
    }
    assert!(screen.contains("`matrixform init --server-name example.org`"), "{screen}");
}
