//! `synapse_token`: what it refuses, how it reads answers, and its shell against a stand-in for Synapse. The lab covers
//! the real one.

use crate::declaring::{Declaring, declaring, record};
use crate::machine::{Machine, SHELLS};
use matrixform::for_tests::resource::{Action, Answers, AttributeValue, Context, Observed};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

fn token(path: &str) -> Declaring {
    declaring("synapse_token", path)
        .text("server_name", "example.org")
        .text("account", "maintenance")
        .text("database", "host=localhost dbname=synapse passfile=/etc/pgpass")
}

#[test]
fn invalid_token_attributes_are_refused() {
    for (name, wrong) in [
        ("account", "Maintenance"),
        ("account", "a:b"),
        ("server_name", "a/b"),
        ("port", "http://127.0.0.1:8008"),
        ("port", "0"),
        ("port", "65536"),
        ("port", "08008"),
        ("listener", "a b"),
        ("listener", "-u"),
        ("database", "synapse"),
        ("database", "postgresql://user:secret@localhost/synapse"),
        ("database", "dbname=synapse password=secret"),
        ("database", "dbname=synapse\nuser=x"),
        ("database", "dbname=synapse sslpassword=secret"),
        ("database", "dbname=synapse password = secret"),
        ("database", "dbname=synapse PASSWORD=secret"),
        ("database", "dbname='x'password=secret"),
        ("database", "dbname=x\\ password=secret"),
        ("database", "dbname=synapse\tpassword=secret"),
        ("database", "dbname=synapse service=x"),
        ("database", "dbname="),
    ] {
        assert!(!token("/etc/x.curl").text(name, wrong).refused().is_empty(), "{name} = {wrong}");
    }
}

#[test]
fn only_a_working_token_is_correct() {
    let wanted = token("/etc/x.curl").made();
    let seen = |answer: Option<&str>| {
        let mut answers = Answers::default();
        let file =
            [("type", "regular file"), ("owner", "root"), ("group", "root"), ("mode", "600")];
        answers.add("paths_observe", 0, &record("/", &[("type", "directory")]));
        answers.add("paths_observe", 0, &record("/etc/x.curl", &file));
        let record_of_answer = answer.map(|answer| record("/etc/x.curl", &[("answer", answer)]));
        answers.add("synapse_token_observe", 0, &record_of_answer.unwrap_or_default());
        let observed = wanted.observe(&Context::default(), &answers);
        let Observed::Present(attributes) = &observed else { panic!("{observed:?}") };
        (attributes["token"].clone(), wanted.compare(&Context::default(), &observed).action)
    };
    assert_eq!(seen(Some("works")), (AttributeValue::word("works"), Action::Unchanged));
    assert_eq!(seen(Some("401")), (AttributeValue::word("no longer valid (401)"), Action::Update));
    for unseen in [Some("down"), Some("504"), Some("does not belong to an admin (500)"), None] {
        let (token, action) = seen(unseen);
        assert!(
            matches!(token, AttributeValue::Unknown(_)) && action == Action::Update,
            "{unseen:?}"
        );
    }
}

const OURS: &str = "{\"user_id\":\"@m:example.org\"}";

/// Answers one request after another with these statuses and bodies; returns its port.
fn stand_in(answers: &'static [(u16, &'static str)]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    port
}

/// The account that runs the tests, and therefore owns the listener.
fn me() -> String {
    let user = std::process::Command::new("id").arg("-un").output().unwrap().stdout;
    String::from_utf8(user).unwrap().trim().to_owned()
}

#[test]
fn a_token_is_checked_for_owner_and_permissions() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("it's a token.curl");
    fs::write(&file, "header = \"Authorization: Bearer x\"\n").unwrap();
    let cases: [(&'static [(u16, &str)], &str); 5] = [
        (&[(200, OURS), (200, "{}")], "works"),
        // The database has only now come back.
        (&[(500, ""), (500, "{}"), (200, OURS), (500, "{}"), (200, OURS), (200, "{}")], "works"),
        (&[(401, "{}"), (401, "{}")], "401"),
        (&[(200, "{\"user_id\":\"@other:example.org\"}")], "belongs to another account"),
        (&[(200, OURS), (403, "{}")], "does not belong to an admin (403)"),
    ];
    for shell in SHELLS {
        for (answers, expected) in cases {
            let path = file.to_str().unwrap().replace('\'', r"'\''");
            let port = stand_in(answers);
            let ask = format!("synapse_token_asks '{path}' {port} {} @m:example.org\n", me());
            let (output, _) = Machine(shell).run(&ask);
            assert_eq!(String::from_utf8_lossy(&output).trim(), expected, "{shell:?}");
        }
    }
}

