//! The SSH client configuration for one host, as OpenSSH itself reads it: `ssh -G HOST` prints the result of all
//! `Host`, `Match` and `Include` lines. Settings that matrixform does not support cause a warning, and are never
//! silently ignored.

use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::target::{SshEnvironment, Target};
use crate::bounded;
use crate::diagnostic::Diagnostic;

/// The settings of a host; `~` and tokens in values are still unexpanded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HostSettings {
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

/// Settings that change how a host is reached or trusted, but that matrixform does not support.
const NOT_FOLLOWED: [&str; 5] =
    ["AddressFamily", "BindAddress", "BindInterface", "KnownHostsCommand", "RevokedHostKeys"];

/// Values of these settings that change nothing.
const HARMLESS: [&str; 2] = ["any", "none"];

/// Appended last, for options that no file sets: otherwise a file that sets `ssh`'s own default would look the same.
const UNSET: &str = "/nonexistent/matrixform-unset";

/// A longer answer is not from `ssh -G` (bytes).
const MAX_BYTES: u64 = 1 << 20;

/// Asks `ssh`, if there is a configuration file.
pub(super) fn read(
    environment: &SshEnvironment,
    target: &Target,
) -> Result<HostSettings, Diagnostic> {
    let files: Vec<&PathBuf> = environment.ssh_config.iter().filter(|path| path.exists()).collect();
    if files.is_empty() {
        return Ok(HostSettings::default());
    }
    for file in &files {
        is_private(file, environment.home.as_deref())?;
    }
    // As one file that includes the others: `ssh` would look for the user's file in the home from the password file.
    let mut text: String = files.iter().map(|file| format!("Include {}\n", quoted(file))).collect();
    text.push_str(&format!("Host *\nIdentityFile {UNSET}\nUserKnownHostsFile {UNSET}\n"));
    if !environment.user.is_empty() {
        text.push_str(&format!("User \"{}\"\n", environment.user));
    }
    let mut command = Command::new("ssh");
    command.args(["-G", "-F", "/dev/stdin"]);
    if let Some(user) = &target.user {
        command.args(["-l", user]);
    }
    if let Some(port) = target.port {
        command.args(["-p", &port.to_string()]);
    }
    command.args(["--", &target.address]);
    command.env_clear().envs(&environment.variables);
    match run(command, text, target.connect_timeout) {
        Ok(output) => Ok(settings(&output, target)),
        Err(SshConfigError::NoProgram) => {
            let warnings = vec![unread(&files)];
            Ok(HostSettings { warnings, ..HostSettings::default() })
        }
        Err(SshConfigError::Fault(why)) => Err(fault(&target.address, &why)),
    }
}

/// Why there is no answer.
enum SshConfigError {
    NoProgram,
    Fault(String),
}

fn run(mut command: Command, input: String, limit: Duration) -> Result<String, SshConfigError> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => SshConfigError::NoProgram,
        _ => SshConfigError::Fault(format!("`ssh` cannot be run: {error}")),
    })?;
    let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let read = bounded::within(limit, move || {
        let (Some(mut stdin), Some(stdout), Some(stderr)) = streams else { return None };
        // If it exits before reading everything, its status and messages say why.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let errors = std::thread::spawn(move || bounded::read(stderr, MAX_BYTES));
        let output = bounded::read(stdout, MAX_BYTES).ok()?;
        Some((output, errors.join().ok()?.ok()?))
    });
    let Some(Some((output, errors))) = read else {
        let _ = child.kill();
        let _ = child.wait();
        let why = format!("`ssh -G` did not answer within {} s", limit.as_secs());
        return Err(SshConfigError::Fault(why));
    };
    // Its messages end in a carriage return, since it may have set the terminal to raw mode.
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
    match child.wait() {
        Ok(status) if status.success() => Ok(text(&output)),
        _ => Err(SshConfigError::Fault(text(&errors))),
    }
}

