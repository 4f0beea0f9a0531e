//! What to connect to, and where this machine keeps what that needs. Plain data: the caller fills
//! both in, so that nothing below reads an environment variable.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How long each phase of connecting may take where nobody says otherwise.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A host to connect to, as the spec's `[host]` says it. What is `None` or empty here is taken from
/// the SSH configuration, then from SSH's own defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name, an IP address, or an alias of the SSH configuration.
    pub address: String,
    /// The TCP port of sshd.
    pub port: Option<u16>,
    /// Who to log in as.
    pub user: Option<String>,
    /// Pins the host key: a fingerprint (`SHA256:…`) or a public key (`ssh-ed25519 AAAA…`).
    /// When present it decides alone, and no known_hosts file is asked.
    pub host_key: Option<String>,
    /// Private keys to try first. Each must exist and be usable.
    pub identity_files: Vec<PathBuf>,
    /// Hosts to go through, `user@host:port`, separated by commas; overrides `ProxyJump` and
    /// `ProxyCommand`, also as `none`. They are logged in to with the same identity files.
    pub jump: Option<String>,
    /// The limit of each phase: reaching the port, key exchange, login. A shorter `ConnectTimeout`
    /// of the SSH configuration shortens it.
    pub connect_timeout: Duration,
}

impl Target {
    /// A target with nothing but an address, and 15 seconds for each phase.
    pub fn new(address: impl Into<String>) -> Target {
        Target {
            address: address.into(),
            port: None,
            user: None,
            host_key: None,
            identity_files: Vec::new(),
            jump: None,
            connect_timeout: CONNECT_TIMEOUT,
        }
    }
}

/// Where this machine keeps what SSH needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshEnvironment {
    /// The user's home: `~`, the default identity files, relative includes.
    pub home: Option<PathBuf>,
    /// The socket of the SSH agent (`SSH_AUTH_SOCK`).
    pub agent_socket: Option<PathBuf>,
    /// Configuration files in the order of precedence: the user's, then the system's.
    pub ssh_config: Vec<PathBuf>,
    /// known_hosts files. Those below `home` are replaced by a configured `UserKnownHostsFile`.
    pub known_hosts: Vec<PathBuf>,
    /// The local user name: who to log in as when nothing says otherwise.
    pub user: String,
    /// The environment of `ssh -G`, which reads the configuration and may run its `Match exec` commands.
    pub variables: BTreeMap<String, String>,
}
