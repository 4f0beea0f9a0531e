//! The servers of a name's own zone: what they say is what the world will hear once everyone has forgotten the rest.

use super::message::{Data, Type};
use super::{Resolver, Unanswered, exchange::exchange};
use std::net::SocketAddr;
use tokio::time::Instant;

/// As many servers of a zone are asked, and so many labels up at most.
const SERVERS: usize = 4;
const LABELS: usize = 8;

/// A zone with its servers.
#[derive(Clone, Debug, Default)]
pub struct Zone {
    /// Its servers by name, each with an address.
    pub servers: Vec<(String, SocketAddr)>,
}

/// The zone in which a name lies. None where nobody says.
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
                // IPv4 first: more machines have a way there.
                let first = addresses.iter().find(|one| one.is_ipv4()).or(addresses.first());
                servers.extend(first.map(|one| (name.clone(), SocketAddr::new(*one, 53))));
            }
            return Some(Zone { servers });
        }
        zone = zone.split_once('.')?.1;
        if !zone.contains('.') && !zone.is_empty() && name.contains('.') {
            // The servers of a top-level domain know nothing of names in it but who does.
            return None;
        }
    }
    None
}

impl Zone {
    /// What one of its servers says of a name by itself.
    pub async fn ask(
        server: SocketAddr,
        name: &str,
        of: Type,
        until: Instant,
    ) -> Result<Vec<Data>, Unanswered> {
        let message = exchange(server, (name, of, false), until).await?;
        match message.code {
            0 | 3 => Ok(message.found(name, of)),
            code => Err(Unanswered::Refused(code)),
        }
    }
}
