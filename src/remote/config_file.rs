//! What the SSH configuration says of one host. Parsing and `Host` patterns are ssh2-config's; what
//! it reads but cannot honour is refused or warned of here, never passed over in silence.

use std::path::PathBuf;
use std::time::Duration;

use ssh2_config::{DefaultAlgorithms, HostParams, ParseRule, SshConfig};

use super::config_text::Pieces;
use super::target::Environment;
use crate::diagnostic::Diagnostic;

/// The settings of a host; values are still unexpanded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Settings {
    pub(super) host_name: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) user: Option<String>,
    pub(super) identity_files: Vec<PathBuf>,
    pub(super) certificate_file: Option<PathBuf>,
    pub(super) identities_only: bool,
    pub(super) identity_agent: Option<String>,
    pub(super) proxy_jump: Option<Vec<String>>,
    pub(super) proxy_command: Option<String>,
    pub(super) host_key_alias: Option<String>,
    pub(super) known_hosts: Option<Vec<String>>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Settings that change how a host is reached or trusted, and that are not honoured.
const NOT_HONOURED: [&str; 6] = [
    "AddressFamily",
    "BindAddress",
    "BindInterface",
    "CanonicalizeHostname",
    "KnownHostsCommand",
    "RevokedHostKeys",
];

/// Reads all configuration files for one host, which is named as the user named it.
pub(super) fn read(environment: &Environment, host: &str) -> Result<Settings, Diagnostic> {
    let means_us = |line: &str| {
        let probe = parse(&format!("{line}\n  User probe\n"), environment);
        probe.is_ok_and(|config| config.query(host).user.is_some())
    };
    let home = environment.home.as_deref();
    let mut pieces = Pieces { means_us: &means_us, home, texts: Vec::new(), warnings: Vec::new() };
    for path in &environment.ssh_config {
        pieces.read(path, 0)?;
    }
    let mut params = HostParams::new(&DefaultAlgorithms::empty());
    for text in &pieces.texts {
        params.overwrite_if_none(&parse(text, environment)?.query(host));
    }
    let warnings = pieces.warnings;
    Ok(settings(params, warnings, host))
}

fn parse(text: &str, environment: &Environment) -> Result<SshConfig, Diagnostic> {
    let mut config = SshConfig::default().default_algorithms(DefaultAlgorithms::empty());
    if let Some(home) = &environment.home {
        config = config.home_dir(home);
    }
    let rules = ParseRule::ALLOW_UNKNOWN_FIELDS | ParseRule::ALLOW_UNSUPPORTED_FIELDS;
    config.parse(&mut text.as_bytes(), rules).map_err(|error| {
        Diagnostic::error(
            "remote/ssh-config",
            format!("the SSH configuration has a fault: {error}"),
        )
        .note_line(format!("in these lines:\n{}", text.trim()))
        .help("`ssh -G HOST` shows what OpenSSH makes of it")
    })
}

fn settings(params: HostParams, mut warnings: Vec<Diagnostic>, host: &str) -> Settings {
    let all = |name: &str| params.unsupported_fields.get(name).cloned();
    let one = |name: &str| all(name).and_then(|values| values.into_iter().next());
    let none = |path: &PathBuf| path.as_os_str().eq_ignore_ascii_case("none");
    warnings.extend(not_honoured(&params, host));
    Settings {
        identities_only: one("identitiesonly").is_some_and(|v| yes(&v)),
        identity_agent: one("identityagent"),
        proxy_command: all("proxycommand").map(|words| words.join(" ")).filter(|c| c != "none"),
        host_key_alias: one("hostkeyalias"),
        known_hosts: all("userknownhostsfile"),
        identity_files: params.identity_file.into_iter().flatten().filter(|p| !none(p)).collect(),
        certificate_file: params.certificate_file.filter(|path| !none(path)),
        host_name: params.host_name,
        port: params.port,
        user: params.user,
        proxy_jump: params.proxy_jump,
        connect_timeout: params.connect_timeout,
        warnings,
    }
}

fn yes(value: &str) -> bool {
    value.eq_ignore_ascii_case("yes") || value.eq_ignore_ascii_case("true")
}

fn not_honoured(params: &HostParams, host: &str) -> Vec<Diagnostic> {
    let harmless = ["no", "none", "any"];
    let set = |name: &str| match name {
        "BindAddress" => params.bind_address.is_some(),
        "BindInterface" => params.bind_interface.is_some(),
        other => params
            .unsupported_fields
            .get(&other.to_ascii_lowercase())
            .and_then(|values| values.first())
            .is_some_and(|value| !harmless.contains(&value.to_ascii_lowercase().as_str())),
    };
    let warn = |name: &&str| {
        let message = format!("`{name}` of the SSH configuration is not honoured for {host}");
        Diagnostic::warning("remote/ssh-config-setting", message)
            .help("matrixform connects without it; if that fails, this is why")
    };
    NOT_HONOURED.iter().filter(|name| set(name)).map(warn).collect()
}

#[cfg(test)]
mod tests;
