//! The target of a request: the parts of a URL, with its path as written. URL libraries normalise paths, and the paths
//! tried here must not be normalised, so none is used.

/// An http or https URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpUrl {
    /// Whether it uses TLS.
    pub tls: bool,
    /// The host name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query, as sent.
    pub path: String,
}

impl HttpUrl {
    /// Reads a URL; none if no request can be sent to it.
    pub fn read(url: &str) -> Option<HttpUrl> {
        let (scheme, rest) = url.split_once("://")?;
        let tls = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (host, port) = host_port(authority)?;
        let path = path.split('#').next().unwrap_or_default();
        let slash = if path.starts_with('/') { "" } else { "/" };
        let path = format!("{slash}{path}");
        let plain = |text: &str| text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
        if !plain(&path) || !plain(host) || host.contains(['@', '/', '\\']) {
            return None;
        }
        let port = port.unwrap_or(if tls { 443 } else { 80 });
        Some(HttpUrl { tls, host: host.to_ascii_lowercase(), port, path })
    }

    /// Returns the `Host` header: without the port if it is the default.
    pub fn host_header(&self) -> String {
        let host = bracketed(&self.host);
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    /// Returns the URL with another path.
    pub fn with_path(&self, path: &str) -> HttpUrl {
        HttpUrl { path: path.to_owned(), ..self.clone() }
    }
}

impl std::fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.host_header(), self.path)
    }
}

/// Returns an IPv6 address in brackets; anything else unchanged.
pub fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// Splits `host:port`, `host` or `[2001:db8::1]:port`; returns the host without brackets.
pub fn host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            match port {
                "" => (host, None),
                port => (host, Some(port.strip_prefix(':')?)),
            }
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let digits =
        |port: &str| (1..=5).contains(&port.len()) && port.bytes().all(|c| c.is_ascii_digit());
    let port = match port {
        Some(port) if digits(port) => Some(port.parse().ok()?),
        Some(_) => return None,
        None => None,
    };
    (!host.is_empty()).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn urls_are_parsed() {
        let shown = |url: &str| HttpUrl::read(url).map(|target| target.to_string());
        for (url, wanted) in [
            ("https://a.example", "https://a.example/"),
            ("https://A.example:443/x?y=%23#z", "https://a.example/x?y=%23"),
            ("http://a.example:8080//x/../y;z", "http://a.example:8080//x/../y;z"),
            ("https://[2001:db8::1]:8448/x", "https://[2001:db8::1]:8448/x"),
            ("https://a.example?x", "https://a.example/?x"),
        ] {
            assert_eq!(shown(url).as_deref(), Some(wanted), "{url}");
        }
        for wrong in [
            "ftp://a",
            "https://",
            "https://a:b/",
            "https://a:99999/",
            "https://u@a/",
            "//a/",
            "https://a/b c",
            "https://a/\r\nx",
            "https://[::1/",
            "https://[a]/",
            "https://[::1]8/",
        ] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn shown_urls_are_read_back(url in "https?://[^ ]{0,40}") {
            if let Some(target) = HttpUrl::read(&url) {
                prop_assert_eq!(HttpUrl::read(&target.to_string()), Some(target));
            }
        }
    }
}
