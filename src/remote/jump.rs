//! The jump hosts in the spec and in the SSH configuration: which ones apply, and how they are parsed.

use super::client_config::HostSettings;
use super::target::Target;
use crate::diagnostic::Diagnostic;

/// Returns the jump hosts of the spec's `jump`, or else of `ProxyJump`; `none` means a direct connection.
pub(super) fn jumps(target: &Target, settings: &HostSettings) -> Result<Vec<String>, Diagnostic> {
    if let Some(jump) = &target.jump {
        let jumps = jump.split(',').map(|jump| jump.trim().to_owned());
        return Ok(jumps.filter(|jump| !jump.is_empty() && jump != "none").collect());
    }
    if let Some(command) = &settings.proxy_command {
        return Err(proxy_command(&target.address, command));
    }
    let jumps = settings.proxy_jump.iter().flatten().map(|jump| jump.trim().to_owned());
    Ok(jumps.filter(|jump| !jump.is_empty() && jump != "none").collect())
}

/// Parses `[ssh://][user@]host[:port]`; an IPv6 address with a port needs brackets.
pub(super) fn parse_jump(text: &str) -> Result<Target, Diagnostic> {
    let bare = text.strip_prefix("ssh://").unwrap_or(text).trim_end_matches('/');
    let (user, place) = match bare.rsplit_once('@') {
        Some((user, place)) => (Some(user.to_owned()), place),
        None => (None, bare),
    };
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or_else(|| bad_jump(text))?)),
        None if place.matches(':').count() == 1 => {
            place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)))
        }
        None => (place, None),
    };
    let port = port.map(str::parse).transpose().map_err(|_| bad_jump(text))?;
    if host.is_empty() || user.as_deref() == Some("") {
        return Err(bad_jump(text));
    }
    Ok(Target { user, port, ..Target::new(host) })
}

fn bad_jump(text: &str) -> Diagnostic {
    Diagnostic::error("remote/jump", format!("`{text}` is not a jump host"))
        .help("write user@host or user@host:port, separated by commas")
}

fn proxy_command(address: &str, command: &str) -> Diagnostic {
    Diagnostic::error(
        "remote/proxy-command",
        format!("the SSH configuration reaches {address} through a `ProxyCommand`"),
    )
    .note_line(format!("ProxyCommand {command}"))
    .help(
        "use `ProxyJump`, or set the route in the spec's [host]: jump = \"user@host\" or \"none\"",
    )
}
