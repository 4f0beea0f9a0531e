//! The way to a host: the target and the SSH configuration resolved into hops, the first one reached
//! directly, the last one the host. What the spec says wins over the configuration, and each hop has
//! its own settings, keys and host key check, as with `ssh -J`.

use std::path::PathBuf;
use std::time::Duration;

use super::candidate::Sources;
use super::config_file::{self, Settings};
use super::expand::Tokens;
use super::target::{Environment, Target};
use super::trust::Pin;
use crate::diagnostic::Diagnostic;

/// One SSH server on the way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hop {
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) user: String,
    /// What known_hosts is asked for: the address, or the configured `HostKeyAlias` without a port.
    pub(super) known_as: (String, u16),
    pub(super) pin: Option<Pin>,
    pub(super) known_hosts: Vec<PathBuf>,
    pub(super) sources: Sources,
    pub(super) limit: Duration,
}

/// All hops, and what the configuration wanted in vain.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Route {
    pub(super) hops: Vec<Hop>,
    pub(super) warnings: Vec<Diagnostic>,
    depth: usize,
}

/// A jump host that jumps through itself would never end.
const HOPS: usize = 8;

impl Route {
    /// Resolves a target.
    pub(super) fn plan(target: &Target, environment: &Environment) -> Result<Route, Diagnostic> {
        let mut route = Route::default();
        route.extend(target, environment)?;
        Ok(route)
    }

    /// Adds the hops before a host, then the host.
    fn extend(&mut self, target: &Target, environment: &Environment) -> Result<(), Diagnostic> {
        let mut settings = config_file::read(environment, &target.address)?;
        self.warnings.append(&mut settings.warnings);
        self.warnings.dedup();
        for (index, word) in jumps(target, &settings)?.into_iter().enumerate() {
            let mut jump = parse_jump(&word)?;
            jump.connect_timeout = target.connect_timeout;
            // A spec that names the way and a key is complete without any SSH configuration.
            if target.jump.is_some() {
                jump.identity_files.clone_from(&target.identity_files);
            }
            // Only the first jump host may be behind others; the next ones are reached from it.
            if index > 0 {
                jump.jump = Some("none".to_owned());
            }
            self.guarded(&jump, environment)?;
        }
        self.hops.push(hop(target, &settings, environment)?);
        Ok(())
    }

    /// A configuration can name a host as its own jump host; `ssh` would start itself for ever.
    fn guarded(&mut self, jump: &Target, environment: &Environment) -> Result<(), Diagnostic> {
        self.depth += 1;
        if self.depth > HOPS {
            return Err(endless(&jump.address));
        }
        self.extend(jump, environment)?;
        self.depth -= 1;
        Ok(())
    }
}

/// The words of the spec's `jump`, else of `ProxyJump`; `none` means directly.
fn jumps(target: &Target, settings: &Settings) -> Result<Vec<String>, Diagnostic> {
    if let Some(jump) = &target.jump {
        let words = jump.split(',').map(|word| word.trim().to_owned());
        return Ok(words.filter(|word| !word.is_empty() && word != "none").collect());
    }
    if let Some(command) = &settings.proxy_command {
        return Err(proxy_command(&target.address, command));
    }
    let words = settings.proxy_jump.iter().flatten().map(|word| word.trim().to_owned());
    Ok(words.filter(|word| !word.is_empty() && word != "none").collect())
}

/// `[ssh://][user@]host[:port]`, an IPv6 address with a port in brackets.
fn parse_jump(word: &str) -> Result<Target, Diagnostic> {
    let bare = word.strip_prefix("ssh://").unwrap_or(word).trim_end_matches('/');
    let (user, place) = match bare.rsplit_once('@') {
        Some((user, place)) => (Some(user.to_owned()), place),
        None => (None, bare),
    };
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or_else(|| bad_jump(word))?)),
        None if place.matches(':').count() == 1 => {
            place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)))
        }
        None => (place, None),
    };
    let port = port.map(str::parse).transpose().map_err(|_| bad_jump(word))?;
    if host.is_empty() || user.as_deref() == Some("") {
        return Err(bad_jump(word));
    }
    Ok(Target { user, port, ..Target::new(host) })
}

fn hop(target: &Target, settings: &Settings, env: &Environment) -> Result<Hop, Diagnostic> {
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
        limit: settings
            .connect_timeout
            .unwrap_or(target.connect_timeout)
            .min(target.connect_timeout),
        address: address.clone(),
        user: user.clone(),
    })
}

/// `UserKnownHostsFile` replaces the user's own files, which are those below the home.
fn known_hosts(
    settings: &Settings,
    env: &Environment,
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
    settings: &Settings,
    env: &Environment,
    tokens: &Tokens,
) -> Result<Sources, Diagnostic> {
    let expand = |path: &PathBuf| tokens.path(&path.to_string_lossy());
    let agent_socket = match settings.identity_agent.as_deref() {
        None | Some("SSH_AUTH_SOCK") => env.agent_socket.clone(),
        Some("none") => None,
        Some(path) => Some(tokens.path(path)?),
    };
    Ok(Sources {
        required: target.identity_files.iter().map(expand).collect::<Result<_, _>>()?,
        configured: settings.identity_files.iter().map(expand).collect::<Result<_, _>>()?,
        identities_only: settings.identities_only,
        agent_socket,
        home: env.home.clone(),
    })
}

fn bad_jump(word: &str) -> Diagnostic {
    Diagnostic::error("remote/jump", format!("`{word}` names no jump host"))
        .help("write user@host or user@host:port; several are separated by commas")
}

fn endless(address: &str) -> Diagnostic {
    Diagnostic::error("remote/jump", format!("the way to {address} has more than {HOPS} hops"))
        .help("look for a jump host in ~/.ssh/config that jumps through itself")
}

fn proxy_command(address: &str, command: &str) -> Diagnostic {
    Diagnostic::error(
        "remote/proxy-command",
        format!("the SSH configuration reaches {address} through a `ProxyCommand`"),
    )
    .note_line(format!("ProxyCommand {command}"))
    .help("use `ProxyJump`, or name the way in the spec's [host]: jump = \"user@host\" or \"none\"")
}

#[cfg(test)]
mod tests;
