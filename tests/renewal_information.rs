//! The program that asks an authority when to renew a certificate (RFC 9773), against answers of every kind. The
//! certificate and its id are the example of the RFC.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

const ID: &str = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";

struct Authority {
    directory: tempfile::TempDir,
    server: Child,
    port: u16,
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn openssl(directory: &Path, words: &str) {
    let mut command = Command::new("openssl");
    let ran = command.args(words.split(' ')).current_dir(directory).output().expect("openssl");
    assert!(ran.status.success(), "{words}: {}", String::from_utf8_lossy(&ran.stderr));
}

impl Authority {
    /// An authority that serves files containing whole responses.
    fn new() -> Authority {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9";
        std::fs::write(
            path.join("leaf.cnf"),
            "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=DNS:a.example\n",
        )
        .unwrap();
        openssl(
            path,
            &format!(
                "req -x509 {key} -subj /CN=ca -keyout ca.key -out ca.pem -addext \
                 subjectKeyIdentifier=69:88:5B:6B:87:46:40:41:E1:B3:7B:84:7B:A0:AE:2C:DE:01:C8:D4"
            ),
        );
        openssl(path, &format!("req {key} -subj /CN=leaf -keyout leaf.key -out leaf.csr"));
        openssl(
            path,
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 0x87654321 -days 9 -extfile leaf.cnf -out cert.pem",
        );
        let server =
            format!("req -x509 {key} -subj /CN=server -keyout server.key -out server.pem -addext");
        openssl(path, &format!("{server} subjectAltName=IP:127.0.0.1"));
        std::fs::create_dir(path.join("ri")).unwrap();
        let port = free_port();
        let server = Command::new("openssl")
            .args(["s_server", "-quiet", "-HTTP", "-cert", "server.pem", "-key", "server.key"])
            .args(["-accept", &format!("127.0.0.1:{port}")])
            .current_dir(path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl");
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "the server does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        let authority = Authority { directory, server, port };
        authority.has(
            "dir",
            "200 OK",
            "",
            &format!("{{\"renewalInfo\": \"https://127.0.0.1:{port}/ri\"}}"),
        );
        authority
    }

    fn has(&self, file: &str, status: &str, head: &str, body: &str) {
        let text =
            format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{head}\r\n{body}");
        std::fs::write(self.directory.path().join(file), text).unwrap();
    }

    /// The stdout, stderr and exit status of the program.
    fn ask(&self) -> (String, String, i32) {
        let script =
            concat!(env!("CARGO_MANIFEST_DIR"), "/modules/tls/files/renewal-information.sh");
        let ran = Command::new("sh")
            .arg(script)
            .env("CREDENTIALS_DIRECTORY", self.directory.path())
            .env("DIRECTORY", format!("https://127.0.0.1:{}/dir", self.port))
            .env("AUTHORITY", self.directory.path().join("server.pem"))
            .env("no_proxy", "*")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&ran.stdout), text(&ran.stderr), ran.status.code().unwrap())
    }

    /// The fields of the printed line: start, end, seconds until the next request is allowed, explanation.
    fn line(&self, head: &str, body: &str) -> (i64, i64, i64, String) {
        self.has(&format!("ri/{ID}"), "200 OK", head, body);
        let (line, output, status) = self.ask();
        assert_eq!(status, 0, "{body}: {output}");
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!((words.len(), line.lines().count()), (4, 1), "{line}");
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
        let number = |at: usize| words[at].parse::<i64>().unwrap();
        (number(0), number(1), number(2) - now, words[3].to_owned())
    }

    fn refuses(&self, status: &str, head: &str, body: &str) {
        self.has(&format!("ri/{ID}"), status, head, body);
        let (line, output, code) = self.ask();
        let shown: String = body.chars().take(80).collect();
        assert_eq!((line.as_str(), code), ("", 75), "{status} {shown}: {output}");
    }
}

/// A free port for a server that cannot choose one itself, below the kernel's ephemeral range.
fn free_port() -> u16 {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() % 12_000;
    let ports = std::iter::repeat_with(|| {
        let tried = u32::from(TRIED.fetch_add(1, Ordering::Relaxed));
        u16::try_from(20_000 + (first + tried) % 12_000).unwrap()
    });
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.take(1_000).find(free).expect("a free port")
}

/// A TLS server that sends whatever it is given, as slowly as it is given.
struct Slow(Child);

