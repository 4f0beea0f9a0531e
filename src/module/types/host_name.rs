//! Host names: a domain, a host, a Matrix server name.

use super::Literal;
use super::punycode;
use super::text_type::{RefusedText, TextType};
use crate::diagnostic::lookalike;
use minijinja::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Labels separated by dots, the last one not all digits; lengths are part of the grammar.
macro_rules! domain {
    () => {
        "([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)*\
         ([0-9]*[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?|[0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])"
    };
}

pub(super) const DOMAIN: TextType = TextType {
    name: "domain",
    article: "a host name",
    example: "`matrix.example.org`",
    pattern: concat!("^", domain!(), "$"),
    fields: &[],
    parse: |text| domain(text).map(Value::from),
};

pub(super) const HOST: TextType = TextType {
    name: "host",
    article: "a host name or an IP address",
    example: "`mail.example.org`",
    pattern: concat!(
        "^(",
        domain!(),
        r"|[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$"
    ),
    fields: &[],
    parse: |text| name_or_address(text).map(Value::from),
};

pub(super) const SERVER_NAME: TextType = TextType {
    name: "server_name",
    article: "a Matrix server name",
    example: "`example.org`",
    pattern: r"^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$",
    fields: &["host", "port", "text"],
    parse: server_name,
};

/// A host name in lower case.
pub(super) fn domain(text: &str) -> Result<String, RefusedText> {
    if let Some(odd) = text.chars().find_map(lookalike) {
        let plain: String = text
            .chars()
            .map(|c| lookalike(c).map_or(c.to_string(), |one| one.meant.to_owned()))
            .collect();
        let refused = RefusedText::because(format!("unexpected character: {}", odd.describe()));
        return Err(refused.write(format!("write `{}`", plain.trim())));
    }
    if let Some((_, rest)) = text.split_once("://") {
        let name = rest.split(['/', '?']).next().unwrap_or_default();
        return Err(RefusedText::because("this is a URL").write(format!("write `{name}`")));
    }
    if let Some((name, port)) = text.split_once(':').filter(|(_, port)| is_port(port)) {
        let help =
            format!("write `{name}` here; the port `{port}` has its own option, if there is one");
        return Err(RefusedText::because("also has a port").write(help));
    }
    if let Some(name) = text.strip_suffix('/') {
        return Err(RefusedText::because("ends with a slash").write(format!("write `{name}`")));
    }
    if let Some(rest) = text.strip_suffix('.') {
        return Err(RefusedText::because("ends with a dot").write(format!("write `{rest}`")));
    }
    if !text.is_ascii() {
        let refused = RefusedText::because("contains letters that DNS does not allow");
        return Err(match punycode::spelling(text) {
            Some(dns) => refused.write(format!("write its DNS form: `{dns}`")),
            None => refused.write("write its DNS form, starting with `xn--`"),
        });
    }
    if text.starts_with("*.") {
        let refused = RefusedText::because("`*` is not part of a host name");
        return Err(refused.write("list each host separately"));
    }
    let lower = text.to_ascii_lowercase();
    if lower.is_empty() || lower.len() > 253 {
        return Err(RefusedText::because("a host name has 1 to 253 characters"));
    }
    if let Some((_, host)) = text.rsplit_once('@') {
        // The text before it may be a password.
        let refused = RefusedText::because("a host name has no `@`");
        return Err(refused.write(format!(
            "write only `{host}`; user and password have their own keys, `password = {{ secret = \"…\" }}`"
        )));
    }
    if lower.contains("..") {
        let one = lower.split('.').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
        return Err(RefusedText::because("has two dots in a row").write(format!("write `{one}`")));
    }
    if let Some(rest) = lower.strip_prefix('.') {
        return Err(RefusedText::because("starts with a dot").write(format!("write `{rest}`")));
    }
    if let Some(label) = lower.split('.').find(|label| !is_label(label)) {
        return Err(RefusedText::because(format!(
            "`{}` is not part of a host name",
            label.escape_debug()
        )));
    }
    if lower.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
        return Err(RefusedText::because("this is an address, or ends like one"));
    }
    Ok(lower)
}

