//! Whether a server still answers somewhere: requests its keys at every address that its name, its delegation and its
//! public address lead to. No certificate is trusted or needed: only the key counts.

use super::VerifyContext;
use super::delegation::endpoint;
use crate::net::{HttpUrl, Net, Request, TlsTrust};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;
use tokio::task::JoinSet;

/// The time limit for the whole search.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The ports of federation and of the web.
const PORTS: [u16; 2] = [8448, 443];

/// Returns the addresses where a server shows this key, `ed25519:ID BASE64`. `also` are asked too, under each of the
/// names; the world's own addresses only if they are in `also`.
pub async fn still_answers(
    context: &VerifyContext,
    server_name: &str,
    public_name: &str,
    key: &str,
    also: &[IpAddr],
) -> Vec<String> {
    let mut asked: BTreeSet<(String, u16, IpAddr)> = BTreeSet::new();
    let host = server_name.split(':').next().unwrap_or_default();
    for name in [host, public_name] {
        let found = context.net.addresses(name).await;
        for address in found.iter().chain(also) {
            asked.extend(PORTS.map(|port| (name.to_owned(), port, *address)));
        }
    }
    if let Some((name, port)) = endpoint(context, server_name).await {
        for address in context.net.addresses(&name).await.iter().chain(also) {
            asked.insert((name.clone(), port, *address));
        }
    }
    let is_own = |address: &IpAddr| context.own.contains(address) && !also.contains(address);
    let mut running = JoinSet::new();
    for (name, port, address) in asked.into_iter().filter(|(_, _, one)| !is_own(one)) {
        let trust = context.net.trust.clone();
        let key = key.to_owned();
        running
            .spawn(async move { shows(trust, name, port, address, &key).await.then_some(address) });
    }
    let mut answering = BTreeSet::new();
    while let Some(found) = running.join_next().await {
        answering.extend(found.ok().flatten());
    }
    answering.iter().map(IpAddr::to_string).collect()
}

async fn shows(trust: TlsTrust, name: String, port: u16, address: IpAddr, key: &str) -> bool {
    let path = "/_matrix/key/v2/server".to_owned();
    let to = HttpUrl { tls: true, host: name.clone(), port, path };
    let net = Net::new(BTreeMap::from([(name, vec![address])]), None, trust, TIMEOUT);
    let Ok(answer) = net.send(&Request::get(to)).await else { return false };
    let keys: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    has(&keys, key)
}

fn has(keys: &Value, key: &str) -> bool {
    let Some((id, public)) = key.split_once(' ') else { return false };
    let shown = keys.get("verify_keys").and_then(|keys| keys.get(id)?.get("key")?.as_str());
    shown.is_some_and(|shown| shown.trim_end_matches('=') == public)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_server_is_recognized_by_its_key() {
        let keys = json!({"server_name": "a.b", "verify_keys": {"ed25519:1": {"key": "AAAA="}}});
        assert!(has(&keys, "ed25519:1 AAAA"));
        assert!(!has(&keys, "ed25519:2 AAAA") && !has(&keys, "ed25519:1 BBBB") && !has(&keys, ""));
        assert!(!has(&Value::Null, "ed25519:1 AAAA"));
    }
}
