//! Looks up a host in this machine's SSH files, without connecting: the route to it, and its known keys.

use std::path::PathBuf;

use super::known_hosts::{KeyStatus, KnownHosts};
use super::pattern::lookup_name;
use super::route::Route;
use super::target::{SshEnvironment, Target};
use crate::diagnostic::Diagnostic;

/// Returns the route to a host, hop by hop, each as `user@address:port`; the host comes last.
///
/// # Errors
///
/// The SSH configuration cannot be read, or is invalid.
pub fn hops(target: &Target, environment: &SshEnvironment) -> Result<Vec<String>, Diagnostic> {
    let route = Route::plan(target, environment)?;
    let shown = |hop: &super::hop::Hop| {
        let address = if hop.address.contains(':') {
            format!("[{}]", hop.address)
        } else {
            hop.address.clone()
        };
        format!("{}@{address}:{}", hop.user, hop.port)
    };
    Ok(route.hops.iter().map(shown).collect())
}

/// Returns the types of the keys that known_hosts files trust for a host. A missing file is empty.
///
/// # Errors
///
/// A file that exists but cannot be read.
pub fn known_key_types(
    files: &[PathBuf],
    host: &str,
    port: u16,
) -> Result<Vec<String>, Diagnostic> {
    let entries = KnownHosts::read(files)?.entries(&lookup_name(host, port));
    let trusted = entries.into_iter().filter(|entry| entry.status == KeyStatus::Trusted);
    Ok(trusted.map(|entry| entry.algorithm).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_is_reported_hop_by_hop() {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("config");
        std::fs::write(&config, "Host web\n  HostName ::1\n  User ops\n  ProxyJump a@gate:2200\n")
            .unwrap();
        let environment = SshEnvironment {
            ssh_config: vec![config],
            user: "me".to_owned(),
            ..SshEnvironment::default()
        };
        let hops = hops(&Target::new("web"), &environment).unwrap();
        assert_eq!(hops, ["a@gate:2200", "ops@[::1]:22"]);
    }
}
