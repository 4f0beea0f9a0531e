//! What a spec expects to be visible from outside, as its modules declare it: DNS records (`[[record]]`) and endpoints
//! with their expected answers (`[[control]]`). Plain values: `verify` does the asking.

use crate::diagnostic::Place;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One record that the spec needs in the DNS.
#[derive(Clone, Debug, PartialEq)]
pub struct DnsRecord {
    /// The module that needs it.
    pub module: String,
    /// The owner name.
    pub name: String,
    /// The expected value.
    pub want: RecordWant,
    /// The purpose of the record.
    pub why: String,
}

/// The expected value of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordWant {
    /// A and AAAA with the addresses of this host.
    Host,
    /// A record of this type with this value.
    Is(RecordType, String),
    /// CAA: this authority may issue to whoever proves control of names as this host does.
    Issue(Issue),
    /// Any record of this type, whose value is unknown here; the beginning of the value, if known.
    Some(RecordType, String),
    /// No record of this type.
    None(RecordType),
}

/// A CAA record's statement of who may issue certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The authority's name and parameters: `ca.example; accounturi=https://ca.example/acct/1`.
    pub value: String,
    /// The method by which the host proves control of its names (`http-01`), if the host does the asking.
    pub method: Option<String>,
}

/// The record types that modules may ask for, apart from addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    /// Which authorities may issue certificates.
    Caa,
    /// The address of a service.
    Srv,
    /// The mail servers of a domain.
    Mx,
    /// Text, such as which servers may send mail.
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

/// A defence or a guarantee that must hold as seen from outside.
#[derive(Clone, Debug)]
pub struct Control {
    /// The module that declares it.
    pub module: String,
    /// Its id, such as `admin-hidden`.
    pub id: String,
    /// The guarantee, in one sentence.
    pub title: String,
    /// What to do if it does not hold.
    pub fix: String,
    /// The probes that test it.
    pub probes: Vec<Probe>,
    /// Where it is declared.
    pub place: Place,
}

/// A probe from outside.
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
    /// The endpoint at which other servers find a server name.
    Delegation(DelegationProbe),
    /// The keys that a server presents.
    Identity(IdentityProbe),
    /// Paths that must be unreachable from outside, in any spelling.
    Hidden(HiddenProbe),
}

/// `tcp = 8008, expect = "closed"`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PortProbe {
    /// The port.
    pub tcp: u16,
    /// `closed`, the only expectation that a port alone can have.
    pub expect: Closed,
}

/// The only expectation for a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// Nothing answers there.
    Closed,
}

/// `http = "GET https://example.org/x"`, and the expected answer.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HttpProbe {
    /// Method and URL.
    pub http: String,
    /// The JSON body to send.
    #[serde(default)]
    pub body: Option<String>,
    /// The accepted statuses; if empty, any.
    #[serde(default)]
    pub status: Vec<u16>,
    /// The expected redirect target.
    #[serde(default)]
    pub location: Option<String>,
    /// The only Strict-Transport-Security header; if empty, there must be none.
    #[serde(default)]
    pub hsts: Option<String>,
    /// The expected media type.
    #[serde(default, rename = "type")]
    pub content_type: Option<String>,
    /// Whether every web site may read it.
    #[serde(default)]
    pub cors: bool,
    /// The expected body, as JSON.
    #[serde(default)]
    pub json: Option<Value>,
    /// Text that the body must contain.
    #[serde(default)]
    pub has: Option<String>,
    /// Texts that the body must not contain.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// A stage that every flow of a refused registration must have.
    #[serde(default)]
    pub flows: Option<String>,
    /// The minimum of a version in the body.
    #[serde(default)]
    pub at_least: Option<MinimumVersion>,
}

/// `at_least = { at = "/server/version", version = "1.157.2" }`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MinimumVersion {
    /// The location of the version, as a JSON pointer (RFC 6901).
    pub at: String,
    /// The oldest version that passes.
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
    /// The endpoint that it must lead to.
    pub endpoint: String,
}

/// `identity = "example.org", at = "matrix.example.org:443", key = "ed25519:…"`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProbe {
    /// The server name.
    pub identity: String,
    /// The name and port to ask.
    pub at: String,
    /// The recorded public key.
    #[serde(default)]
    pub key: Option<String>,
}

/// `hidden = "https://example.org", paths = ["/admin/version"]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HiddenProbe {
    /// The site.
    pub hidden: String,
    /// The paths, in their plain spelling.
    pub paths: Vec<String>,
}

/// The keys that identify the kind of a probe.
pub(super) const KINDS: [&str; 7] =
    ["tcp", "http", "tls", "certificate", "delegation", "identity", "hidden"];

/// Prints a probe as in a manifest, without unset keys.
impl std::fmt::Display for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(table) = value.as_object_mut() {
            let is_unset = |value: &Value| {
                value.is_null() || value == false || value.as_array().is_some_and(Vec::is_empty)
            };
            table.retain(|_, value| !is_unset(value));
        }
        write!(f, "{value}")
    }
}

impl Probe {
    /// Reads a rendered table without its `from`; an error describes the mistake in words.
    pub(super) fn read(mut table: Map<String, Value>) -> Result<Probe, String> {
        // `none` means unset.
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
