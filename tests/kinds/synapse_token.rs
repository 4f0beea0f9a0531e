//! `synapse_token`: what it refuses, what it reads out of answers, and its shell against a stand-in for
//! Synapse. The real one is the lab's.

use crate::declaring::{Declaring, declaring, record};
use crate::machine::{Machine, SHELLS};
use matrixform::resource::{Action, Answers, Context, Observed, Seen};
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
fn refuses_what_cannot_be_meant() {
    for (name, wrong) in [
        ("account", "Maintenance"),
        ("account", "a:b"),
        ("server_name", "a/b"),
        ("url", "127.0.0.1:8008"),
        ("url", "http://127.0.0.1/path"),
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
fn only_one_that_works_is_right() {
    let wanted = token("/etc/x.curl").made();
    let seen = |answer: Option<&str>| {
        let mut answers = Answers::default();
        let file =
            [("type", "regular file"), ("owner", "root"), ("group", "root"), ("mode", "600")];
        answers.add("paths_observe", 0, &record("/", &[("type", "directory")]));
        answers.add("paths_observe", 0, &record("/etc/x.curl", &file));
        let said = answer.map(|answer| record("/etc/x.curl", &[("answer", answer)]));
        answers.add("synapse_token_observe", 0, &said.unwrap_or_default());
        let observed = wanted.observe(&Context::default(), &answers);
        let Observed::Present(attributes) = &observed else { panic!("{observed:?}") };
        (attributes["token"].clone(), wanted.compare(&Context::default(), &observed).action)
    };
    assert_eq!(seen(Some("works")), (Seen::word("works"), Action::Keep));
    assert_eq!(seen(Some("401")), (Seen::word("has ended (401)"), Action::Update));
    for unseen in [Some("down"), Some("504"), Some("is not an admin's (500)"), None] {
        let (token, action) = seen(unseen);
        assert!(matches!(token, Seen::Unknown(_)) && action == Action::Update, "{unseen:?}");
    }
}

const OURS: &str = "{\"user_id\":\"@m:example.org\"}";

/// Answers one request after the other with these statuses and bodies; its URL.
fn stand_in(answers: &'static [(u16, &'static str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
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
    url
}

#[test]
fn asks_whose_it_is_and_whether_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it's a token.curl");
    fs::write(&file, "header = \"Authorization: Bearer x\"\n").unwrap();
    let cases: [(&'static [(u16, &str)], &str); 6] = [
        (&[(200, OURS), (200, "{}")], "works"),
        // The database came back a moment ago.
        (&[(500, ""), (500, "{}"), (200, OURS), (500, "{}"), (200, OURS), (200, "{}")], "works"),
        (&[(401, "{}"), (401, "{}")], "401"),
        (&[(200, "{\"user_id\":\"@other:example.org\"}")], "is of another account"),
        (&[(200, OURS), (403, "{}")], "is not an admin's (403)"),
        (&[], "down"),
    ];
    for shell in SHELLS {
        for (answers, expected) in cases {
            let path = file.to_str().unwrap().replace('\'', r"'\''");
            let url = stand_in(answers);
            let (said, _) =
                Machine(shell).run(&format!("synapse_token_asks '{path}' {url} @m:example.org\n"));
            assert_eq!(String::from_utf8_lossy(&said).trim(), expected, "{shell:?}");
        }
    }
}

/// A database that is down costs a plan a second, not fifteen.
#[test]
fn a_plan_waits_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token.curl");
    fs::write(&file, "header = \"Authorization: Bearer x\"\n").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    for shell in SHELLS {
        for (url, expected) in [
            (stand_in(&[(500, ""); 8]), "answer=500"),
            (stand_in(&[(500, ""), (500, ""), (200, OURS), (200, "{}")]), "answer=works"),
            (silent.clone(), "answer=504"),
        ] {
            let began = std::time::Instant::now();
            let script =
                format!("synapse_token_observe '{}' {url} @m:example.org\n", file.display());
            let (said, well) = Machine(shell).run(&script);
            assert!(
                well && String::from_utf8_lossy(&said).contains(expected),
                "{shell:?} {said:?}"
            );
            assert!(began.elapsed() < std::time::Duration::from_secs(4), "{:?}", began.elapsed());
        }
    }
}

/// root's ~/.curlrc and proxies are for other things than asking this very host.
#[test]
fn health_is_asked_for_by_no_proxy_and_no_configuration() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(".curlrc"), "proxy = http://127.0.0.1:9\nfail\n").unwrap();
    for shell in SHELLS {
        let url = stand_in(&[(200, "fine")]);
        let script = format!(
            "{}\nexport http_proxy=http://127.0.0.1:9 HOME='{}'\nhealth_http {url}/health 200 fine\n",
            include_str!("../../src/apply/activation.sh"),
            home.path().display()
        );
        let (said, well) = Machine(shell).run(&script);
        assert!(well, "{}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn curl_is_given_nothing_but_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let (file, made) = (folder.path().join("x.curl"), folder.path().join("made"));
    let text = format!("output = \"{0}\"\ndump-header = \"{0}\"\n", made.display());
    fs::write(&file, text).unwrap();
    for shell in SHELLS {
        let url = stand_in(&[(401, "{}"), (401, "{}")]);
        let ask = format!("synapse_token_asks '{}' {url} @m:example.org\n", file.display());
        assert_eq!(String::from_utf8_lossy(&Machine(shell).run(&ask).0).trim(), "401");
        assert!(!made.exists(), "root's curl wrote what the file asked for");
    }
}

#[test]
fn a_minted_token_is_placed_whole() {
    const OURS: &str = "{\"user_id\":\"@m:example.org\"}";
    for shell in SHELLS {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let url = stand_in(&[(200, ""), (200, OURS), (200, "{}")]);
        let program = "import sys; assert sys.argv[1:3] == ['dbname=x', '@m:example.org']; \
                       open(sys.argv[3], 'x').write('header = \"Authorization: Bearer x\"\\\\n')";
        let script = format!(
            "printf '%s\\n' \"{}\" | base64 | synapse_token_write '{at}/it.curl' {url} @m:example.org \
             dbname=x python3 2>&1\n",
            program.replace('"', "\\\"")
        );
        let (said, well) = Machine(shell).run(&script);
        assert!(well, "{}", String::from_utf8_lossy(&said));
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert!(fs::read_to_string(folder.path().join("it.curl")).unwrap().starts_with("header"));
    }
}
