//! Web addresses and email addresses.

use super::Literal;
use super::host_name::{domain, host, split_port};
use super::punycode;
use super::text_type::{RefusedText, TextType};
use super::token::matrix_id;
use minijinja::Value;

pub(super) const URL: TextType = TextType {
    name: "url",
    article: "a URL",
    example: "`https://matrix.example.org/`",
    pattern: r"^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?([/?][A-Za-z0-9._~:/?@!&()*+,;=%\[\]-]*)?$",
    fields: &["scheme", "host", "port", "path", "text"],
    parse: url,
};

pub(super) const EMAIL: TextType = TextType {
    name: "email",
    article: "an email address",
    example: "`admin@example.org`",
    pattern: r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]+$",
    fields: &[],
    parse: email,
};

pub(super) const CONTACT: TextType = TextType {
    name: "contact",
    article: "a link to a contact",
    example: "`mailto:admin@example.org`",
    pattern: r"^(mailto:[^@\s]+@[A-Za-z0-9.-]+(\?[^\s]*)?|matrix:(u|r|roomid)/[^\s]+|(tel|sms|sips?|xmpp|ircs?):[^\s]+|https?://[^\s]+)$",
    fields: &[],
    parse: contact,
};

fn url(text: &str) -> Result<Value, RefusedText> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme @ ("https" | "http"), rest)) if !rest.starts_with('/') => (scheme, rest),
        Some(_) if misspelt_scheme(text).is_some() => {
            let help = format!("write `{}`", misspelt_scheme(text).unwrap_or_default());
            return Err(RefusedText::because("a host must follow `://`").write(help));
        }
        Some(_) => return Err(RefusedText::because("must start with `https://` or `http://`")),
        None if text.starts_with('/') => {
            let help = format!("write it with its host: `https://matrix.example.org{text}`");
            return Err(RefusedText::because("a path without a host").write(help));
        }
        None if misspelt_scheme(text).is_some() => {
            let help = format!("write `{}`", misspelt_scheme(text).unwrap_or_default());
            return Err(RefusedText::because("`://` must follow the scheme").write(help));
        }
        None if has_other_scheme(text) => {
            return Err(RefusedText::because("must start with `https://` or `http://`"));
        }
        None => {
            let help = format!("write `https://{text}`");
            return Err(RefusedText::because("`https://` is missing").write(help));
        }
    };
    // The characters that RFC 3986 allows unescaped; all of them are harmless between quotes.
    let clean = |c: char| c.is_ascii_alphanumeric() || "-._~:/?[]@!&()*+,;=%".contains(c);
    // The rules for host names report anything unusual in the name.
    let name = rest.split(['/', '?', ':']).next().unwrap_or_default();
    if !name.is_ascii() && !name.contains('@') {
        domain(name)?;
    }
    if let Some(c) = rest.chars().find(|c| !clean(*c)) {
        let reason = format!("`{}` must be escaped in a URL", c.escape_debug());
        return Err(RefusedText::because(reason));
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(RefusedText::because("a user or password is not allowed here"));
    }
    let (name, port) = split_port(authority)?;
    let default = if scheme == "https" { 443 } else { 80 };
    let fields = vec![
        ("scheme", Value::from(scheme)),
        ("host", Value::from(host(name)?)),
        ("port", Value::from(port.unwrap_or(default))),
        ("path", Value::from(if path.is_empty() { "/" } else { path })),
    ];
    Ok(Literal::new(text, fields).into_value())
}

/// Corrects `https:/a`, `https//a` and `https:a`.
fn misspelt_scheme(text: &str) -> Option<String> {
    let (scheme, rest) =
        ["https", "http"].iter().find_map(|scheme| Some((scheme, text.strip_prefix(scheme)?)))?;
    let host = rest.trim_start_matches([':', '/', ';']);
    let named = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    (host.len() < rest.len() && named).then(|| format!("{scheme}://{host}"))
}

/// `javascript:…`, `mailto:…`: schemes without host and port.
fn has_other_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        let port = rest.split(['/', '?']).next().unwrap_or_default();
        !scheme.contains('.') && scheme != "localhost" && !port.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Returns the host of a URL, an endpoint or a server name, given its spelling.
