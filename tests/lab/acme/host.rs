//! A host with nginx, and a certificate authority for it.

use crate::guest::{Guest, Ran, lab};
use std::path::PathBuf;
use std::process::Command;

pub(super) const NAMES: [&str; 2] = ["example.org", "matrix.example.org"];
pub(super) const LINEAGE: &str = "matrix.example.org";

/// The host of a suite and its authority.
pub(super) struct Acme {
    pub(super) guest: Guest,
    pub(super) authority: String,
    pub(super) slot: &'static str,
    pub(super) directory: String,
    /// The authority's management URL.
    pub(super) admin: String,
}

impl Acme {
    pub(super) fn blank(suite: &str, slot: &'static str) -> Acme {
        let guest = Guest::blank(&format!("t-acme-{suite}"), suite);
        let authority = format!("t-acme-{suite}");
        let mut host =
            Acme { guest, authority, slot, directory: String::new(), admin: String::new() };
        (host.directory, host.admin) = host.authority_up(&[]);
        host.leads_here(&[&NAMES[..], &["refused.test", "turn.example.org"]].concat());
        host
    }

    /// Starts the authority, which keeps no state; returns its directory.
    pub(super) fn authority_up(&self, more: &[&str]) -> (String, String) {
        let output =
            lab(&[&["authority", "up", &self.authority, "--slot", self.slot], more].concat());
        let value = |key: &str| {
            let line = output.lines().find_map(|line| line.strip_prefix(key)).expect("a value");
            line.trim_matches('\'').to_owned()
        };
        let ca = self.guest.home.path().join("directory.crt");
        std::fs::copy(value("LAB_DIRECTORY_CA="), ca).expect("the directory's authority");
        for name in [&NAMES[..], &["turn.example.org"]].concat() {
            let addresses = [self.guest.get("ADDRESS4"), self.guest.get("ADDRESS6")];
            lab(&["authority", "name", &self.authority, name, addresses[0], addresses[1]]);
        }
        (value("LAB_DIRECTORY="), value("LAB_ADMIN="))
    }

    /// Makes these names resolve to the host itself, on the host.
    pub(super) fn leads_here(&self, names: &[&str]) {
        let hosts = ["ADDRESS4", "ADDRESS6"]
            .map(|address| format!("{} {}", self.guest.get(address), names.join(" ")));
        self.guest.run(&format!(
            "sed -i '/refused.test\\|example.org/d' /etc/hosts; printf '%s\\n' '{}' '{}' >>/etc/hosts",
            hosts[0], hosts[1]
        ));
    }

    pub(super) fn spec(&self, extra: &str) -> PathBuf {
        self.spec_with(extra, "")
    }

    /// A spec with more lines in `[tls]`.
    pub(super) fn spec_with(&self, extra: &str, more: &str) -> PathBuf {
        let body = format!(
            r#"
[tls]
provider = "letsencrypt"
agree_terms = true
contact = "admin@example.org"
directory = "{}"
directory_ca = "directory.crt"
extra_names = [{extra}]
{more}

[nginx]

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/_matrix/"
to = "127.0.0.1:8008"

[well_known]
server_name = "example.org"
server = "matrix.example.org:443"
base_url = "https://matrix.example.org"
contacts = [{{ role = "m.role.admin", email_address = "abuse@example.org" }}]
"#,
            self.directory
        );
        self.guest.spec("acme.toml", "user = \"root\"", &body)
    }

    /// Applies a spec whose certificate is refused: everything else is done, and only the certificate is left.
    pub(super) fn refused(&self, extra: &str) -> Ran {
        let spec = self.spec(extra);
        let ran = self.guest.on("apply", &spec, &["--yes"]);
        assert_eq!(ran.status, 3, "{ran}");
        assert!(ran.stderr.contains("requesting a certificate"), "{ran}");
        let left = self.guest.planned(&spec);
        assert_eq!(left, [format!("acme_certificate:{LINEAGE}")], "{ran}");
        ran
    }

    /// Runs curl from this machine against the host.
    pub(super) fn ask(&self, url: &str, protocol: &[&str]) -> (String, bool) {
        let to = format!("::{}:", self.guest.get("ADDRESS4"));
        let args =
            ["-q", "-sSk", "--max-time", "10", "--connect-to", &to, "-w", "%{http_code}", url];
        let output =
            Command::new("curl").args(args).args(protocol).output().expect("curl can be run");
        let text = [output.stdout, output.stderr].concat();
        (String::from_utf8_lossy(&text).into_owned(), output.status.success())
    }

    /// The fingerprint of the certificate served for a name, the same over IPv4 and IPv6.
    pub(super) fn served(&self, name: &str) -> String {
        let at = |address: &str| {
            self.guest.run(&format!(
                "openssl s_client -connect {address}:443 -servername {name} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
            ))
        };
        let first = at(self.guest.get("ADDRESS4"));
        assert_eq!(first, at(&format!("[{}]", self.guest.get("ADDRESS6"))));
        first
    }

    /// The fingerprint of certbot's certificate.
    pub(super) fn kept(&self) -> String {
        self.guest.run(&format!(
            "openssl x509 -noout -fingerprint -sha256 -in /etc/letsencrypt/live/{LINEAGE}/fullchain.pem"
        ))
    }

    /// Runs certbot, trusting the authority's directory.
    pub(super) fn certbot(&self, words: &str) {
        self.guest.run(&format!(
            "REQUESTS_CA_BUNDLE=/etc/ssl/matrixform/acme-directory.crt certbot {words}"
        ));
    }

    /// The number of orders the authority has received.
    pub(super) fn orders(&self) -> usize {
        let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".lab");
        let directory = std::env::var_os("MATRIXFORM_LAB_DIR").map_or(own, PathBuf::from);
        let log = directory.join("authorities").join(&self.authority).join("pebble.log");
        let log = std::fs::read_to_string(log).expect("the authority's log");
        log.matches("POST /order-plz").count()
    }

    /// Sets the authority's renewal information for certbot's certificate.
    pub(super) fn authority_wants(&self, answer: &str) {
        let certificate = self.guest.run(&format!("cat /etc/letsencrypt/live/{LINEAGE}/cert.pem"));
        let body = serde_json::json!({ "Certificate": certificate, "ARIResponse": answer });
        let url = format!("{}/set-renewal-info/", self.admin);
        let mut command = Command::new("curl");
        command.args(["-q", "-fsS", "--noproxy", "*", "--max-time", "10", "--cacert"]);
        command.arg(self.guest.home.path().join("directory.crt"));
        let sent = command.args(["-d", &body.to_string(), &url]).output().expect("curl can be run");
        assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    }

    /// Runs the timer's unit; its output and that of the poll, which must contain `word`.
    pub(super) fn look(&self, word: &str) -> String {
        // A unit may end before journald has read all of its output. No `-u`: with it, journalctl of systemd 252 leaves out
        // the first matching line after a cursor.
        let journal = self.guest.run(&format!(
            "cursor=$(journalctl -q -n 1 --show-cursor -o cat | sed -n 's/^-- cursor: //p')
            logged() {{ journalctl -q -o cat --after-cursor \"$cursor\"; }}
            systemctl reset-failed; systemctl start matrixform-renewal.service || :
            for turn in $(seq 100); do
                ! logged | grep -qF '{word}' || break
                sleep 0.1
            done
            logged"
        ));
        assert!(journal.contains(word), "{journal}");
        journal
    }

    /// Ends the host and its authority.
    pub(super) fn end(&self) {
        self.guest.down();
        lab(&["authority", "down", &self.authority]);
    }
}
