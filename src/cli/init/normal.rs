//! Answers as people type them, brought into the form that a spec takes: addresses out of a browser, the way
//! of SSH to write user and port, capitals, a dot at the end.

use crate::spec::Typed;

/// What was typed for a flag, as the answers to this one and to others that it says as well.
pub(super) fn normal(flag: &'static str, text: &str) -> Vec<(&'static str, String)> {
    let text = text.trim();
    match flag {
        "server-name" | "public-name" => vec![(flag, name(text))],
        "host" => host(text),
        "contact" => vec![(flag, contact(text))],
        "profile" | "registration" | "tls" | "web-site" => vec![(flag, text.to_ascii_lowercase())],
        _ => vec![(flag, text.to_owned())],
    }
}

/// The name in a web address or a user id, in small letters.
fn name(text: &str) -> String {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = match rest.strip_prefix('@').and_then(|rest| rest.split_once(':')) {
        Some((_, name)) => name,
        None => rest,
    };
    rest.trim_end_matches('.').to_lowercase()
}

fn host(text: &str) -> Vec<(&'static str, String)> {
    let Some(typed) = Typed::read(text) else { return vec![("host", text.to_owned())] };
    let mut answers = vec![("host", typed.host.trim_end_matches('.').to_owned())];
    answers.extend(typed.user.map(|user| ("user", user)));
    answers.extend(typed.port.map(|port| ("port", port.to_string())));
    answers
}

/// A mail address or an account out of a link.
fn contact(text: &str) -> String {
    let text = text.trim_start_matches('<').trim_end_matches('>');
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
    fn what_people_type_becomes_what_a_spec_takes() {
        for (flag, text, said) in [
            ("server-name", " https://Example.org/ ", "example.org"),
            ("server-name", "@me:Example.org", "example.org"),
            ("server-name", "example.org.", "example.org"),
            ("public-name", "https://Matrix.example.org/_matrix?x", "matrix.example.org"),
            ("contact", "mailto:abuse@example.org", "abuse@example.org"),
            ("contact", "<abuse@example.org>", "abuse@example.org"),
            ("contact", "https://matrix.to/#/@a:b.example", "@a:b.example"),
            ("profile", "Friends", "friends"),
        ] {
            assert_eq!(normal(flag, text), [(flag, said.to_owned())], "{text}");
        }
        let answers =
            |text: &str| normal("host", text).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(answers("ssh://root@a.example:2222/"), ["a.example", "root", "2222"]);
        assert_eq!(answers("ubuntu@192.0.2.1"), ["192.0.2.1", "ubuntu"]);
        assert_eq!(answers("A.example."), ["A.example"]);
        assert_eq!(answers("2001:db8::1"), ["2001:db8::1"]);
    }
}
