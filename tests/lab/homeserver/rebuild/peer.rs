//! Another homeserver, which federates with the one that is lost. It goes on as if nothing had happened: it is not restarted, and
//! learns of nothing but the new address.

use super::super::accounts::good;
use super::super::host::{Homeserver, SPEC};
use super::super::talk::PASSWORD;
use super::words::{device_gets, hears, list_devices, login, say};
use crate::guest::Guest;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// The other homeserver, and a user of it.
pub(super) struct Peer {
    host: Homeserver,
    token: String,
}

/// Its user.
pub(super) const EVE: &str = "@eve:peer.test";

/// A certificate of hs.test, which the new host can have as well: `hs.crt` and `hs.key` in a directory.
pub(super) fn certify(directory: &Path) {
    let made = Command::new("openssl")
        .current_dir(directory)
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "90", "-subj", "/CN=hs.test", "-keyout", "hs.key", "-out", "hs.crt"])
        .args(["-addext", "subjectAltName=DNS:hs.test,DNS:matrix.hs.test"])
        .output()
        .expect("openssl can be run");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// A spec whose server talks to one in the lab's network that shows this certificate. `extra` stands in `[synapse.extra]`.
pub(super) fn federated(spec: &str, certificate: &str, extra: &str) -> String {
    let closed = "trusted_key_servers = []";
    let open = format!("{closed}\nfederation.private_ranges = [\"10.0.0.0/8\"]");
    format!(
        "{}
[synapse.extra]
federation_custom_ca_list = [\"/etc/other.crt\"]
{extra}
[[resource]]
kind = \"file\"
name = \"/etc/other.crt\"
content = '''
{certificate}'''
",
        spec.replacen(closed, &open, 1)
    )
}

impl Peer {
    /// On a host of its own.
    pub(super) fn arrive(certificate: &str) -> Peer {
        let server = "peer.test";
        let text = SPEC.replace("hs.test", server).replacen("\"1m\"", "\"1d\"", 1);
        let guest = Guest::blank("t-hs-peer", "trixie");
        let host = Homeserver::on(guest, server, "peer.toml", &federated(&text, certificate, ""));
        host.guest.begin_secrets("");
        host.guest.apply(&host.spec);
        good(&host, &["users", "add"], &["eve"], PASSWORD);
        let token = login(&host, "eve").0;
        Peer { host, token }
    }

    /// The certificate that it shows.
    pub(super) fn certificate(&self) -> String {
        self.host.guest.run("cat /etc/ssl/matrixform/front.crt")
    }

    /// Each finds the other at its address.
    pub(super) fn meets(&self, server: &Guest) {
        let finds = |guest: &Guest, name: &str, address: &str| {
            guest.run(&format!(
                "sed -i '/{name}/d' /etc/hosts; echo '{address} {name} matrix.{name}' >>/etc/hosts"
            ));
        };
        finds(&self.host.guest, "hs.test", server.get("ADDRESS4"));
        finds(server, "peer.test", self.host.guest.get("ADDRESS4"));
    }

    /// Comes into a room of hs.test.
    pub(super) fn joins(&self, room: &str) {
        let path = format!("/_matrix/client/v3/join/{room}?server_name=hs.test&via=hs.test");
        self.host.asks("POST", &path, Some(&self.token), &json!({}));
    }

    /// A message in the room, and one to the devices of a user there.
    pub(super) fn says(&self, room: &str, to: &str, what: &str) {
        say(&self.host, &self.token, room, what);
        list_devices(&self.host, &self.token, to, what);
    }

    /// Waits for a message in the room.
    pub(super) fn hears(&self, room: &str, what: &str) {
        hears(&self.host, &self.token, room, what);
    }

    /// Waits for messages to its device: these, and no others.
    pub(super) fn device_gets(&self, all: &[&str]) {
        device_gets(&self.host, &self.token, all);
    }

    /// Nothing in its log speaks of a server that is not what it was.
    pub(super) fn end(self) {
        self.host.guest.down();
    }
}