pub(in crate::module) fn host_of(text: &str) -> Option<String> {
    if text.contains("://") {
        return url(text).ok()?.get_attr("host").ok()?.as_str().map(str::to_owned);
    }
    split_port(text).and_then(|(name, _)| host(name)).ok()
}

fn email(text: &str) -> Result<Value, RefusedText> {
    let Some((local, host)) = text.rsplit_once('@') else {
        return Err(RefusedText::because("`@` is missing"));
    };
    let clean = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    if local.is_empty() || local.len() > 64 || !local.chars().all(clean) {
        return Err(RefusedText::because("the part before the `@` is not a mailbox"));
    }
    let host = domain(host).map_err(|refused| match punycode::spelling(host) {
        Some(dns) if !host.is_ascii() => {
            RefusedText { help: Some(format!("write `{local}@{dns}`")), ..refused }
        }
        _ => refused,
    })?;
    Ok(Value::from(format!("{local}@{host}")))
}

/// Whether it is a link to a room, a telephone or a chat: its scheme is known, and it has no spaces.
fn is_of_other_scheme(text: &str) -> bool {
    const SCHEMES: [&str; 9] =
        ["matrix:r/", "matrix:roomid/", "tel:", "sms:", "sip:", "xmpp:", "irc:", "ircs:", "sips:"];
    let rest = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic()))
}

/// A link that clients can open: an email address, a Matrix account (MSC2312) or a page.
fn contact(text: &str) -> Result<Value, RefusedText> {
    if let Some(rest) = text.strip_prefix("mailto:") {
        email(rest.split('?').next().unwrap_or_default())?;
    } else if let Some(account) = text.strip_prefix("matrix:u/") {
        matrix_id(&format!("@{account}"))?;
    } else if let Some(account) = text.strip_prefix('@') {
        let refused = RefusedText::because("a Matrix account, but not a link");
        return Err(refused.write(format!("write `matrix:u/{account}`")));
    } else if email(text).is_ok() {
        let help = format!("write `mailto:{text}`");
        return Err(RefusedText::because("not a link: `mailto:` is missing").write(help));
    } else if is_of_other_scheme(text) {
        return Ok(Value::from(text));
    } else if text.contains("://") {
        url(text)?;
    } else {
        let refused = RefusedText::because("not a link that clients can open");
        return Err(
            refused.write("write `mailto:` and an email address, or the `https://` URL of a page")
        );
    }
    Ok(Value::from(text))
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
    fn invalid_urls_are_refused() {
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
            "/chat/",
            "https://bücher.example/",
        ] {
            assert!(url(text).is_err(), "{text}");
        }
        let help = |text| url(text).unwrap_err().help.unwrap();
        for text in
            ["https:/a.example", "https//a.example", "https:a.example", "https:///a.example"]
        {
            assert_eq!(help(text), "write `https://a.example`", "{text}");
        }
        assert_eq!(help("a.example:8443/x"), "write `https://a.example:8443/x`");
        for text in ["javascript:alert(1)", "mailto:a@b.example"] {
            assert_eq!(url(text).unwrap_err().help, None, "{text}");
        }
        assert_eq!(
            email("a@bücher.example").unwrap_err().help.unwrap(),
            "write `a@xn--bcher-kva.example`"
        );
        assert_eq!(help("/chat/"), "write it with its host: `https://matrix.example.org/chat/`");
        assert!(help("https://bücher.example/a").contains("`xn--bcher-kva.example`"));
        assert_eq!(email("a.b+c@Example.org").unwrap().as_str(), Some("a.b+c@example.org"));
        for text in [
            "mailto:a@b.org",
            "mailto:a@b.org?subject=x",
            "matrix:u/a:b.org",
            "https://a.org/contact",
            "tel:+49301234567",
            "xmpp:a@b.org",
            "matrix:r/help:b.org",
            "ircs://b.org/help",
        ] {
            assert!(contact(text).is_ok(), "{text}");
        }
        for text in
            ["", "see our site", "mailto:", "mailto:a", "tel:", "javascript://x", "@a:b.org"]
        {
            assert!(contact(text).is_err(), "{text}");
        }
        assert_eq!(contact("a@b.org").unwrap_err().help.unwrap(), "write `mailto:a@b.org`");
        for text in ["", "a", "@a.b", "a b@c.d", "a@", "a@b@"] {
            assert!(email(text).is_err(), "{text}");
        }
    }
}
