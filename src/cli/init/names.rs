//! Names that other servers and clients can look up, and names that they cannot.

use super::answers::InitAnswers;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::types::{is_in_domain, why_not_public};
use crate::spec::node::Node;

/// Never in public DNS, but possibly used within a network. RFC 6761, RFC 8375, and ICANN's resolutions on `internal`
/// and on colliding names.
const PRIVATE: [&str; 7] = ["test", "internal", "home.arpa", "lan", "home", "corp", "mail"];

/// First labels that say what a host is for: the name after them is the one for user ids.
const FOR_HOSTS: [&str; 6] = ["matrix", "chat", "synapse", "homeserver", "hs", "www"];

/// Returns the name without a port.
fn host(text: &str) -> &str {
    text.rsplit_once(':').map_or(text, |(host, _)| host)
}

/// Refuses a name that others cannot look up.
pub(super) fn is_public(flag: &str, text: &str, node: &Node) -> Result<(), Problems> {
    let name = host(text).to_ascii_lowercase();
    let Some(why) = why_not_public(&name) else { return Ok(()) };
    let who = match flag {
        "server-name" => "other servers cannot find",
        _ => "clients elsewhere cannot find",
    };
    let problem = Diagnostic::error("init/name", format!("{who} `{name}`: {why}")).at(&node.place);
    let help = match flag {
        "server-name" => {
            "use a domain you own, such as `example.org`; to exit, type `quit` or press Ctrl-C"
        }
        _ => "use a name in the server's domain, such as `matrix.example.org`",
    };
    Err(vec![problem.help(help)])
}

/// Warns about a name that works only within one network.
pub(super) fn private_only(answers: &InitAnswers) -> Option<Diagnostic> {
    let name = host(answers.text("server-name"));
    let end = PRIVATE.iter().find(|end| is_in_domain(name, end))?;
    let message = format!(
        "`{name}` is not in public DNS (nothing under `{end}` is): only servers on your own network can find it, no public authority issues a certificate for it, and the name can never change"
    );
    let problem = Diagnostic::warning("init/private-name", message);
    Some(problem.help("use a domain you own unless this is a test"))
}

/// Returns the domain after a host's first label, such as `example.org` for `matrix.example.org`.
pub(super) fn domain_of_host(name: &str) -> Option<&str> {
    let (first, domain) = name.split_once('.')?;
    (FOR_HOSTS.contains(&first) && domain.contains('.')).then_some(domain)
}

/// Requires an email address that can be reached from elsewhere.
pub(super) fn is_reachable(contact: &str, node: &Node) -> Result<(), Problems> {
    let domain = contact.rsplit_once(['@', ':']).map_or("", |(_, domain)| domain);
    let domain = domain.to_ascii_lowercase();
    if why_not_public(&domain).is_none() {
        return Ok(());
    }
    let message = format!("nobody outside can write to `{contact}`: `{domain}` is not a domain");
    let problem = Diagnostic::error("init/contact", message).at(&node.place);
    Err(vec![problem.help("use an address that works from outside, such as `abuse@example.org`")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_yields_its_domain() {
        assert_eq!(domain_of_host("matrix.example.org"), Some("example.org"));
        for name in ["matrix.org", "example.org", "matrix.", "matrix", "wwww.example.org"] {
            assert_eq!(domain_of_host(name), None, "{name}");
        }
    }

    #[test]
    fn private_names_are_reported() {
        let reported = |name: &str| {
            let mut answers = InitAnswers::default();
            answers.set("server-name", name);
            private_only(&answers).is_some()
        };
        for name in ["hs.test", "a.home.arpa", "a.b.lan", "a.internal:8448"] {
            assert!(reported(name), "{name}");
        }
        for name in ["example.org", "latest.example", "contest.org", "lan.example.org"] {
            assert!(!reported(name), "{name}");
        }
    }
}