/// A bare name or address: one with a scheme, a port or a path belongs in other options.
fn name_or_address(text: &str) -> Result<String, RefusedText> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    if let Some((_, rest)) = text.split_once("://") {
        let name = rest.split(['/', ':', '?']).next().unwrap_or_default();
        return Err(RefusedText::because("a URL").write(format!("write only the host: `{name}`")));
    }
    match split_port(text) {
        Ok((name, Some(port))) => {
            let name = name.trim_matches(['[', ']']);
            let help = format!("write only `{name}`, and `port = {port}` beside it");
            Err(RefusedText::because("the port has its own option").write(help))
        }
        _ => domain(text),
    }
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_label(label: &str) -> bool {
    let clean = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    clean && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
}

/// The name is part of every user and room forever, so reading never changes it: capitals are refused, not lowered.
fn server_name(text: &str) -> Result<Value, RefusedText> {
    if let Some((_, rest)) = text.split_once("://") {
        let name = rest.split(['/', '?']).next().unwrap_or_default();
        return Err(RefusedText::because("this is a URL")
            .write(format!("write `{}`", name.to_ascii_lowercase())));
    }
    if let Some((_, name)) = text.strip_prefix('@').and_then(|rest| rest.split_once(':')) {
        return Err(RefusedText::because("this is a user id")
            .write(format!("write `{}`", name.to_ascii_lowercase())));
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        let refused = RefusedText::because("a server name must be lowercase");
        return Err(refused.write(format!("write `{}`", text.to_ascii_lowercase())));
    }
    let (host, port) = split_port(text)?;
    let host = self::host(host)?;
    let port = port.map_or(Value::from(()), Value::from);
    Ok(Literal::new(text, vec![("host", Value::from(host)), ("port", port)]).into_value())
}

/// `host:port`, `[v6]:port` or a host alone.
pub(super) fn split_port(text: &str) -> Result<(&str, Option<u16>), RefusedText> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    if host.contains(':') && !host.starts_with('[') {
        let help = "write IPv6 addresses in brackets: `[2001:db8::1]:8448`";
        return Err(RefusedText::because("two colons").write(help));
    }
    let port = port.map(|port| {
        let clean = port.bytes().all(|b| b.is_ascii_digit());
        port.parse::<u16>().ok().filter(|port| clean && *port > 0)
    });
    match port {
        Some(None) => Err(RefusedText::because("the port must be a number from 1 to 65535")),
        Some(port) => Ok((host, port)),
        None => Ok((host, None)),
    }
}

/// A host name, an IPv4 address, or an IPv6 address between brackets.
pub(super) fn host(text: &str) -> Result<String, RefusedText> {
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match inner.parse::<Ipv6Addr>() {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err(RefusedText::because("an IPv6 address goes in brackets")),
        };
    }
    if text.parse::<Ipv4Addr>().is_ok() { Ok(text.to_owned()) } else { domain(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_lowercased_and_checked() {
        assert_eq!(domain("Matrix.Example.org").unwrap(), "matrix.example.org");
        for text in
            ["", "a..b", "-a.b", "a_b.c", "a b", "1.2.3.4", "example.org.", "ä.org", "*.a.b"]
        {
            assert!(domain(text).is_err(), "{text}");
        }
        assert!(domain(&format!("{}.org", "a".repeat(64))).is_err());
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        let pattern = regex_lite::Regex::new(HOST.pattern).unwrap();
        for (text, value) in [
            ("Mail.example.org", "mail.example.org"),
            ("192.0.2.25", "192.0.2.25"),
            ("2001:DB8::25", "2001:db8::25"),
        ] {
            assert_eq!((HOST.parse)(text).unwrap().as_str(), Some(value));
            assert!(pattern.is_match(text), "{text}");
        }
        for text in ["", "192.0.2", "192.0.2.256", "[2001:db8::25]", "192.0.2.25:25", "a_b", "-x"] {
            assert!((HOST.parse)(text).is_err(), "{text}");
        }
    }

    #[test]
    fn server_names_keep_their_spelling() {
        let value = server_name("example.org:8448").unwrap();
        assert_eq!(value.to_string(), "example.org:8448");
        assert_eq!(value.get_attr("host").unwrap().as_str(), Some("example.org"));
        assert_eq!(value.get_attr("port").unwrap(), Value::from(8448));
        assert!(server_name("example.org").unwrap().get_attr("port").unwrap().is_none());
        assert!(server_name("[2001:db8::1]:8448").is_ok());
        assert!(server_name("10.0.0.1").is_ok());
        for text in ["Example.org", "example.org:", "example.org:0", "2001:db8::1", "[x]", "a:b:1"]
        {
            assert!(server_name(text).is_err(), "{text}");
        }
    }
}
