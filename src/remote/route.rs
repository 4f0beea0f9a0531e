//! The route to a host: the target and the SSH configuration, resolved into hops. The first one is reached directly,
//! the last one is the host. The spec takes precedence over the configuration, and each hop has its own settings, keys
//! and host key check, as with `ssh -J`.

use super::client_config;
use super::hop::{Hop, hop};
use super::jump::{jumps, parse_jump};
use super::target::{SshEnvironment, Target};
use crate::diagnostic::Diagnostic;

/// All hops, and warnings about unsupported settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Route {
    pub(super) hops: Vec<Hop>,
    pub(super) warnings: Vec<Diagnostic>,
    depth: usize,
}

/// The limit for hops: a jump host that jumps through itself would never end.
const HOPS: usize = 8;

impl Route {
    /// Resolves a target.
    pub(super) fn plan(target: &Target, environment: &SshEnvironment) -> Result<Route, Diagnostic> {
        let mut route = Route::default();
        route.extend(target, environment)?;
        Ok(route)
    }

    /// Adds the hops before a host, then the host.
    fn extend(&mut self, target: &Target, environment: &SshEnvironment) -> Result<(), Diagnostic> {
        let mut settings = client_config::read(environment, target)?;
        self.warnings.append(&mut settings.warnings);
        self.warnings.dedup();
        for (index, text) in jumps(target, &settings)?.into_iter().enumerate() {
            let mut jump = parse_jump(&text)?;
            jump.connect_timeout = target.connect_timeout;
            // A spec with a route and a key needs no SSH configuration.
            if target.jump.is_some() {
                jump.identity_files.clone_from(&target.identity_files);
            }
            // Only the first jump host may have jump hosts of its own; the next ones are reached through it.
            if index > 0 {
                jump.jump = Some("none".to_owned());
            }
            self.guarded(&jump, environment)?;
        }
        self.hops.push(hop(target, &settings, environment)?);
        Ok(())
    }

    /// Detects a configuration that names a host as its own jump host; `ssh` would start itself forever.
    fn guarded(&mut self, jump: &Target, environment: &SshEnvironment) -> Result<(), Diagnostic> {
        self.depth += 1;
        if self.depth > HOPS {
            return Err(endless(&jump.address));
        }
        self.extend(jump, environment)?;
        self.depth -= 1;
        Ok(())
    }
}

fn endless(address: &str) -> Diagnostic {
    Diagnostic::error("remote/jump", format!("the route to {address} has more than {HOPS} hops"))
        .help("look for a jump host in ~/.ssh/config that jumps through itself")
}

#[cfg(test)]
mod tests;
