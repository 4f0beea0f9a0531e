//! The shell that talks to Synapse about accounts, against stand-ins for Synapse and its database: its requests, their
//! order, and that it always logs out. The lab covers the real ones.

use crate::machine::{Machine, SHELLS};
use matrixform::for_tests::resource::Answers;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const TOKEN: &str = "syt_matrixform_0123456789abcdef";

/// Answers one request after another with these statuses and bodies; returns its port and a channel of the requests.
fn stand_in(answers: &'static [(u16, &'static str)]) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut text, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(size) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                    length = size.trim().parse().unwrap();
                }
                text.push_str(&line);
            }
            let mut sent = vec![0; length];
            reader.read_exact(&mut sent).unwrap();
            let _ = sender.send(text + &String::from_utf8(sent).unwrap());
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    (port, receiver)
}

/// Runs CALLS; the database returns the token, and `more` adds to the host's script.
fn session(shell: &'static [&'static str], port: u16, calls: &str, more: &str) -> Answers {
    let script = format!(
        "accounts_database() {{ cat >/dev/null; echo {TOKEN}; }}\n{more}\n\
         accounts_ask {port} root @o:x 1 2 '' '' python '{calls}'\n"
    );
    let (output, _) = Machine(shell).run_all(&script);
    assert!(
        !String::from_utf8_lossy(&output).contains(TOKEN),
        "{}",
        String::from_utf8_lossy(&output)
    );
    Answers::of("accounts_ask", 0, &output)
}

fn status(answers: &Answers, number: &str) -> Option<String> {
    answers.get("accounts_ask", number)?.text("status")
}

fn call(port: u16, expect: u16, path: &str) -> String {
    format!("expect {expect}\nurl = \"http://127.0.0.1:{port}{path}\"\nend\n")
}

/// The requests received: method, path, and whether they had the token.
fn requests(receiver: &Receiver<String>) -> Vec<String> {
    let next = || receiver.recv_timeout(Duration::from_millis(300)).ok();
    std::iter::from_fn(next)
        .map(|text| {
            let with = text.contains(&format!("Authorization: Bearer {TOKEN}\r\n"));
            let line = text.lines().next().unwrap_or_default().replace(" HTTP/1.1", "");
            if with { line } else { format!("{line}, without the token") }
        })
        .collect()
}

const LOGOUT: &str = "POST /_matrix/client/v3/logout";

#[test]
fn a_refusal_stops_requests_and_ends_the_token() {
    for shell in SHELLS {
        let (port, receiver) = stand_in(&[(200, "{\"a\":1}"), (404, "{}"), (200, "{}")]);
        let calls = call(port, 200, "/a") + &call(port, 200, "/b") + &call(port, 200, "/c");
        let answers = session(shell, port, &calls, "");
        assert_eq!(requests(&receiver), ["GET /a", "GET /b", LOGOUT], "{shell:?}");
        assert_eq!(status(&answers, "1").as_deref(), Some("200"));
        assert_eq!(answers.get("accounts_ask", "1").unwrap().text("body").unwrap(), "{\"a\":1}");
        assert_eq!(status(&answers, "2").as_deref(), Some("404"));
        assert!(status(&answers, "3").is_none() && answers.get("accounts_ask", "kept").is_none());
    }
}

#[test]
fn a_list_is_fetched_page_by_page() {
    for shell in SHELLS {
        // A name with the text of a next page is only a name.
        let (port, receiver) = stand_in(&[
            (500, "{}"),
            (200, "{\"users\":[{\"n\":\"\\\"next_token\\\":\\\"7\"}],\"next_token\":\"5\"}"),
            (200, "{\"users\":[{\"n\":\"\\\"next_token\\\":\\\"9\"}]}"),
            (500, "{}"),
        ]);
        let calls = format!("expect 200\npaged 5 http://127.0.0.1:{port}/l?from=\nend\n");
        let answers = session(shell, port, &calls, "");
        let expected = ["GET /l?from=0", "GET /l?from=0", "GET /l?from=5", LOGOUT];
        assert_eq!(requests(&receiver), expected, "a read is tried again: {shell:?}");
        assert_eq!(status(&answers, "2").as_deref(), Some("200"));
        assert!(
            answers.get("accounts_ask", "kept").is_some(),
            "a token that was not ended is told"
        );
    }
}

#[test]
fn the_last_request_and_the_logout_share_one_curl() {
    for shell in SHELLS {
        let (port, receiver) = stand_in(&[(200, "{}"), (404, "{\"b\":2}"), (200, "{}")]);
        let last = call(port, 200, "/b").replace("end\n", "last\nend\n");
        let answers = session(shell, port, &(call(port, 200, "/a") + &last), "");
        assert_eq!(requests(&receiver), ["GET /a", "GET /b", LOGOUT], "{shell:?}");
        assert_eq!(status(&answers, "2").as_deref(), Some("404"));
        assert_eq!(answers.get("accounts_ask", "2").unwrap().text("body").unwrap(), "{\"b\":2}");
        assert!(answers.get("accounts_ask", "kept").is_none());
        // One whose logout failed is tried again, and reported.
        let (port, receiver) = stand_in(&[(200, "{}"), (500, "{}"), (500, "{}")]);
        let last = call(port, 200, "/b").replace("end\n", "last\nend\n");
        let answers = session(shell, port, &last, "");
        assert_eq!(requests(&receiver), ["GET /b", LOGOUT, LOGOUT], "{shell:?}");
        assert_eq!(status(&answers, "1").as_deref(), Some("200"));
        assert!(answers.get("accounts_ask", "kept").is_some());
    }
}

#[test]
fn a_terminated_session_logs_out() {
    for shell in SHELLS {
        let (port, receiver) = stand_in(&[(200, "{}"), (200, "{}")]);
        let more = "accounts_calls() { cat >/dev/null; kill -TERM \"$$\"; }";
        session(shell, port, &call(port, 200, "/a"), more);
        assert_eq!(requests(&receiver), [LOGOUT], "{shell:?}");
    }
}

#[test]
fn invalid_database_output_is_not_used_as_a_token() {
    for shell in SHELLS {
        for complaint in
            ["ERROR:  matrixform: schema 99", "syt_matrixform_x\"\nurl = \"file:///", ""]
        {
            let (port, receiver) = stand_in(&[(200, "{}")]);
            let more =
                format!("accounts_database() {{ cat >/dev/null; printf '%s\\n' '{complaint}'; }}");
            let answers = session(shell, port, &call(port, 200, "/a"), &more);
            assert!(requests(&receiver).is_empty(), "{shell:?} {complaint}");
            let record = answers.get("accounts_ask", "refused").unwrap();
            assert_eq!(record.text("reason").as_deref(), Some("database"));
        }
        // Another user's program on the port gets no request.
        let (port, receiver) = stand_in(&[(200, "{}")]);
        let script = format!(
            "accounts_ask {port} nobody @o:x 1 2 '' '' python '{}'\n",
            call(port, 200, "/a")
        );
        let (output, _) = Machine(shell).run_all(&script);
        let answers = Answers::of("accounts_ask", 0, &output);
        assert!(requests(&receiver).is_empty());
        assert_eq!(
            answers.get("accounts_ask", "refused").unwrap().text("reason").as_deref(),
            Some("foreign")
        );
    }
}
