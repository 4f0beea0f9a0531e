//! The session's settings: algorithms, keepalive, no Nagle. Key types already known for a host come first, as in
//! OpenSSH: a host with only its RSA key on file must not look unknown because it also has an Ed25519 key.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use russh::Preferred;
use russh::client::Config;
use russh::keys::Algorithm;

/// A dead host is detected after 5 s times 4; a quiet one (apt at work) is never disconnected.
const KEEPALIVE: (Duration, usize) = (Duration::from_secs(5), 4);

/// Returns the settings of a session with a host that has these known key types.
pub(super) fn config(known_types: &[&str]) -> Arc<Config> {
    let preferred = Preferred { key: Cow::Owned(key_order(known_types)), ..Preferred::DEFAULT };
    Arc::new(Config {
        preferred,
        keepalive_interval: Some(KEEPALIVE.0),
        keepalive_max: KEEPALIVE.1,
        inactivity_timeout: None,
        // The handshake sends small packets in sequence; Nagle's algorithm would delay the second one until the delayed
        // acknowledgement, 40 ms.
        nodelay: true,
        ..Config::default()
    })
}

/// Known types come first; RSA with SHA-1 is never offered (russh 0.65 has it in its default list).
fn key_order(known_types: &[&str]) -> Vec<Algorithm> {
    let allowed = |algorithm: &&Algorithm| !matches!(algorithm, Algorithm::Rsa { hash: None });
    let all: Vec<Algorithm> = Preferred::DEFAULT.key.iter().filter(allowed).cloned().collect();
    let known = |algorithm: &Algorithm| known_types.contains(&plain_name(algorithm));
    let (mut first, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(known);
    first.extend(rest);
    first
}

/// Returns the key type as known_hosts writes it: an RSA key is `ssh-rsa`, whatever hash it signs with.
fn plain_name(algorithm: &Algorithm) -> &str {
    match algorithm {
        Algorithm::Rsa { .. } => "ssh-rsa",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_key_types_come_first_and_sha1_is_excluded() {
        let order = key_order(&["ssh-rsa"]);
        assert!(matches!(order.first(), Some(Algorithm::Rsa { hash: Some(_) })));
        assert!(!order.contains(&Algorithm::Rsa { hash: None }));
        assert_eq!(key_order(&[]).first(), Some(&Algorithm::Ed25519));
    }
}
