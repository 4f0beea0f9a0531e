//! A host's address as people type it: `user@host`, `host:2222`, `ssh://user@host:2222/`, the URL of a web site.

/// The parts of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedAddress {
    /// Only the name or address.
    pub host: String,
    /// The user before it.
    pub user: Option<String>,
    /// Whether there was a `@`, even with an empty user before it.
    pub has_user: bool,
    /// The port after it.
    pub port: Option<u16>,
    /// Whether it was written as a URL.
    pub is_url: bool,
    /// Whether it was in brackets.
    pub has_brackets: bool,
}

impl TypedAddress {
    /// Parses an address; `None` if it cannot be split into parts.
    pub fn read(text: &str) -> Option<TypedAddress> {
        let mut typed = TypedAddress::default();
        let mut rest = text.trim();
        if let Some((scheme, after)) = rest.split_once("://") {
            typed.is_url = scheme.chars().all(|c| c.is_ascii_alphanumeric()) && !scheme.is_empty();
            rest = after.split(['/', '?', '#']).next().unwrap_or_default();
        }
        if let Some((user, after)) = rest.rsplit_once('@') {
            // A password is ignored here.
            let user = user.split(':').next().unwrap_or_default();
            typed.has_user = true;
            typed.user = Some(user.to_owned()).filter(|user| !user.is_empty());
            rest = after;
        }
        if let Some((host, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            typed.has_brackets = true;
            typed.port = after.strip_prefix(':').and_then(port);
            typed.host = host.to_owned();
        } else if let Some((host, after)) = rest.split_once(':').filter(|(_, to)| !to.contains(':'))
        {
            typed.port = Some(port(after)?);
            typed.host = host.to_owned();
        } else {
            typed.host = rest.to_owned();
        }
        Some(typed).filter(|typed| !typed.host.is_empty() && !typed.host.contains(['/', '[', ']']))
    }

    /// Explains why it is not a bare address, and what to write.
    pub(super) fn wrong(&self) -> Option<(&'static str, String)> {
        let mut write = vec![format!("`address = \"{}\"`", self.host)];
        write.extend(self.user.iter().map(|user| format!("`user = \"{user}\"`")));
        write.extend(self.port.map(|port| format!("`port = {port}`")));
        let why = match self {
            TypedAddress { is_url: true, .. } => "is a URL",
            TypedAddress { user: Some(_), port: Some(_), .. } => "also has a user and a port",
            TypedAddress { user: Some(_), .. } => "also has a user",
            TypedAddress { has_user: true, .. } => "has an `@` with nothing before it",
            TypedAddress { has_brackets: true, .. } => "has brackets",
            TypedAddress { port: Some(_), .. } => "also has a port",
            _ => return None,
        };
        let (last, first) = write.split_last()?;
        let help = match first.is_empty() {
            true => format!("write {last}"),
            false => format!("write {} and {last}", first.join(", ")),
        };
        Some((why, help))
    }
}

fn port(text: &str) -> Option<u16> {
    let port = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    port.filter(|port| *port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_addresses_are_split_into_their_parts() {
        let help = |text: &str| TypedAddress::read(text).unwrap().wrong().map(|(_, help)| help);
        for (text, write) in [
            ("root@a.example", "write `address = \"a.example\"` and `user = \"root\"`"),
            ("a.example:22", "write `address = \"a.example\"` and `port = 22`"),
            (
                "root@a.example:2222",
                "write `address = \"a.example\"`, `user = \"root\"` and `port = 2222`",
            ),
            ("ssh://root@a.example/", "write `address = \"a.example\"` and `user = \"root\"`"),
            ("@a.example", "write `address = \"a.example\"`"),
            ("https://a.example/x?y", "write `address = \"a.example\"`"),
            ("[2001:db8::1]:22", "write `address = \"2001:db8::1\"` and `port = 22`"),
        ] {
            assert_eq!(help(text).as_deref(), Some(write), "{text}");
        }
        for text in ["a.example", "192.0.2.1", "2001:db8::1", "my-host"] {
            assert_eq!(help(text), None, "{text}");
        }
        assert!(TypedAddress::read("a:b").is_none() && TypedAddress::read("https://").is_none());
    }
}