/// A database that is down delays a plan by one second, not fifteen.
#[test]
fn a_plan_does_not_wait_for_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token.curl");
    fs::write(&file, "header = \"Authorization: Bearer x\"\n").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = listener.local_addr().unwrap().port();
    for shell in SHELLS {
        for (port, expected) in [
            (stand_in(&[(500, ""); 8]), "answer=500"),
            (stand_in(&[(500, ""), (500, ""), (200, OURS), (200, "{}")]), "answer=works"),
            (silent, "answer=504"),
        ] {
            let began = std::time::Instant::now();
            let file = file.display();
            let script = format!("synapse_token_observe '{file}' {port} {} @m:example.org\n", me());
            let (output, ok) = Machine(shell).run(&script);
            assert!(
                ok && String::from_utf8_lossy(&output).contains(expected),
                "{shell:?} {output:?}"
            );
            assert!(began.elapsed() < std::time::Duration::from_secs(4), "{:?}", began.elapsed());
        }
    }
}

/// root's ~/.curlrc and proxy settings must not affect requests to the host itself.
#[test]
fn health_checks_ignore_proxies_and_curlrc() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(".curlrc"), "proxy = http://127.0.0.1:9\nfail\n").unwrap();
    for shell in SHELLS {
        let port = stand_in(&[(200, "fine")]);
        let script = format!(
            "{}\nexport http_proxy=http://127.0.0.1:9 HOME='{}'\nhealth_http http://127.0.0.1:{port}/health 200 fine\n",
            include_str!("../../src/apply/activation.sh"),
            home.path().display()
        );
        let (output, ok) = Machine(shell).run(&script);
        assert!(ok, "{}", String::from_utf8_lossy(&output));
    }
}

#[test]
fn curl_gets_nothing_but_the_token() {
    let directory = tempfile::tempdir().unwrap();
    let (file, made) = (directory.path().join("x.curl"), directory.path().join("made"));
    let text = format!("output = \"{0}\"\ndump-header = \"{0}\"\n", made.display());
    fs::write(&file, text).unwrap();
    for shell in SHELLS {
        let port = stand_in(&[(401, "{}"), (401, "{}")]);
        let file = file.display();
        let ask = format!("synapse_token_asks '{file}' {port} {} @m:example.org\n", me());
        assert_eq!(String::from_utf8_lossy(&Machine(shell).run(&ask).0).trim(), "401");
        assert!(!made.exists(), "root's curl wrote what the file asked for");
    }
}

#[test]
fn a_minted_token_is_placed_whole() {
    const OURS: &str = "{\"user_id\":\"@m:example.org\"}";
    for shell in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().display();
        let port = stand_in(&[(200, ""), (200, OURS), (200, "{}")]);
        let program = "import sys; assert sys.argv[1:3] == ['dbname=x', '@m:example.org']; \
                       open(sys.argv[3], 'x').write('header = \"Authorization: Bearer x\"\\\\n')";
        let script = format!(
            "printf '%s\\n' \"{}\" | base64 | synapse_token_write '{at}/it.curl' {port} {} @m:example.org \
             dbname=x python3 2>&1\n",
            program.replace('"', "\\\""),
            me()
        );
        let (output, ok) = Machine(shell).run(&script);
        assert!(ok, "{}", String::from_utf8_lossy(&output));
        let names: Vec<_> = fs::read_dir(directory.path()).unwrap().flatten().collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert!(
            fs::read_to_string(directory.path().join("it.curl")).unwrap().starts_with("header")
        );
    }
}

/// While Synapse is down, any user of the host may take its port and receive a token sent there.
#[test]
fn a_token_is_sent_only_to_synapse() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token.curl");
    fs::write(&file, "header = \"Authorization: Bearer x\"\n").unwrap();
    let file = file.display();
    for shell in SHELLS {
        for address in ["127.0.0.1:0", "0.0.0.0:0", "[::ffff:127.0.0.1]:0", "[::]:0"] {
            let listener = TcpListener::bind(address).unwrap();
            let port = listener.local_addr().unwrap().port();
            let says = |user: &str| {
                let ask = format!("synapse_token_observe '{file}' {port} {user} @m:example.org\n");
                String::from_utf8(Machine(shell).run(&ask).0).unwrap()
            };
            let user = String::from_utf8(
                std::process::Command::new("id").arg("-u").output().unwrap().stdout,
            );
            let foreign = format!("answer=foreign {}", user.unwrap().trim());
            assert!(says("nobody").contains(&foreign), "{address} {shell:?}: {}", says("nobody"));
            assert!(says("no-such-user").contains(&foreign), "{address} {shell:?}");
            // No request arrived, not even without the token.
            listener.set_nonblocking(true).unwrap();
            assert!(listener.accept().is_err(), "{address} {shell:?}");
            // Our own listener gets the request, and does not answer in time.
            assert!(says(&me()).contains("answer=504"), "{address} {shell:?}: {}", says(&me()));
            drop(listener);
            assert!(says(&me()).contains("answer=down"), "{address} {shell:?}");
        }
    }
}

/// A listener on the exact address receives the requests, whatever listens on the wildcard address.
#[test]
fn the_most_specific_listener_is_found() {
    let any = TcpListener::bind("[::1]:0").unwrap();
    let port = any.local_addr().unwrap().port();
    for shell in SHELLS {
        let (output, _) = Machine(shell).run(&format!("loopback_owner {port}\n"));
        assert_eq!(String::from_utf8_lossy(&output), "", "[::1] is not 127.0.0.1: {shell:?}");
    }
}
