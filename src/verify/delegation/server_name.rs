//! The grammar of server names (appendix of the specification): a DNS name or an IP address, and optionally a port.

use crate::net::host_port;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The parts of a server name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerName {
    /// A name, or an address without brackets.
    pub(super) host: String,
    /// The port, if given.
    pub(super) port: Option<u16>,
}

impl ServerName {
    /// Parses a server name.
    pub(super) fn parse(text: &str) -> Option<ServerName> {
        if text.is_empty() || text.len() > 255 {
            return None;
        }
        let (host, port) = host_port(text)?;
        let good = match text.starts_with('[') {
            true => host.parse::<Ipv6Addr>().is_ok(),
            false => host.parse::<Ipv4Addr>().is_ok() || is_name(host),
        };
        good.then(|| ServerName { host: host.to_ascii_lowercase(), port })
    }

    /// Returns whether it is an IP address.
    pub(super) fn is_address(&self) -> bool {
        self.host.parse::<IpAddr>().is_ok()
    }
}

fn is_name(host: &str) -> bool {
    host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}
