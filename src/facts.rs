//! The facts about a host: a fixed, documented list, read in one exchange by `host/facts.sh`. Templates and
//! expressions read them as `facts.NAME`; every value may be `null`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The facts about a host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The distribution, from `/etc/os-release`.
    pub os: Os,
    /// dpkg's architecture: `amd64`, `arm64`.
    pub arch: Option<String>,
    /// Installed versions of the packages that modules asked about; `null` when not installed.
    pub packages: IndexMap<String, Option<String>>,
    /// apt's candidates for those that are not installed; `null` while apt's lists are empty.
    pub candidates: IndexMap<String, Option<String>>,
    /// Bytes of memory, rounded down to 64 MiB: MemTotal moves by kilobytes between kernels.
    pub memory: Option<u64>,
    /// Number of processors.
    pub cpus: Option<u64>,
    /// `uname -n`.
    pub hostname: Option<String>,
    /// Addresses of all interfaces except the loopback.
    pub addresses: Vec<String>,
    /// Whether the kernel supports IPv6, with or without addresses: if not, no socket can use it.
    pub ipv6: Option<bool>,
    /// systemd's version; 0 when it is not the running init.
    pub systemd: Option<u64>,
    /// `systemd-detect-virt -c`, `none` outside a container.
    pub container: Option<String>,
    /// PostgreSQL clusters as `MAJOR/NAME`.
    pub postgres_clusters: Vec<String>,
    /// The server name of the Synapse configured under /etc/matrix-synapse.
    pub synapse_server_name: Option<String>,
    /// Whether sshd is socket-activated.
    pub ssh_socket: bool,
    /// Whether certbot is installed as a snap, which has its own timer.
    pub certbot_snap: bool,
    /// The client address of this login (read before sudo removes it).
    pub ssh_client: Option<String>,
    /// The user that logged in, before sudo.
    pub user: Option<String>,
    /// Free bytes at a few fixed paths: `/`, `/var`.
    pub disk: IndexMap<String, u64>,
    /// The host's clock, seconds since 1970.
    pub time: Option<u64>,
    /// Whether the package manager asks for a reboot.
    pub reboot_required: bool,
}

/// The distribution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Os {
    /// `ubuntu`, `debian`.
    pub id: Option<String>,
    /// `24.04`, `12`.
    pub version: Option<String>,
    /// `noble`, `bookworm`.
    pub codename: Option<String>,
}
