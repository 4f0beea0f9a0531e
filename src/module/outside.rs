//! What a spec wants to be seen from outside, as modules say it: DNS records (`[[record]]`) and what must answer, and
//! how (`[[control]]` with probes `from = "outside"`). Plain values: who asks is `verify`.

use crate::diagnostic::Place;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One record that the spec needs in the DNS.
#[derive(Clone, Debug, PartialEq)]
pub struct DnsRecord {
    /// The module that needs it.
    pub module: String,
    /// Who owns the key.
    pub name: String,
    /// What it says.
    pub want: RecordWant,
    /// What it is for.
    pub why: String,
}

/// What a record must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordWant {
    /// A and AAAA with the addresses of this host.
    Host,
    /// A record of this type with this value.
    Is(RecordType, String),
    /// CAA: this authority may issue, to who proves names as this host does.
    Issue(Issue),
    /// Some record of this type, whose value nobody here knows; its beginning, when that is known.
    Some(RecordType, String),
    /// No record of this type.
    None(RecordType),
}

/// Who may issue certificates, as a CAA record says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The authority's name, and parameters: `ca.example; accounturi=https://ca.example/acct/1`.
    pub value: String,
    /// How the host proves its names to it (`http-01`), where it is the host that asks.
    pub method: Option<String>,
}

/// The types that modules may ask for besides addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    /// Which authorities may issue certificates.
    Caa,
    /// Where a service is.
    Srv,
    /// Where mail goes.
    Mx,
    /// Text, such as who may send mail.
    Txt,
}

impl RecordType {
    /// All, by their names.
    pub const ALL: [(&'static str, RecordType); 4] = [
        ("CAA", RecordType::Caa),
        ("SRV", RecordType::Srv),
        ("MX", RecordType::Mx),
        ("TXT", RecordType::Txt),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, one)| *one == self).map_or("", |(name, _)| name)
    }
}

/// One defence, or one promise: what holds, seen from outside.
#[derive(Clone, Debug)]
pub struct Control {
    /// The module that says so.
    pub module: String,
    /// Its id, such as `admin-hidden`.
    pub id: String,
    /// What holds, in one sentence.
    pub title: String,
    /// What to do when it does not.
    pub fix: String,
    /// What to try.
    pub probes: Vec<Probe>,
    /// Where it is declared.
    pub place: Place,
}

/// One thing to try from outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Probe {
    /// A port of the host.
    Port(PortProbe),
    /// A request.
    Http(Box<HttpProbe>),
    /// The protocols and suites of a port.
    Tls(TlsProbe),
    /// The certificate of a port.
    Certificate(CertificateProbe),
    /// Where other servers find a server name.
    Delegation(DelegationProbe),
    /// The keys that a server shows.
    Identity(IdentityProbe),
    /// Paths that nobody outside reaches, by whatever spelling.
    Hidden(HiddenProbe),
}

/// `tcp = 8008, expect = "closed"`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PortProbe {
    /// The port.
    pub tcp: u16,
    /// `closed`, as nothing else needs to be said of one port alone.
    pub expect: Closed,
}

/// The one thing that can be expected of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// Nobody answers there.
    Closed,
}

/// `http = "GET https://example.org/x"`, and what must come back.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HttpProbe {
    /// Method and URL.
    pub http: String,
    /// What is sent along, as JSON.
    #[serde(default)]
    pub body: Option<String>,
    /// The statuses of which one must come; any where none is said.
    #[serde(default)]
    pub status: Vec<u16>,
    /// Where it leads.
    #[serde(default)]
    pub location: Option<String>,
    /// The one Strict-Transport-Security; empty: none.
    #[serde(default)]
    pub hsts: Option<String>,
    /// The media type.
    #[serde(default, rename = "type")]
    pub content_type: Option<String>,
    /// Whether every web site may read it.
    #[serde(default)]
    pub cors: bool,
    /// What the body is, as JSON.
    #[serde(default)]
    pub json: Option<Value>,
    /// What the body has somewhere.
    #[serde(default)]
    pub has: Option<String>,
    /// What the body has nowhere.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// A stage that each flow of a refused registration has.
    #[serde(default)]
    pub flows: Option<String>,
    /// A version in the body that must not be older.
    #[serde(default)]
    pub at_least: Option<AtLeast>,
}

/// `at_least = { at = "/server/version", version = "1.157.2" }`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AtLeast {
    /// Where it stands (RFC 6901).
    pub at: String,
    /// The oldest that passes.
    pub version: String,
}

/// `tls = "example.org:443"`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TlsProbe {
    /// Name and port.
    pub tls: String,
}

/// `certificate = "example.org:443"`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateProbe {
    /// Name and port.
    pub certificate: String,
}

/// `delegation = "example.org", endpoint = "matrix.example.org:443"`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DelegationProbe {
    /// The server name.
    pub delegation: String,
    /// Where it must lead.
    pub endpoint: String,
}

/// `identity = "example.org", at = "matrix.example.org:443", key = "ed25519:…"`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProbe {
    /// The server name.
    pub identity: String,
    /// Name and port that are asked.
    pub at: String,
    /// The public key that is recorded.
    #[serde(default)]
    pub key: Option<String>,
}

/// `hidden = "https://example.org", paths = ["/admin/version"]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HiddenProbe {
    /// The site.
    pub hidden: String,
    /// The paths, plainly written.
    pub paths: Vec<String>,
}

/// What identifies a probe: the key that only its kind has.
pub(super) const KINDS: [&str; 7] =
    ["tcp", "http", "tls", "certificate", "delegation", "identity", "hidden"];

/// As a manifest says it: what was not said is left out.
impl std::fmt::Display for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(table) = value.as_object_mut() {
            let unsaid = |value: &Value| {
                value.is_null() || value == false || value.as_array().is_some_and(Vec::is_empty)
            };
            table.retain(|_, value| !unsaid(value));
        }
        write!(f, "{value}")
    }
}

impl Probe {
    /// Out of a filled-in table without its `from`; an error says in words what is wrong.
    pub(super) fn read(mut table: Map<String, Value>) -> Result<Probe, String> {
        // What is none was not said.
        table.retain(|_, value| !value.is_null());
        let kind = KINDS.into_iter().find(|kind| table.contains_key(*kind)).unwrap_or_default();
        let value = Value::Object(table);
        let read = match kind {
            "tcp" => serde_json::from_value(value).map(Probe::Port),
            "http" => serde_json::from_value(value).map(|one| Probe::Http(Box::new(one))),
            "tls" => serde_json::from_value(value).map(Probe::Tls),
            "certificate" => serde_json::from_value(value).map(Probe::Certificate),
            "delegation" => serde_json::from_value(value).map(Probe::Delegation),
            "identity" => serde_json::from_value(value).map(Probe::Identity),
            "hidden" => serde_json::from_value(value).map(Probe::Hidden),
            _ => return Err(format!("a probe from outside has one of `{}`", KINDS.join("`, `"))),
        };
        read.map_err(|error| format!("a probe `{kind}`: {error}"))
    }
}
