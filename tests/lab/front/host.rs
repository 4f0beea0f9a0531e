//! The converged host of a suite, and requests to it from outside.

use crate::guest::Guest;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A host with nginx, and a program behind it that returns the requests it receives.
pub(super) struct Front {
    pub(super) guest: Guest,
    pub(super) spec: PathBuf,
}

/// A response, as seen from outside.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names in lowercase.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// A program that returns the head of each request as received.
const BEHIND: &str = include_str!("behind.py");

/// The spec of the trials; limits are low so that they are reached soon.
pub(super) const SPEC: &str = r#"
[tls]
provider = "self-signed"

[nginx]
federation_port = true
limits = { login = "1r/m", login_burst = 3 }

[[nginx.redirects]]
site = "example.org"
to = "https://www.example.org/"

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/_matrix/"
to = "127.0.0.1:8008"
max_body = "2M"
federation = true

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/_synapse/client/"
to = "127.0.0.1:8008"

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/livekit/jwt"
to = "localhost:8080"
strip = true

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/livekit/sfu/"
to = "127.0.0.1:7880"
strip = true
upgrade = true

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/short/"
to = "127.0.0.1:8008"
strip = true

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/any/*/"
to = "127.0.0.1:8008"
strip = true

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/_synapse/*/v1"
to = "127.0.0.1:8008"

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/"
to = "127.0.0.1:8090"
exact = true

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/_matrix/client/*/login"
to = "127.0.0.1:8090"

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/_matrix/client/*/refresh"
to = "127.0.0.1:8090"
exact = true

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/ping"
to = "127.0.0.1:8090"
exact = true

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/.well-known/acme-challenge/"
to = "127.0.0.1:8402"

[well_known]
server_name = "example.org"
server = "matrix.example.org:8448"
base_url = "https://matrix.example.org"
contacts = [{ role = "m.role.admin", email_address = "abuse@example.org" }]
"#;

/// The spec with a text replaced.
pub(super) fn spec_with(from: &str, to: &str) -> String {
    assert!(SPEC.contains(from), "the spec has no {from}");
    SPEC.replace(from, to)
}

static BOOKWORM: OnceLock<Mutex<Front>> = OnceLock::new();
static TRIXIE: OnceLock<Mutex<Front>> = OnceLock::new();

/// Runs a trial on the host of a suite, one at a time; the first trial creates the host.
pub(super) fn with(suite: &str, run: fn(&Front)) {
    let host = if suite == "bookworm" { &BOOKWORM } else { &TRIXIE };
    let host = host.get_or_init(|| Mutex::new(Front::converge(suite)));
    run(&host.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Ends the hosts.
pub(super) fn down() {
    for host in [&BOOKWORM, &TRIXIE].into_iter().filter_map(OnceLock::get) {
        host.lock().unwrap_or_else(PoisonError::into_inner).guest.down();
    }
}

impl Front {
    /// Plans and applies on a blank host: the changes are those planned, and nothing is left to do.
    fn converge(suite: &str) -> Front {
        let guest = Guest::blank(&format!("t-front-{suite}"), suite);
        let spec = guest.spec("front.toml", "user = \"root\"", SPEC);
        let planned = guest.planned(&spec);
        for address in
            ["apt:nginx", "certificate:/etc/ssl/matrixform/front", "service:nginx.service"]
        {
            assert!(planned.iter().any(|one| one == address), "{address} is planned: {planned:?}");
        }
        let applied = guest.apply(&spec);
        let count = format!("{} to create, 0 to update, 0 to remove", planned.len());
        assert!(applied.stdout.contains(&count), "{count}\n{applied}");
        let quote = |text: &str| text.replace('\'', "'\\''");
        guest.run(&format!(
            "printf %s '{}' >/root/behind.py && systemd-run -q --unit behind python3 /root/behind.py
            for port in 7880 8080 8090 8402 8008; do
                until ss -Hltn \"sport = :$port\" | grep -q .; do sleep 0.1; done
            done",
            quote(BEHIND)
        ));
        Front { guest, spec }
    }

    /// The host's addresses in URL notation.
    pub(super) fn addresses(&self) -> [String; 2] {
        [self.guest.get("ADDRESS4").to_owned(), format!("[{}]", self.guest.get("ADDRESS6"))]
    }

    /// Runs curl from this machine against the guest at an address, whatever name and port the URL has.
    pub(super) fn ask_at(&self, address: &str, url: &str, args: &[&str]) -> Answer {
        let output = Command::new("curl")
            .args(["-q", "-sSkig", "--path-as-is", "--max-time", "20"])
            .args(["--connect-to", &format!("::{address}:")])
            .args(args)
            .arg(url)
            .output()
            .expect("curl can be run");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{url} at {address}: {stderr}");
        Answer::read(&String::from_utf8_lossy(&output.stdout))
    }

    /// The same over IPv4.
    pub(super) fn ask(&self, url: &str, args: &[&str]) -> Answer {
        self.ask_at(self.guest.get("ADDRESS4"), url, args)
    }

    /// A TLS handshake: the output of openssl, whether it succeeded or not.
    pub(super) fn handshake(&self, name: &str, args: &[&str]) -> String {
        let host = format!("{}:443", self.guest.get("ADDRESS4"));
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &host, "-cipher", "ALL:@SECLEVEL=0"]).args(args);
        if name.is_empty() {
            command.arg("-noservername");
        } else {
            command.args(["-servername", name]);
        }
        let output = command.stdin(std::process::Stdio::null()).output().expect("openssl");
        let output = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&output).into_owned()
    }
}

impl Answer {
    fn read(text: &str) -> Answer {
        let (mut head, mut body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        while head.starts_with("HTTP/1.1 100") {
            (head, body) = body.split_once("\r\n\r\n").unwrap_or((body, ""));
        }
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        });
        Answer {
            status: status.and_then(|status| status.parse().ok()).expect("a status"),
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    /// All values of a header.
    pub(super) fn header(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }
}
