//! Host names that nobody outside can look up.

/// Never in DNS: RFC 6761, and RFC 6762 for `local`.
const NOWHERE: [&str; 4] = ["localhost", "localdomain", "local", "invalid"];

/// Whether a name is or ends in this domain.
pub fn is_in_domain(name: &str, domain: &str) -> bool {
    name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Why a host name is not in public DNS, if that can be seen from the name alone.
pub fn why_not_public(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let nowhere = NOWHERE.iter().find(|end| is_in_domain(&name, end));
    let single = || {
        (!name.contains('.')).then(|| "it has no dot, so it is not a name in public DNS".to_owned())
    };
    nowhere.map(|end| format!("names ending in `{end}` do not exist in DNS")).or_else(single)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_outside_dns_are_recognized() {
        for name in ["example", "localhost", "LOCALHOST", "a.local", "x.localdomain", "a.invalid"] {
            assert!(why_not_public(name).is_some(), "{name}");
        }
        for name in ["example.org", "local.example", "mylocalhost.org", "a.test"] {
            assert!(why_not_public(name).is_none(), "{name}");
        }
    }
}
