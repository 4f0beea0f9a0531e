//! Web addresses and mail addresses.

use super::Spelt;
use super::host_name::{domain, host, split_port};
use super::text_type::{Refused, TextType};
use minijinja::Value;

pub(super) const URL: TextType = TextType {
    name: "url",
    article: "a web address",
    example: "`https://matrix.example.org/`",
    pattern: r"^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?([/?][A-Za-z0-9._~:/?@!&()*+,;=%\[\]-]*)?$",
    fields: &["scheme", "host", "port", "path", "text"],
    parse: url,
};

pub(super) const EMAIL: TextType = TextType {
    name: "email",
    article: "a mail address",
    example: "`admin@example.org`",
    pattern: r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]+$",
    fields: &[],
    parse: email,
};

fn url(text: &str) -> Result<Value, Refused> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme @ ("https" | "http"), rest)) => (scheme, rest),
        Some(_) => return Err(Refused::because("begins with `https://` or `http://`")),
        None => {
            let help = format!("write `https://{text}`");
            return Err(Refused::because("`https://` is missing").write(help));
        }
    };
    // What RFC 3986 lets stand bare; all of it is harmless between quotes.
    let clean = |c: char| c.is_ascii_alphanumeric() || "-._~:/?[]@!&()*+,;=%".contains(c);
    // What is odd in the name is told by the rules for names.
    let name = rest.split(['/', '?', ':']).next().unwrap_or_default();
    if !name.is_ascii() && !name.contains('@') {
        domain(name)?;
    }
    if let Some(c) = rest.chars().find(|c| !clean(*c)) {
        let reason = format!("`{}` must be escaped in a web address", c.escape_debug());
        return Err(Refused::because(reason));
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(Refused::because("a user or password does not belong here"));
    }
    let (name, port) = split_port(authority)?;
    let default = if scheme == "https" { 443 } else { 80 };
    let fields = vec![
        ("scheme", Value::from(scheme)),
        ("host", Value::from(host(name)?)),
        ("port", Value::from(port.unwrap_or(default))),
        ("path", Value::from(if path.is_empty() { "/" } else { path })),
    ];
    Ok(Spelt::new(text, fields).to_value())
}

/// The host of a web address, an endpoint or a server name in its spelling.
pub(in crate::module) fn host_of(text: &str) -> Option<String> {
    if text.contains("://") {
        return url(text).ok()?.get_attr("host").ok()?.as_str().map(str::to_owned);
    }
    split_port(text).and_then(|(name, _)| host(name)).ok()
}

fn email(text: &str) -> Result<Value, Refused> {
    let Some((local, host)) = text.rsplit_once('@') else {
        return Err(Refused::because("`@` is missing"));
    };
    let clean = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    if local.is_empty() || local.len() > 64 || !local.chars().all(clean) {
        return Err(Refused::because("what stands before the `@` is not a mailbox"));
    }
    Ok(Value::from(format!("{local}@{}", domain(host)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_parts() {
        let value = url("https://matrix.example.org:8443/a?b=1").unwrap();
        let part = |name| value.get_attr(name).unwrap().to_string();
        assert_eq!(
            [part("scheme"), part("host"), part("port"), part("path"), part("text")],
            [
                "https",
                "matrix.example.org",
                "8443",
                "/a?b=1",
                "https://matrix.example.org:8443/a?b=1"
            ]
        );
        assert_eq!(url("http://[::1]").unwrap().get_attr("port").unwrap(), Value::from(80));
    }

    #[test]
    fn refuses_what_is_no_url() {
        for text in [
            "",
            "example.org",
            "ftp://a.b",
            "https://",
            "https://u:p@a.b/",
            "https://a.b/ c",
            "https://a.b/\"",
            "https://a.b/#x",
            "https://a.b/$x",
            "https://a_b/",
            "HTTPS://a.b",
        ] {
            assert!(url(text).is_err(), "{text}");
        }
        assert_eq!(email("a.b+c@Example.org").unwrap().as_str(), Some("a.b+c@example.org"));
        for text in ["", "a", "@a.b", "a b@c.d", "a@", "a@b@"] {
            assert!(email(text).is_err(), "{text}");
        }
    }
}
