//! One SSH server on the route, with all settings needed to connect to it. The spec takes precedence over the
//! configuration; a shorter `ConnectTimeout` shortens the limit.

use std::path::PathBuf;
use std::time::Duration;

use super::candidate::Sources;
use super::client_config::HostSettings;
use super::expand::Tokens;
use super::pin::Pin;
use super::target::{SshEnvironment, Target};
use crate::diagnostic::Diagnostic;

/// One SSH server on the route.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hop {
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) user: String,
    /// The name for known_hosts: the address, or the configured `HostKeyAlias` without a port.
    pub(super) known_as: (String, u16),
    pub(super) pin: Option<Pin>,
    pub(super) known_hosts: Vec<PathBuf>,
    pub(super) sources: Sources,
    pub(super) limit: Duration,
}

/// Resolves one server's settings.
pub(super) fn hop(
    target: &Target,
    settings: &HostSettings,
    env: &SshEnvironment,
) -> Result<Hop, Diagnostic> {
    let limit = target.connect_timeout;
    let port = target.port.or(settings.port).unwrap_or(22);
    let user = target.user.clone().or(settings.user.clone()).unwrap_or_else(|| env.user.clone());
    let mut tokens = Tokens {
        host: &target.address,
        original: &target.address,
        port,
        user: &user,
        local_user: &env.user,
        home: env.home.as_deref(),
    };
    let address = match &settings.host_name {
        Some(name) => tokens.text(name)?,
        None => target.address.clone(),
    };
    tokens.host = &address;
    let known_as = match &settings.host_key_alias {
        Some(alias) => (tokens.text(alias)?, 22),
        None => (address.clone(), port),
    };
    Ok(Hop {
        known_as,
        port,
        pin: target.host_key.as_deref().map(Pin::parse).transpose()?,
        known_hosts: known_hosts(settings, env, &tokens)?,
        sources: sources(target, settings, env, &tokens)?,
        limit: settings.connect_timeout.map_or(limit, |configured| configured.min(limit)),
        address: address.clone(),
        user: user.clone(),
    })
}

/// `UserKnownHostsFile` replaces the user's own files, which are those in the home directory.
fn known_hosts(
    settings: &HostSettings,
    env: &SshEnvironment,
    tokens: &Tokens,
) -> Result<Vec<PathBuf>, Diagnostic> {
    let Some(configured) = &settings.known_hosts else { return Ok(env.known_hosts.clone()) };
    let of_user = |path: &&PathBuf| env.home.as_ref().is_some_and(|home| path.starts_with(home));
    let named = configured.iter().filter(|name| !name.eq_ignore_ascii_case("none"));
    let mut files = named.map(|name| tokens.path(name)).collect::<Result<Vec<_>, _>>()?;
    files.extend(env.known_hosts.iter().filter(|path| !of_user(path)).cloned());
    Ok(files)
}

fn sources(
    target: &Target,
    settings: &HostSettings,
    env: &SshEnvironment,
    tokens: &Tokens,
) -> Result<Sources, Diagnostic> {
    let expand = |path: &PathBuf| tokens.path(&path.to_string_lossy());
    let named = target.identity_files.iter();
    let agent_socket = match settings.identity_agent.as_deref() {
        None | Some("SSH_AUTH_SOCK") => env.agent_socket.clone(),
        Some("none") => None,
        Some(path) => Some(tokens.path(path)?),
    };
    Ok(Sources {
        required: named.map(|path| tokens.at_home(&path.to_string_lossy())).collect(),
        configured: settings.identity_files.iter().map(expand).collect::<Result<_, _>>()?,
        certificate: settings.certificate_file.as_ref().map(expand).transpose()?,
        identities_only: settings.identities_only,
        agent_socket,
        home: env.home.clone(),
    })
}
