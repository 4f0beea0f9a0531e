//! The specification's steps, in order; the lookups are passed in.

use super::super::shortened;
use super::server_name::ServerName;
use serde_json::Value;

/// The default port.
const PORT: u16 = 8448;

/// A web server's answer to the request for the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WellKnown {
    /// The document's text.
    Text(String),
    /// Why there is no document.
    None(String),
}

/// An SRV record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SrvTarget {
    pub(super) priority: u16,
    pub(super) weight: u16,
    pub(super) port: u16,
    pub(super) target: String,
}

/// The lookups that resolving needs.
pub(super) trait Lookups {
    /// Fetches `https://HOST/.well-known/matrix/server`, following redirects.
    async fn document(&self, host: &str) -> WellKnown;
    /// Returns the SRV records of a name.
    async fn services(&self, name: &str) -> Vec<SrvTarget>;
}

/// Where a server name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    /// The host whose addresses are connected to.
    pub(super) host: String,
    /// The port.
    pub(super) port: u16,
    /// The name that the certificate must cover.
    pub(super) certificate: String,
    /// How it was resolved, step by step.
    pub(super) steps: Vec<String>,
    /// Why the document is of no use, if the name should have one.
    pub(super) broken: Option<String>,
}

/// Resolves a name as the specification says. An error says what is wrong with the name.
pub(super) async fn resolve(name: &str, by: &impl Lookups) -> Result<Resolved, String> {
    let parsed = ServerName::parse(name).ok_or_else(|| format!("`{name}` is not a server name"))?;
    let at = |host: &str, port: u16, why: &str| Resolved {
        host: host.to_owned(),
        port,
        certificate: parsed.host.clone(),
        steps: vec![why.to_owned()],
        broken: None,
    };
    // 1. An IP address, with its port or 8448.
    if parsed.is_address() {
        return Ok(at(&parsed.host, parsed.port.unwrap_or(PORT), "the name is an address"));
    }
    // 2. A name with a port.
    if let Some(port) = parsed.port {
        return Ok(at(&parsed.host, port, "the name has a port"));
    }
    // 3. The document on the host of that name.
    let broken = match by.document(&parsed.host).await {
        WellKnown::Text(text) => match delegated(&text) {
            Ok(to) => return Ok(follow(&to, by).await),
            Err(why) => why,
        },
        WellKnown::None(why) => why,
    };
    // 4 and 5. An SRV record of the name; without one (6), its port 8448.
    let (host, port, way) = services(&parsed.host, by).await;
    Ok(Resolved { broken: Some(broken), ..at(&host, port, &way) })
}

/// Returns the server that a document names.
fn delegated(text: &str) -> Result<ServerName, String> {
    let json: Value =
        serde_json::from_str(text).map_err(|_| format!("it is not JSON: {}", shortened(text)))?;
    let to = json.get("m.server").ok_or_else(|| "it has no `m.server`".to_owned())?;
    let to = to
        .as_str()
        .ok_or_else(|| format!("`m.server` is not text: {}", shortened(&to.to_string())))?;
    ServerName::parse(to).ok_or_else(|| {
        let scheme =
            if to.contains("://") { ": a name and a port, without `https://`" } else { "" };
        format!("`m.server` is not a server name: `{}`{scheme}", shortened(to))
    })
}

/// 3.1 to 3.5: resolves a delegated name. It is not delegated again.
async fn follow(to: &ServerName, by: &impl Lookups) -> Resolved {
    let mut steps = vec!["from the document".to_owned()];
    let (host, port) = match (to.is_address(), to.port) {
        (true, port) => (to.host.clone(), port.unwrap_or(PORT)),
        (false, Some(port)) => (to.host.clone(), port),
        (false, None) => {
            let (host, port, by) = services(&to.host, by).await;
            steps.push(by);
            (host, port)
        }
    };
    Resolved { host, port, certificate: to.host.clone(), steps, broken: None }
}

/// Returns the target of a name's SRV record or its deprecated form, or else port 8448.
async fn services(host: &str, by: &impl Lookups) -> (String, u16, String) {
    for of in ["_matrix-fed._tcp", "_matrix._tcp"] {
        let name = format!("{of}.{host}");
        let mut found = by.services(&name).await;
        // The lowest priority first; within it, the highest weight.
        found.sort_by_key(|one| (one.priority, u16::MAX - one.weight));
        // A target of `.` says that there is no such service (RFC 2782).
        if let Some(first) = found.into_iter().find(|one| !one.target.is_empty()) {
            return (first.target, first.port, format!("SRV {name}"));
        }
    }
    (host.to_owned(), PORT, format!("no port given, so port {PORT} of {host}"))
}
