//! The steps of the specification in their order; who is asked is someone else's to say.

use super::super::shortened;
use super::server_name::ServerName;
use serde_json::Value;

/// The port that goes without saying.
const PORT: u16 = 8448;

/// What a web server gives for the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WellKnown {
    /// What it says.
    Text(String),
    /// Why there is none.
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

/// Who is asked on the way.
pub(super) trait Lookups {
    /// `https://HOST/.well-known/matrix/server`, redirects followed.
    async fn document(&self, host: &str) -> WellKnown;
    /// The SRV records of a name.
    async fn services(&self, name: &str) -> Vec<SrvTarget>;
}

/// Where a server name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    /// Whose addresses are connected to.
    pub(super) host: String,
    /// On which port.
    pub(super) port: u16,
    /// The name for which the certificate must be.
    pub(super) certificate: String,
    /// How it was found, step by step.
    pub(super) way: Vec<String>,
    /// Why the document says nothing, where there should be one.
    pub(super) broken: Option<String>,
}

/// Goes the way of the specification. An error is what is wrong with the name.
pub(super) async fn resolve(name: &str, by: &impl Lookups) -> Result<Resolved, String> {
    let parsed = ServerName::parse(name).ok_or_else(|| format!("`{name}` is not a server name"))?;
    let at = |host: &str, port: u16, why: &str| Resolved {
        host: host.to_owned(),
        port,
        certificate: parsed.host.clone(),
        way: vec![why.to_owned()],
        broken: None,
    };
    // 1. An address, with its port or 8448.
    if parsed.is_address() {
        return Ok(at(&parsed.host, parsed.port.unwrap_or(PORT), "the name is an address"));
    }
    // 2. A name with a port.
    if let Some(port) = parsed.port {
        return Ok(at(&parsed.host, port, "the name has a port"));
    }
    // 3. The document of the name's own host.
    let broken = match by.document(&parsed.host).await {
        WellKnown::Text(text) => match delegated(&text) {
            Ok(to) => return Ok(follow(&to, by).await),
            Err(why) => why,
        },
        WellKnown::None(why) => why,
    };
    // 4 and 5. A record of the name; without one (6), port 8448 of it.
    let (host, port, way) = services(&parsed.host, by).await;
    Ok(Resolved { broken: Some(broken), ..at(&host, port, &way) })
}

/// Who is named in a document.
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

/// 3.1 to 3.5: where a delegated name leads. It is not delegated again.
async fn follow(to: &ServerName, by: &impl Lookups) -> Resolved {
    let mut way = vec!["from the document".to_owned()];
    let (host, port) = match (to.is_address(), to.port) {
        (true, port) => (to.host.clone(), port.unwrap_or(PORT)),
        (false, Some(port)) => (to.host.clone(), port),
        (false, None) => {
            let (host, port, by) = services(&to.host, by).await;
            way.push(by);
            (host, port)
        }
    };
    Resolved { host, port, certificate: to.host.clone(), way, broken: None }
}

/// The record of a name, the old form of it, or port 8448.
async fn services(host: &str, by: &impl Lookups) -> (String, u16, String) {
    for of in ["_matrix-fed._tcp", "_matrix._tcp"] {
        let name = format!("{of}.{host}");
        let mut found = by.services(&name).await;
        // Lower ones first; among those the most frequent one.
        found.sort_by_key(|one| (one.priority, u16::MAX - one.weight));
        // A target `.` says that there is no such service (RFC 2782).
        if let Some(first) = found.into_iter().find(|one| !one.target.is_empty()) {
            return (first.target, first.port, format!("SRV {name}"));
        }
    }
    (host.to_owned(), PORT, format!("no port given, so port {PORT} of {host}"))
}