/// Quotes a word for the configuration; glob characters are escaped.
fn quoted(path: &Path) -> String {
    let escaped = |c: char| match c {
        '"' => "\\\"".to_owned(),
        // Escaped twice: for the word, and for the pattern.
        '\\' => "\\\\\\\\".to_owned(),
        '*' | '?' | '[' => format!("\\\\{c}"),
        _ => c.to_string(),
    };
    format!("\"{}\"", path.to_string_lossy().chars().map(escaped).collect::<String>())
}

/// Whether the file is as private as `ssh` demands of the user's own: anyone who could change it could run programs.
fn is_private(path: &Path, home: Option<&Path>) -> Result<(), Diagnostic> {
    let Some(metadata) = home.filter(|home| path.starts_with(home)).and(path.metadata().ok())
    else {
        return Ok(());
    };
    let own = [0, rustix::process::getuid().as_raw()].contains(&metadata.uid());
    if own && metadata.mode() & 0o022 == 0 {
        return Ok(());
    }
    let message = format!("others can write to the SSH configuration `{}`", path.display());
    Err(Diagnostic::error("remote/ssh-config", message)
        .help(format!("`chmod go-w {}`; `ssh` refuses it too", path.display())))
}

fn settings(output: &str, target: &Target) -> HostSettings {
    let all = |name: &str| {
        let lines = output.lines().filter_map(|line| line.split_once(' '));
        let found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned()).collect::<Vec<_>>()
    };
    let one = |name: &str| all(name).into_iter().next().filter(|value| value != "none");
    let paths = |name: &str| {
        let named = all(name).into_iter().filter(|path| path != "none" && path != UNSET);
        named.map(PathBuf::from).collect::<Vec<_>>()
    };
    let mut warnings: Vec<Diagnostic> = NOT_FOLLOWED
        .iter()
        .filter(|name| all(name).iter().any(|value| !HARMLESS.contains(&value.as_str())))
        .map(|name| not_followed(name, &target.address))
        .collect();
    let certificates = paths("certificatefile");
    if certificates.len() > 1 {
        warnings.push(second_certificate(&target.address));
    }
    HostSettings {
        host_name: one("hostname"),
        port: one("port").and_then(|port| port.parse().ok()),
        user: one("user"),
        identity_files: paths("identityfile"),
        certificate_file: certificates.into_iter().next(),
        identities_only: one("identitiesonly").is_some_and(|value| value == "yes"),
        identity_agent: all("identityagent").into_iter().next(),
        proxy_jump: one("proxyjump").map(|all| all.split(',').map(str::to_owned).collect()),
        proxy_command: one("proxycommand"),
        host_key_alias: one("hostkeyalias"),
        known_hosts: one("userknownhostsfile")
            .filter(|files| files != UNSET)
            .map(|files| files.split(' ').map(str::to_owned).collect()),
        connect_timeout: one("connecttimeout")
            .and_then(|value| value.parse().ok())
            .map(Duration::from_secs),
        warnings,
    }
}

fn not_followed(name: &str, host: &str) -> Diagnostic {
    let message = format!("`{name}` in the SSH configuration is not supported (for {host})");
    Diagnostic::warning("remote/ssh-config-setting", message)
        .help("matrixform connects without it; if that fails, this may be why")
}

fn second_certificate(host: &str) -> Diagnostic {
    let message = format!("only the first `CertificateFile` for {host} is used");
    Diagnostic::warning("remote/ssh-config-setting", message)
        .help("set the key with `IdentityFile`: the certificate beside it is offered without `CertificateFile`")
}

fn unread(files: &[&PathBuf]) -> Diagnostic {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let are = if names.len() == 1 { "is" } else { "are" };
    let message = format!("{} {are} not read: `ssh` is not on PATH", names.join(" and "));
    Diagnostic::warning("remote/ssh-config-unread", message)
        .help("install the OpenSSH client, or set user, port and jump in the spec's [host]")
}

fn fault(host: &str, why: &str) -> Diagnostic {
    Diagnostic::error("remote/ssh-config", format!("the SSH configuration for {host} has an error"))
        .note_line(why.trim().to_owned())
        .help(format!("`ssh -G {host}` shows the same error"))
}

#[cfg(test)]
mod tests;
