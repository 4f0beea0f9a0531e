//! DNS questions: to the servers that this machine uses, to a given one, or directly to those of the zone, which the
//! system's resolver cannot be made to ask.

mod exchange;
mod message;
mod reader;
mod zone;

pub use message::{Data, Message, Type, answer};
pub use zone::{Zone, own_servers};

use crate::bounded;
use exchange::exchange;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use tokio::time::Instant;

/// The servers to ask, and the deadline.
#[derive(Clone, Debug)]
pub struct Resolver {
    servers: Vec<SocketAddr>,
    until: Instant,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsFailure {
    /// No answer arrived in time, or it was invalid.
    Silent,
    /// The server cannot or will not answer: its code.
    Refused(u8),
    /// The text is not a valid name.
    NoName,
}

impl std::fmt::Display for DnsFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DnsFailure::Silent => f.write_str("no answer"),
            DnsFailure::Refused(2) => f.write_str("the server failed (SERVFAIL)"),
            DnsFailure::Refused(5) => f.write_str("the server refused (REFUSED)"),
            DnsFailure::Refused(code) => write!(f, "the server answered with code {code}"),
            DnsFailure::NoName => f.write_str("not a DNS name"),
        }
    }
}

impl Resolver {
    /// Returns the servers of /etc/resolv.conf; without that file, the one on this machine (resolv.conf(5)).
    pub fn system(until: Instant) -> Resolver {
        let text = bounded::read_text(Path::new("/etc/resolv.conf"), 1 << 16).unwrap_or_default();
        let mut servers = name_servers(&text);
        if servers.is_empty() {
            servers.push((Ipv4Addr::LOCALHOST, 53).into());
        }
        Resolver { servers, until }
    }

    /// Returns a resolver with one server.
    pub fn of(server: SocketAddr, until: Instant) -> Resolver {
        Resolver { servers: vec![server], until }
    }

    /// Returns the records of a name; none if the name, or the type, does not exist.
    ///
    /// # Errors
    ///
    /// The name is not valid, or no server answers: the error is that of the last one.
    pub async fn ask(&self, name: &str, record_type: Type) -> Result<Vec<Data>, DnsFailure> {
        let message = self.message(name, record_type, true).await?;
        Ok(message.found(name, record_type))
    }

    /// A complete answer.
    async fn message(
        &self,
        name: &str,
        record_type: Type,
        recurse: bool,
    ) -> Result<Message, DnsFailure> {
        let mut last = DnsFailure::Silent;
        for server in &self.servers {
            match exchange(*server, (name, record_type, recurse), self.until).await {
                Ok(message) if matches!(message.code, 0 | 3) => return Ok(message),
                Ok(message) => last = DnsFailure::Refused(message.code),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Returns the addresses of a name.
    pub async fn addresses(&self, name: &str) -> Vec<IpAddr> {
        let (four, six) = tokio::join!(self.ask(name, Type::A), self.ask(name, Type::Aaaa));
        let found = four.into_iter().chain(six).flatten();
        found
            .filter_map(|data| match data {
                Data::Address(address) => Some(address),
                _ => None,
            })
            .collect()
    }
}

impl Message {
    /// Returns the answers of a type, following aliases of the name.
    pub fn found(&self, name: &str, record_type: Type) -> Vec<Data> {
        let mut name = name.trim_end_matches('.').to_ascii_lowercase();
        // A chain of aliases cannot be longer than the list of answers.
        for _ in 0..self.answers.len() {
            let other = self.answers.iter().find_map(|one| match &one.data {
                Data::Name(to) if one.name == name && one.record_type == Type::Cname as u16 => {
                    Some(to)
                }
                _ => None,
            });
            match other {
                Some(to) if record_type != Type::Cname => name.clone_from(to),
                _ => break,
            }
        }
        let own = self
            .answers
            .iter()
            .filter(|one| one.name == name && one.record_type == record_type as u16);
        let mut found: Vec<Data> = own.map(|one| one.data.clone()).collect();
        found.sort();
        found.dedup();
        found
    }
}

/// The `nameserver` lines, at most three, like other resolvers.
fn name_servers(text: &str) -> Vec<SocketAddr> {
    let lines = text.lines().map(str::split_whitespace).filter_map(|mut fields| {
        (fields.next() == Some("nameserver")).then(|| fields.next()).flatten()
    });
    let addresses = lines.filter_map(|field| field.parse::<IpAddr>().ok());
    addresses.map(|address| SocketAddr::new(address, 53)).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::message::DnsAnswer;
    use super::*;

    #[test]
    fn name_servers_are_read() {
        let text = "# nameserver 192.0.2.9\nsearch example.org\nnameserver 192.0.2.1\n nameserver 2001:db8::1 \nnameserver fe80::1%eth0\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n";
        let wanted = ["192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.2:53"];
        assert_eq!(name_servers(text), wanted.map(|one| one.parse().unwrap()));
    }

    #[test]
    fn aliases_are_followed_and_loops_end() {
        let alias = |name: &str, to: &str| DnsAnswer {
            name: name.into(),
            record_type: Type::Cname as u16,
            data: Data::Name(to.into()),
        };
        let address = Data::Address("192.0.2.1".parse().unwrap());
        let answer = DnsAnswer { name: "c".into(), record_type: 1, data: address.clone() };
        let mut message = Message {
            truncated: false,
            authoritative: true,
            code: 0,
            answers: vec![alias("a", "b"), alias("b", "c"), answer],
            authorities: Vec::new(),
        };
        assert_eq!(message.found("A.", Type::A), [address]);
        assert_eq!(message.found("a", Type::Cname), [Data::Name("b".into())]);
        message.answers[1] = alias("b", "a");
        assert!(message.found("a", Type::A).is_empty());
    }
}
