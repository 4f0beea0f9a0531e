//! The host patterns of known_hosts: `*`, `?`, `!`, comma lists, `[host]:port` and hashed names. The rules are those of
//! OpenSSH's match.c and hostfile.c; names are compared in lower case.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Returns the name under which a host is looked up: bare on port 22, else `[host]:port` (misc.c `put_host_port`).
pub(super) fn lookup_name(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if port == 22 { host } else { format!("[{host}]:{port}") }
}

/// Whether the first field of a known_hosts line matches `name`, which is in lower case.
pub(super) fn names(field: &str, name: &str) -> bool {
    if let Some(hashed) = field.strip_prefix("|1|") {
        return hashed_names(hashed, name);
    }
    let mut found = false;
    for part in field.split(',').filter(|part| !part.is_empty()) {
        match part.strip_prefix('!') {
            Some(negated) if wildcard(&negated.to_ascii_lowercase(), name) => return false,
            Some(_) => {}
            None => found |= wildcard(&part.to_ascii_lowercase(), name),
        }
    }
    found
}

/// Matches `salt|hash`, both base64: the hash is an HMAC-SHA1 of the name with the salt as key.
fn hashed_names(hashed: &str, name: &str) -> bool {
    let decoded = hashed
        .split_once('|')
        .and_then(|(salt, hash)| Some((STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?)));
    let Some((salt, hash)) = decoded else { return false };
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&salt) else { return false };
    mac.update(name.as_bytes());
    mac.verify_slice(&hash).is_ok()
}

/// Matches `*` for any run of characters, `?` for one. Linear in space and never exponential in time: only the last
/// star is retried.
pub(super) fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(want) if *want == b'?' || want == byte => (p, t) = (p + 1, t + 1),
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    (p, t) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        assert!(wildcard("*.example.org", "a.b.example.org"));
        assert!(wildcard("10.0.?.*", "10.0.7.255"));
        assert!(wildcard("a*b*c", "axxbxxbc"));
        assert!(wildcard("*", ""));
        assert!(!wildcard("*.example.org", "example.org"));
        assert!(!wildcard("?", ""));
    }

    #[test]
    fn a_negated_pattern_wins() {
        assert!(names("*.example.org,!db.example.org", "web.example.org"));
        assert!(!names("*.example.org,!db.example.org", "db.example.org"));
        assert!(!names("!db.example.org", "web.example.org"));
    }

    #[test]
    fn ports_and_case() {
        assert_eq!(lookup_name("Web.Example.org", 22), "web.example.org");
        assert!(names("[Web.example.org]:2222", &lookup_name("web.example.org", 2222)));
        assert!(!names("web.example.org", &lookup_name("web.example.org", 2222)));
    }

    #[test]
    fn hashed_names_match_openssh() {
        // ssh-keygen -H for the line of `example.org`.
        let mut mac = Hmac::<Sha1>::new_from_slice(b"12345678901234567890").unwrap();
        mac.update(b"example.org");
        let hash = STANDARD.encode(mac.finalize().into_bytes());
        let field = format!("|1|{}|{hash}", STANDARD.encode(b"12345678901234567890"));
        assert!(names(&field, "example.org"));
        assert!(!names(&field, "example.net"));
        assert!(!names("|1|no base64|either", "example.org"));
    }
}
