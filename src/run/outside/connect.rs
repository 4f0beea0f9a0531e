//! Tries ports from this machine: every name and address, over IPv4 and IPv6, all in parallel.

use crate::net::system;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// The limit for everything, including name resolution.
pub(super) const TIMEOUT: Duration = Duration::from_secs(2);

/// The results.
#[derive(Debug, Default)]
pub(super) struct ConnectResults {
    /// The ports that did not answer, by address and reason.
    pub(super) silent: BTreeMap<(IpAddr, Silence), Vec<u16>>,
    /// The names that resolve to each address.
    pub(super) names: BTreeMap<IpAddr, Vec<String>>,
    /// Names that this machine cannot resolve.
    pub(super) unknown: Vec<String>,
    /// The protocols, IPv6 or IPv4, that this machine has no route for.
    pub(super) unroutable: Vec<&'static str>,
}

/// How a port fails to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Silence {
    /// Nothing listens there, or a firewall pretends so.
    Refused,
    /// The route is blocked.
    Barred,
    /// No reply.
    Dropped,
}

/// Tries the ports of each name.
pub(super) async fn connect(ports: &BTreeMap<String, Vec<u16>>) -> ConnectResults {
    let until = Instant::now() + TIMEOUT;
    let mut tried = ConnectResults::default();
    let mut wanted: BTreeSet<SocketAddr> = BTreeSet::new();
    let mut found = JoinSet::new();
    for name in ports.keys().cloned() {
        found.spawn(async move { (timeout_at(until, resolve(name.clone())).await, name) });
    }
    while let Some(done) = found.join_next().await {
        let Ok((addresses, name)) = done else { continue };
        let addresses = addresses.unwrap_or_default();
        if addresses.is_empty() {
            tried.unknown.push(name);
            continue;
        }
        for address in addresses {
            let own = ports.get(&name).into_iter().flatten();
            wanted.extend(own.map(|port| SocketAddr::new(address, *port)));
            tried.names.entry(address).or_default().push(name.clone());
        }
    }
    tried.unknown.sort();
    tried.names.values_mut().for_each(|names| names.sort());
    let mut attempts = JoinSet::new();
    for address in wanted {
        attempts.spawn(async move {
            let answer = timeout_at(until, TcpStream::connect(address)).await;
            (address, answer.map_or(Err(ErrorKind::TimedOut.into()), |done| done.map(drop)))
        });
    }
    while let Some(done) = attempts.join_next().await {
        if let Ok((address, Err(error))) = done {
            tried.fail(address, &error);
        }
    }
    tried.silent.values_mut().for_each(|ports| ports.sort_unstable());
    tried
}

impl ConnectResults {
    fn fail(&mut self, address: SocketAddr, error: &io::Error) {
        let silence = match error.kind() {
            ErrorKind::ConnectionRefused => Silence::Refused,
            ErrorKind::TimedOut => Silence::Dropped,
            // This machine's own limits say nothing about the host.
            ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable
            | ErrorKind::Unsupported => {
                let family = family(address.ip());
                if !self.unroutable.contains(&family) {
                    self.unroutable.push(family);
                }
                return;
            }
            _ => Silence::Barred,
        };
        self.silent.entry((address.ip(), silence)).or_default().push(address.port());
    }
}

/// Returns the name of the address's protocol.
pub(super) fn family(address: IpAddr) -> &'static str {
    if address.is_ipv6() { "IPv6" } else { "IPv4" }
}

/// Returns the addresses of a name, from this machine's resolver.
pub(super) async fn resolve(name: String) -> Vec<IpAddr> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let mut found = system(bare.to_owned()).await;
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    fn ports(name: &str, ports: &[u16]) -> BTreeMap<String, Vec<u16>> {
        BTreeMap::from([(name.to_owned(), ports.to_vec())])
    }

    #[tokio::test]
    async fn open_ports_answer_and_closed_ones_are_reported() {
        let open = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = open.local_addr().unwrap().port();
        assert!(connect(&ports("127.0.0.1", &[port])).await.silent.is_empty());
        let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let other = closed.local_addr().unwrap().port();
        drop(closed);
        let tried = connect(&ports("127.0.0.1", &[port, other])).await;
        let refused = (IpAddr::from(Ipv4Addr::LOCALHOST), Silence::Refused);
        assert_eq!(tried.silent, BTreeMap::from([(refused, vec![other])]));
    }

    #[tokio::test]
    async fn an_unresolvable_name_is_unknown() {
        let begun = Instant::now();
        let tried = connect(&ports("nobody.invalid", &[443])).await;
        assert_eq!(tried.unknown, ["nobody.invalid"]);
        assert!(tried.silent.is_empty() && begun.elapsed() < TIMEOUT * 2);
    }
}
