//! Ways to interrupt a run.

use super::super::host::Homeserver;
use crate::guest::lab;
use std::process::{Child, Command};

/// A way to interrupt a run.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::homeserver) enum Way {
    /// The client is killed.
    Killed,
    /// The client is stopped, while the network stays up.
    Stopped,
    /// Traffic between the client and the host is dropped silently.
    CutOff,
    /// The host loses power and boots.
    Power,
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Way::Killed => "killed",
            Way::Stopped => "stopped",
            Way::CutOff => "cut off",
            Way::Power => "without power",
        })
    }
}

/// Firewall rules on this machine that drop traffic between a client and the host, until this is dropped.
pub(in crate::homeserver) struct CutOff;

impl Drop for CutOff {
    fn drop(&mut self) {
        let _ = Command::new("nft").args(["delete", "table", "inet", "matrixform_cut"]).status();
    }
}

impl Way {
    pub(super) const ALL: [Way; 4] = [Way::Power, Way::Killed, Way::Stopped, Way::CutOff];

    /// Interrupts the run; dropping the result undoes lasting effects.
    pub(in crate::homeserver) fn act(
        self,
        host: &Homeserver,
        client: &mut Child,
    ) -> Option<CutOff> {
        let pid = client.id();
        match self {
            Way::Killed => client.kill().unwrap(),
            Way::Stopped => {
                let stopped = Command::new("kill").args(["-STOP", &pid.to_string()]).status();
                assert!(stopped.unwrap().success());
            }
            Way::CutOff => return Some(cut_off(host, pid)),
            Way::Power => {
                lab(&["kill", &host.guest.name]);
                let _ = client.kill();
                lab(&["boot", &host.guest.name]);
            }
        }
        None
    }
}

fn cut_off(host: &Homeserver, pid: u32) -> CutOff {
    let sockets = Command::new("ss").args(["-Htnp"]).output().unwrap();
    let sockets = String::from_utf8_lossy(&sockets.stdout).into_owned();
    let own = sockets.lines().find(|line| line.contains(&format!("pid={pid},")));
    let local = own.expect("its socket").split_whitespace().nth(3).unwrap();
    let port = local.rsplit(':').next().unwrap();
    let rules = format!(
        "add table inet matrixform_cut
        add chain inet matrixform_cut o {{ type filter hook output priority 0; }}
        add chain inet matrixform_cut i {{ type filter hook input priority 0; }}
        add rule inet matrixform_cut o tcp sport {port} ip daddr {0} drop
        add rule inet matrixform_cut i tcp dport {port} ip saddr {0} drop",
        host.guest.get("ADDRESS4")
    );
    let made = Command::new("nft").arg(&rules).status();
    assert!(made.unwrap().success(), "{rules}");
    CutOff
}
