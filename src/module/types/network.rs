//! Addresses, networks and endpoints. Their values are normalised, so that equal ones are equal texts.

use super::Literal;
use super::host_name::{host, split_port};
use super::text_type::{RefusedText, TextType};
use ipnet::IpNet;
use minijinja::Value;
use std::net::IpAddr;

pub(super) const ADDRESS: TextType = TextType {
    name: "address",
    article: "an IP address",
    example: "`192.0.2.1`",
    pattern: r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$",
    fields: &[],
    parse: |text| match text.parse::<IpAddr>() {
        Ok(address) => Ok(Value::from(address.to_string())),
        Err(_) => Err(RefusedText::because("neither IPv4 nor IPv6")),
    },
};

pub(super) const CIDR: TextType = TextType {
    name: "cidr",
    article: "a network or an address",
    example: "`192.0.2.0/24`",
    pattern: r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)(/[0-9]{1,3})?$",
    fields: &[],
    parse: |text| Network::parse(text).map(|network| Value::from(network.to_string())),
};

pub(super) const ENDPOINT: TextType = TextType {
    name: "endpoint",
    article: "a host with its port",
    example: "`matrix.example.org:443`",
    pattern: r"^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$",
    fields: &["host", "port", "text"],
    parse: endpoint,
};

/// A network, or an address as a network with one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::module) struct Network(IpNet);

impl Network {
    /// Parses an address, or a network given as its first address and the prefix length.
    pub(in crate::module) fn parse(text: &str) -> Result<Network, RefusedText> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr =
            address.parse().map_err(|_| RefusedText::because("neither IPv4 nor IPv6"))?;
        let Some(prefix) = prefix else { return Ok(Network(address.into())) };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let network = number(prefix).and_then(|prefix| IpNet::new(address, prefix).ok());
        let network = network.ok_or_else(|| {
            RefusedText::because(format!("the prefix is a number from 0 to {most}"))
        })?;
        if network == network.trunc() {
            return Ok(Network(network));
        }
        let help =
            format!("write `{}` for the network, or `{address}` for the address", network.trunc());
        Err(RefusedText::because("an address inside a network").write(help))
    }

    /// Whether every address of it lies in one of these networks; several may cover it together.
    pub(in crate::module) fn is_within(&self, others: &[Network]) -> bool {
        let others: Vec<IpNet> = others.iter().map(|other| other.0).collect();
        IpNet::aggregate(&others).iter().any(|whole| whole.contains(&self.0))
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

fn number(text: &str) -> Option<u8> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn endpoint(text: &str) -> Result<Value, RefusedText> {
    if text.starts_with("unix:") || text.starts_with('/') {
        let refused = RefusedText::because("a socket is not a host with a port");
        return Err(refused
            .write("let the program listen on a loopback port, and write that: `127.0.0.1:9000`"));
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let refused = RefusedText::because("a URL");
        let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let default = if scheme == "https" { 443 } else { 80 };
        let place = match split_port(place) {
            Ok((host, None)) => format!("{host}:{default}"),
            _ => place.to_owned(),
        };
        return Err(match endpoint(&place) {
            Ok(value) => refused.write(format!("write `{value}`")),
            Err(_) => refused,
        });
    }
    let (name, port) = split_port(text)?;
    let name = host(name)?;
    let Some(port) = port else {
        // On the host itself, nginx uses that port.
        let is_local = name == "localhost"
            || name == "[::1]"
            || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let help = match is_local {
            true => format!("add the program's port: `{name}:9000`"),
            false => format!("write `{name}:443`, if that is its port"),
        };
        return Err(RefusedText::because("the port is missing").write(help));
    };
    let fields = vec![("host", Value::from(name.as_str())), ("port", Value::from(port))];
    Ok(Literal::new(format!("{name}:{port}"), fields).into_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_normalized() {
        let shown = |text: &str| Network::parse(text).map(|network| network.to_string());
        assert_eq!(shown("10.0.0.1").unwrap(), "10.0.0.1/32");
        assert_eq!(shown("2001:DB8::/32").unwrap(), "2001:db8::/32");
        assert_eq!(shown("0.0.0.0/0").unwrap(), "0.0.0.0/0");
        assert!(shown("10.0.0.1/8").unwrap_err().help.unwrap().contains("`10.0.0.0/8`"));
        for text in
            ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/8/8", "::/129", "1.2.3"]
        {
            assert!(shown(text).is_err(), "{text}");
        }
    }

    #[test]
    fn networks_contain_their_subnets() {
        let network = |text| Network::parse(text).unwrap();
        let within = |inner, outer| network(inner).is_within(&[network(outer)]);
        assert!(within("10.1.2.3", "10.0.0.0/8"));
        assert!(!within("11.0.0.0/16", "10.0.0.0/8"));
        assert!(!within("10.0.0.0/8", "10.0.0.0/16"));
        assert!(!within("::1", "0.0.0.0/0"));
    }

    #[test]
    fn adjacent_networks_cover_a_larger_one() {
        let network = |text: &str| Network::parse(text).unwrap();
        let within = |inner: &str, outer: &[&str]| {
            network(inner).is_within(&outer.iter().map(|text| network(text)).collect::<Vec<_>>())
        };
        assert!(within("0.0.0.0/0", &["0.0.0.0/1", "128.0.0.0/1"]));
        assert!(within("0.0.0.0/0", &["128.0.0.0/2", "192.0.0.0/2", "64.0.0.0/2", "0.0.0.0/2"]));
        assert!(within("::/0", &["::/1", "8000::/1"]));
        assert!(within("10.0.0.0/31", &["10.0.0.1", "10.0.0.0"]));
        assert!(within("::/127", &["::", "::1"]));
        assert!(!within("0.0.0.0/0", &["0.0.0.0/1", "128.0.0.0/2", "::/0"]));
        assert!(!within("10.0.0.1", &["10.0.0.0"]));
        assert!(!within("10.0.0.0/8", &[]));
    }

    #[test]
    fn endpoints_have_a_port() {
        let value = endpoint("Matrix.example.org:443").unwrap();
        assert_eq!(value.to_string(), "matrix.example.org:443");
        assert_eq!(value.get_attr("port").unwrap(), Value::from(443));
        assert!(endpoint("matrix.example.org").unwrap_err().help.is_some());
        assert!(endpoint("[::1]:8008").is_ok());
        let help = |text| endpoint(text).unwrap_err().help.unwrap();
        for (text, write) in [
            ("http://127.0.0.1:9000/", "write `127.0.0.1:9000`"),
            ("https://matrix.example.org:443", "write `matrix.example.org:443`"),
            ("https://matrix.example.org/a", "write `matrix.example.org:443`"),
            ("127.0.0.1", "add the program's port: `127.0.0.1:9000`"),
            ("matrix.example.org", "write `matrix.example.org:443`, if that is its port"),
        ] {
            assert_eq!(help(text), write, "{text}");
        }
        assert!(help("unix:/run/x.sock").contains("loopback port"));
    }
}
