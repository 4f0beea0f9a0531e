//! Where to connect, and the local files that this needs. Plain data: the caller fills in both, so that nothing below
//! reads an environment variable.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The default limit for each phase of connecting.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A host to connect to, as in the spec's `[host]`. Anything that is `None` or empty here is taken from the SSH
/// configuration, then from SSH's own defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name, an IP address, or an alias of the SSH configuration.
    pub address: String,
    /// The TCP port of sshd.
    pub port: Option<u16>,
    /// The user to log in as.
    pub user: Option<String>,
    /// Pins the host key: a fingerprint (`SHA256:…`) or a public key (`ssh-ed25519 AAAA…`). If set, it alone decides,
    /// and no known_hosts file is read.
    pub host_key: Option<String>,
    /// Private keys to try first. Each must exist and be usable.
    pub identity_files: Vec<PathBuf>,
    /// Jump hosts, `user@host:port`, separated by commas; overrides `ProxyJump` and `ProxyCommand`, even as `none`. The
    /// same identity files are used to log in to them.
    pub jump: Option<String>,
    /// The limit of each phase: reaching the port, key exchange, login. A shorter `ConnectTimeout`
    /// of the SSH configuration shortens it.
    pub connect_timeout: Duration,
}

impl Target {
    /// Creates a target with only an address, and 15 seconds for each phase.
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

/// The local files and settings that SSH needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshEnvironment {
    /// The user's home: `~`, the default identity files, relative includes.
    pub home: Option<PathBuf>,
    /// The socket of the SSH agent (`SSH_AUTH_SOCK`).
    pub agent_socket: Option<PathBuf>,
    /// Configuration files in the order of precedence: the user's, then the system's.
    pub ssh_config: Vec<PathBuf>,
    /// known_hosts files. A configured `UserKnownHostsFile` replaces those below `home`.
    pub known_hosts: Vec<PathBuf>,
    /// The local user name: the default for logins.
    pub user: String,
    /// The environment of `ssh -G`, which reads the configuration and may run its `Match exec` commands.
    pub variables: BTreeMap<String, String>,
}