impl Slow {
    fn at(authority: &Authority) -> (Slow, u16) {
        let port = free_port();
        let server = Command::new("openssl")
            .args(["s_server", "-quiet", "-cert", "server.pem", "-key", "server.key"])
            .args(["-accept", &format!("127.0.0.1:{port}")])
            .current_dir(authority.directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl");
        (Slow(server), port)
    }

    /// Sends one byte per second until the connection is closed.
    fn drips(&mut self, text: String) -> std::thread::JoinHandle<usize> {
        let mut into = self.0.stdin.take().unwrap();
        std::thread::spawn(move || {
            let number = text.bytes().take_while(|byte| {
                std::thread::sleep(Duration::from_secs(1));
                into.write_all(&[*byte]).and_then(|()| into.flush()).is_ok()
            });
            number.count()
        })
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const WINDOW: &str = r#""suggestedWindow": { "start": "2026-12-01T00:00:00Z", "end": "2026-12-02T01:02:03.5+01:00" }"#;

#[test]
fn renewal_information_becomes_one_line() {
    let authority = Authority::new();
    let (start, end, again, why) = authority.line("", &format!("{{ {WINDOW} }}"));
    assert_eq!((start, end, why.as_str()), (1_796_083_200, 1_796_169_723, "-"));
    assert!((21_500..=21_600).contains(&again), "six hours unless it says when: {again}");
    for (number, least, most) in [
        ("7200", 7_100, 7_200),
        ("0", 3_500, 3_600),
        ("60", 3_500, 3_600),
        ("999999", 86_300, 86_400),
        ("99999999999999999999999", 86_300, 86_400),
        ("-5", 3_500, 21_600),
        ("$(reboot)", 3_500, 21_600),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86_300, 86_400),
    ] {
        let head = format!("retry-after: {number}\r\n");
        let (_, _, again, _) = authority.line(&head, &format!("{{{WINDOW}}}"));
        assert!((least..=most).contains(&again), "{number}: {again}");
    }
    let explained =
        |url: &str| authority.line("", &format!("{{{WINDOW},\"explanationURL\":\"{url}\"}}")).3;
    assert_eq!(explained("https://example.net/why?a=1"), "https://example.net/why?a=1");
    for foreign in ["two words", "\u{1b}[31mred", "a$(reboot)", &"x".repeat(201)] {
        assert!(!explained(foreign).contains(['\u{1b}', '`', '\'', ' ']), "{foreign}");
    }
    authority.has("dir", "200 OK", "", "{\"newOrder\": \"https://127.0.0.1/order\"}");
    let (line, _, status) = authority.ask();
    assert!(status == 0 && line.starts_with("0 0 "), "one without renewal information: {line}");
}

/// Runs the program against a server that sends `at_once` immediately and the rest at one byte per second.
fn is_abandoned(at_once: &str, rest: String) {
    let authority = Authority::new();
    let (mut slow, port) = Slow::at(&authority);
    let directory = format!("{{\"renewalInfo\": \"https://127.0.0.1:{port}/ri\"}}");
    authority.has("dir", "200 OK", "", &directory);
    slow.0.stdin.as_mut().unwrap().write_all(at_once.as_bytes()).unwrap();
    let dripping = slow.drips(rest);
    let began = Instant::now();
    let (line, output, status) = authority.ask();
    let took = began.elapsed();
    assert_eq!((line.as_str(), status), ("", 75), "{output}");
    assert!((25..60).contains(&took.as_secs()), "it gives up after half a minute: {took:?}");
    drop(slow);
    assert!(dripping.join().unwrap() > 10, "it was answered, slowly");
}

#[test]
fn an_endless_body_is_abandoned() {
    is_abandoned("HTTP/1.1 200 OK\r\n\r\n", format!("{{{WINDOW}}}").repeat(9));
}

#[test]
fn an_endless_head_is_abandoned() {
    is_abandoned("", format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(999)));
}

#[test]
fn implausible_renewal_information_is_ignored() {
    let authority = Authority::new();
    let right = format!("{{{WINDOW}}}");
    authority.refuses("404 Not Found", "", &right);
    authority.refuses("500 Oops", "", &right);
    authority.refuses(
        "302 Found",
        &format!("Location: https://127.0.0.1:{}/ri/{ID}\r\n", authority.port),
        &right,
    );
    authority.refuses("200 OK", "", &format!("{}{right}", " ".repeat(20_000)));
    for body in [
        "",
        "{",
        "[]",
        r#"{"suggestedWindow":{"start":"2026-12-01T00:00:00Z"}}"#,
        r#"{"suggestedWindow":{"end":"2026-12-01T00:00:00Z"}}"#,
        r#"{"suggestedWindow":{"start":"2026-12-02T00:00:00Z","end":"2026-12-01T00:00:00Z"}}"#,
        r#"{"suggestedWindow":{"start":"2026-12-01T00:00:00Z","end":"2026-12-01T00:00:00Z"}}"#,
        r#"{"suggestedWindow":{"start":"2026-12-01T00:00:00Z","end":"2099-12-01T00:00:00Z"}}"#,
        r#"{"suggestedWindow":{"start":"yesterday","end":"tomorrow"}}"#,
        r#"{"suggestedWindow":{"start":"1","end":"2"}}"#,
        r#"{"suggestedWindow":{"start":"$(reboot)","end":"`reboot`"}}"#,
        r#"{"suggestedWindow":{"start":"2026-13-41T00:00:00Z","end":"2026-14-41T00:00:00Z"}}"#,
    ] {
        authority.refuses("200 OK", "", body);
    }
    authority.has(
        "dir",
        "200 OK",
        "",
        &format!("{{\"renewalInfo\": \"http://127.0.0.1:{}/ri\"}}", authority.port),
    );
    authority.refuses("200 OK", "", &right);
    authority.has("dir", "200 OK", "", "{\"renewalInfo\": \"file:///etc/passwd\"}");
    authority.refuses("200 OK", "", &right);
}
