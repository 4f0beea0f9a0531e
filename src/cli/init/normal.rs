//! Converts answers as people type them into the form that a spec takes: addresses from a browser, SSH's notation for
//! user and port, capitals, a trailing dot.

use crate::spec::TypedAddress;

/// Converts what was typed for a flag into the answers that it gives, to this flag and to others.
pub(super) fn normal(flag: &'static str, text: &str) -> Vec<(&'static str, String)> {
    let text = text.trim();
    match flag {
        "server-name" | "public-name" => vec![(flag, name(text))],
        "host" => host(text),
        "user" => user(text),
        "contact" => vec![(flag, contact(text))],
        "profile" | "registration" | "tls" | "web-site" => vec![(flag, text.to_ascii_lowercase())],
        "chain" => vec![(flag, path(text))],
        _ => vec![(flag, text.to_owned())],
    }
}

/// Returns the name in a URL or a user id, in lowercase.
fn name(text: &str) -> String {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = match rest.strip_prefix('@').and_then(|rest| rest.split_once(':')) {
        Some((_, name)) => name,
        None => rest,
    };
    rest.trim_end_matches('.').to_lowercase()
}

/// Reads `user@host:port`, or the command to log in with: `ssh -p 2222 user@host`.
fn host(text: &str) -> Vec<(&'static str, String)> {
    let text =
        text.strip_prefix("ssh ").and_then(of_command).unwrap_or_else(|| text.replace(" @ ", "@"));
    let text = text.as_str();
    let Some(typed) = TypedAddress::read(text) else { return vec![("host", text.to_owned())] };
    let mut answers = vec![("host", typed.host.trim_end_matches('.').to_owned())];
    answers.extend(typed.user.map(|user| ("user", user)));
    answers.extend(typed.port.map(|port| ("port", port.to_string())));
    answers
}

/// Returns the destination in an ssh command line, as one argument; `None` if it says anything else.
fn of_command(line: &str) -> Option<String> {
    let (mut user, mut port, mut host) = (None, None, None);
    let mut args = line.split_whitespace();
    while let Some(arg) = args.next() {
        match arg {
            "-p" => port = args.next(),
            "-l" => user = args.next(),
            _ if arg.starts_with('-') || host.is_some() => return None,
            _ => host = Some(arg),
        }
    }
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{user}{}{port}", host?))
}

/// Reads a path as file managers and shells write it.
fn path(text: &str) -> String {
    let text = text.strip_prefix("file://").unwrap_or(text);
    let inside = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    inside('\'').or_else(|| inside('"')).unwrap_or(text).to_owned()
}

/// Reads a user, or the whole destination with a user in it.
fn user(text: &str) -> Vec<(&'static str, String)> {
    let mut answers = match text.contains('@') {
        true => host(text),
        false => Vec::new(),
    };
    match answers.iter().position(|(flag, _)| *flag == "user") {
        // The answer that was asked for comes first.
        Some(at) => answers.swap(0, at),
        None => answers = vec![("user", text.to_owned())],
    }
    answers
}

/// Returns the email address or account in a link.
fn contact(text: &str) -> String {
    // `Name <abuse@example.org>`, as mail programs copy it.
    let text = text.rsplit_once('<').map_or(text, |(_, address)| address).trim_end_matches('>');
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let account =
        text.strip_prefix("matrix:u/").or_else(|| text.strip_prefix("https://matrix.to/#/"));
    match account {
        Some(account) => format!("@{}", account.trim_start_matches('@')),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_answers_are_normalized() {
        for (flag, text, expected) in [
            ("server-name", " https://Example.org/ ", "example.org"),
            ("server-name", "@me:Example.org", "example.org"),
            ("server-name", "example.org.", "example.org"),
            ("public-name", "https://Matrix.example.org/_matrix?x", "matrix.example.org"),
            ("contact", "mailto:abuse@example.org", "abuse@example.org"),
            ("contact", "<abuse@example.org>", "abuse@example.org"),
            ("contact", "https://matrix.to/#/@a:b.example", "@a:b.example"),
            ("contact", "Us <abuse@example.org>", "abuse@example.org"),
            ("profile", "Friends", "friends"),
            ("chain", "'my certificate.pem'", "my certificate.pem"),
            ("chain", "file:///tmp/a.pem", "/tmp/a.pem"),
        ] {
            assert_eq!(normal(flag, text), [(flag, expected.to_owned())], "{text}");
        }
        let answers =
            |text: &str| normal("host", text).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(answers("ssh://root@a.example:2222/"), ["a.example", "root", "2222"]);
        assert_eq!(answers("ubuntu@192.0.2.1"), ["192.0.2.1", "ubuntu"]);
        assert_eq!(answers("A.example."), ["A.example"]);
        assert_eq!(answers("2001:db8::1"), ["2001:db8::1"]);
        assert_eq!(answers("ssh -p 2222 root@a.example"), ["a.example", "root", "2222"]);
        assert_eq!(answers("ssh a.example -l root"), ["a.example", "root"]);
        assert_eq!(answers("root @ 192.0.2.1"), ["192.0.2.1", "root"]);
        assert_eq!(answers("ssh -i key a.example"), ["ssh -i key a.example"]);
        let user = |text: &str| normal("user", text);
        assert_eq!(user(" ubuntu "), [("user", "ubuntu".to_owned())]);
        assert_eq!(user("@a.example"), [("user", "@a.example".to_owned())]);
        let parts = [("user", "ops"), ("host", "a.example"), ("port", "2222")];
        assert_eq!(user("ops@a.example:2222"), parts.map(|(flag, text)| (flag, text.to_owned())));
    }
}
