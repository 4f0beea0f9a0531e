//! The servers of a name's own zone: their answers are what all resolvers return once caches have expired.

use super::message::{Data, Type};
use super::{DnsFailure, Resolver, exchange::exchange};
use std::net::SocketAddr;
use tokio::time::Instant;

/// How many servers of a zone are asked, and how many labels up the search goes at most.
const SERVERS: usize = 4;
const LABELS: usize = 8;

/// The servers of a zone.
#[derive(Clone, Debug, Default)]
pub struct Zone {
    /// Its servers by name, each with one address.
    pub servers: Vec<(String, SocketAddr)>,
}

/// Returns the servers of the zone that contains a name; none if they cannot be found.
pub async fn own_servers(resolver: &Resolver, name: &str) -> Option<Zone> {
    let mut zone = name.trim_end_matches('.');
    for _ in 0..LABELS {
        let found = resolver.ask(zone, Type::Ns).await.unwrap_or_default();
        let names = found.into_iter().filter_map(|data| match data {
            Data::Name(name) => Some(name),
            _ => None,
        });
        let names: Vec<String> = names.take(SERVERS).collect();
        if !names.is_empty() {
            let mut servers = Vec::new();
            for name in names {
                let addresses = resolver.addresses(&name).await;
                // IPv4 first, since more machines can reach it.
                let first = addresses.iter().find(|one| one.is_ipv4()).or(addresses.first());
                servers.extend(first.map(|one| (name.clone(), SocketAddr::new(*one, 53))));
            }
            return Some(Zone { servers });
        }
        zone = zone.split_once('.')?.1;
        if !zone.contains('.') && !zone.is_empty() && name.contains('.') {
            // The servers of a top-level domain only know which servers are responsible for names in it.
            return None;
        }
    }
    None
}

impl Zone {
    /// Asks one of the servers about a name, without recursion.
    ///
    /// # Errors
    ///
    /// The name is not valid, or the server does not answer in time or answers with an error other than that the name
    /// does not exist.
    pub async fn ask(
        server: SocketAddr,
        name: &str,
        record_type: Type,
        until: Instant,
    ) -> Result<Vec<Data>, DnsFailure> {
        let message = exchange(server, (name, record_type, false), until).await?;
        match message.code {
            0 | 3 => Ok(message.found(name, record_type)),
            code => Err(DnsFailure::Refused(code)),
        }
    }
}
