//! The converged host of a suite, and requests to it from outside.

use crate::guest::{Guest, Ran};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A host with a homeserver.
pub(super) struct Homeserver {
    pub(super) guest: Guest,
    /// Its server name in Matrix.
    pub(super) server: &'static str,
    pub(super) spec: PathBuf,
}

/// The server name of most hosts.
pub(super) const SERVER: &str = "hs.test";

/// The spec of the trials. The purge runs every minute, and sessions last one.
pub(super) const SPEC: &str = r#"
[secrets]
file = "secrets.toml"

[postgres]
memory_percent = 5

[synapse]
server_name = "hs.test"
public_baseurl = "https://matrix.hs.test/"
source = "pypi"
trusted_key_servers = []

registration.mode = "token"
metrics.port = 9000

[synapse.sessions]
lifetime = "1m"

[synapse.media]
max_upload = "2M"

[synapse.rate_limits]
login.address = { per_second = 1, burst_count = 50 }
login.account = { per_second = 1, burst_count = 50 }

[tls]
provider = "self-signed"

[nginx]

[well_known]

[[cron]]
name = "purge"
schedule = "* * * * *"
job = "purge-remote-media"
keep = "1h"
"#;

/// The spec with a text replaced.
pub(super) fn spec_with(from: &str, to: &str) -> String {
    assert!(SPEC.contains(from), "the spec has no {from}");
    SPEC.replacen(from, to, 1)
}

static BOOKWORM: OnceLock<Mutex<Homeserver>> = OnceLock::new();
static TRIXIE: OnceLock<Mutex<Homeserver>> = OnceLock::new();
static TRIXIE_LONG: OnceLock<Mutex<Homeserver>> = OnceLock::new();
static BOOKWORM_LOST: OnceLock<Mutex<Homeserver>> = OnceLock::new();

/// Runs a trial on this host, one at a time; the first trial creates it. The host's name begins with its suite.
pub(super) fn with(name: &str, run: fn(&Homeserver)) {
    let host = match name {
        "bookworm" => &BOOKWORM,
        "trixie" => &TRIXIE,
        "bookworm-lost" => &BOOKWORM_LOST,
        _ => &TRIXIE_LONG,
    };
    let host = host.get_or_init(|| Mutex::new(Homeserver::converge(name)));
    run(&host.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Ends the hosts.
pub(super) fn down() {
    let all = [&BOOKWORM, &TRIXIE, &TRIXIE_LONG, &BOOKWORM_LOST];
    for host in all.into_iter().filter_map(OnceLock::get) {
        host.lock().unwrap_or_else(PoisonError::into_inner).guest.down();
    }
}

impl Homeserver {
    /// Plans and applies on a blank host: the changes are those planned, and nothing is left to do.
    fn converge(name: &str) -> Homeserver {
        let suite = name.split('-').next().unwrap_or(name);
        let guest = Guest::blank(&format!("t-hs-{name}"), suite);
        guest.begin_secrets("");
        let spec = guest.spec("hs.toml", "user = \"root\"", SPEC);
        let planned = guest.planned(&spec);
        let applied = guest.apply(&spec);
        let count = format!("{} to create, 0 to update, 0 to remove", planned.len());
        assert!(applied.stdout.contains(&count), "{count}\n{applied}");
        assert!(applied.stderr.contains("`matrixform users add"), "{applied}");
        let left = guest.planned(&spec);
        assert!(left.is_empty(), "left: {left:?}");
        Homeserver { guest, server: SERVER, spec }
    }

    /// A host that is to become a homeserver, without any secrets yet.
    pub(super) fn on(guest: Guest, server: &'static str, file: &str, text: &str) -> Homeserver {
        let spec = guest.spec(file, "user = \"root\"", text);
        Homeserver { guest, server, spec }
    }

    /// Writes another spec for this host.
    pub(super) fn spec(&self, file: &str, text: &str) -> PathBuf {
        self.guest.spec(file, "user = \"root\"", text)
    }

    /// Breaks something, expects exactly these addresses in the plan, applies, and expects none.
    pub(super) fn repaired(&self, script: &str, expected: &[&str]) {
        self.guest.run(script);
        let mut planned = self.guest.planned(&self.spec);
        planned.sort();
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(planned, expected, "after: {script}");
        let applied = self.guest.apply(&self.spec);
        // The hint about the first account belongs to the first apply.
        assert!(!applied.stderr.contains("users add"), "{applied}");
        let left = self.guest.planned(&self.spec);
        assert!(left.is_empty(), "after: {script}\nleft: {left:?}");
    }

    /// Waits until nothing is left to do, at the latest when Synapse has noticed that its database was restarted: until
    /// then it cannot validate the token.
    pub(super) fn settles(&self, why: &str) {
        let since = std::time::Instant::now();
        loop {
            let left = self.guest.planned(&self.spec);
            if left.is_empty() {
                return;
            }
            let is_late = since.elapsed() > std::time::Duration::from_secs(30);
            let unseen = left == ["synapse_token:/etc/matrixform/synapse-maintenance.curl"];
            assert!(unseen && !is_late, "{why}: left {left:?}");
        }
    }

    /// Runs `matrixform WORDS SPEC NAMES` with this on standard input.
    pub(super) fn on_accounts(&self, words: &[&str], names: &[&str], input: &str) -> Ran {
        let mut command = self.guest.command();
        command.args(words).arg(&self.spec).args(names);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("matrixform can be run");
        // A command that fails before it reads its input has closed the pipe.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        Ran::of(child.wait_with_output().expect("matrixform ends"))
    }

    /// Runs psql as superuser in Synapse's database.
    pub(super) fn sql(&self, query: &str) -> String {
        let quoted = query.replace('\'', r"'\''");
        self.guest.run(&format!("runuser -u postgres -- psql -XAtq synapse -c '{quoted}'"))
    }

    /// Sends a request from outside, over TLS and through the proxy; returns status and body.
    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &[u8],
    ) -> (u16, Vec<u8>) {
        let mut command = Command::new("curl");
        command.args(["-q", "-sSk", "--max-time", "60", "-X", method, "-w", "\n%{http_code}"]);
        command.args(["--connect-to", &format!("::{}:", self.guest.get("ADDRESS4"))]);
        if let Some(token) = token {
            command.args(["-H", &format!("Authorization: Bearer {token}")]);
        }
        if !body.is_empty() {
            command.args(["--data-binary", "@-", "-H", "Expect:"]);
        }
        command.arg(format!("https://matrix.{}{path}", self.server));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("curl can be run");
        // A refused upload is not read to its end.
        let _ = child.stdin.take().expect("a pipe").write_all(body);
        let mut body = child.wait_with_output().expect("curl ends").stdout;
        let at = body.iter().rposition(|byte| *byte == b'\n').expect("a status");
        let status = String::from_utf8_lossy(&body[at + 1..]).parse().expect("a status");
        body.truncate(at);
        (status, body)
    }

    /// Sends a request that must succeed; returns the answer.
    pub(super) fn asks(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Value {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let (status, answer) = self.ask(method, path, token, &bytes);
        assert_eq!(status, 200, "{method} {path}: {}", String::from_utf8_lossy(&answer));
        serde_json::from_slice(&answer).expect("JSON")
    }
}
