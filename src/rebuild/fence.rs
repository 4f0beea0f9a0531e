//! Fencing: prevents the old host from running the server alongside the new one. Where it is, whether it is the right
//! one, and whether the fence holds. Pure; fence.sh does the work on the host.

use crate::diagnostic::{Diagnostic, visible};
use crate::labelled;

/// Stops the server and prevents it from starting.
pub const FENCE: &str = "fence_set";

/// Tests whether the fence holds.
pub const FENCE_CHECK: &str = "fence_check";

/// Where the old host is; anything not given is as in the spec's `[host]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FencePlace {
    /// The user to log in as.
    pub user: Option<String>,
    /// Its address.
    pub address: String,
    /// The port of sshd.
    pub port: Option<u16>,
}

/// Distinguishes one host from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostMarks {
    /// A digest of its machine-id.
    pub machine: Option<String>,
    /// The fingerprint of its SSH key.
    pub host_key: String,
}

impl HostMarks {
    fn is(&self, other: &HostMarks) -> bool {
        self.host_key == other.host_key || self.machine.is_some() && self.machine == other.machine
    }
}

/// Refuses the very host that is being rebuilt (`new`), and one with another server than `identity`; `found` is the
/// identity of its key file, or why that is unknown.
///
/// # Errors
///
/// The host must not be fenced: nothing is stopped there.
pub fn may_fence(
    at: &str,
    (old, new): (&HostMarks, &HostMarks),
    identity: &str,
    found: Result<&str, &str>,
) -> Result<(), Diagnostic> {
    if old.is(new) {
        let message = format!("{at} is the very host that is to be rebuilt: it is not fenced");
        return Err(Diagnostic::error("rebuild/fence-itself", message)
            .note_line("it has the same SSH host key or machine-id; nothing was changed")
            .help("`--fence [USER@]ADDRESS` says where the old host is; if one is a copy of the other, give the new one its own machine-id and SSH host keys"));
    }
    let why = match found {
        Ok(found) if found == identity => return Ok(()),
        Ok(found) => format!("its signing key is {}", visible(found)),
        Err(why) => format!("its signing key is not known: {}", visible(why)),
    };
    let message = format!("the host at {at} is not this server: it is not fenced");
    Err(Diagnostic::error("rebuild/fence-foreign", message)
        .note_line(why)
        .note_line(format!("this server is {identity}; nothing was changed"))
        .help("`--fence [USER@]ADDRESS` says where the old host is"))
}

/// Rejects a fence that the host's own checks (`output`) do not confirm.
///
/// # Errors
///
/// The server can still run there.
pub fn check_fence(at: &str, output: &str) -> Result<(), Diagnostic> {
    let value = |key: &str| labelled::value(output, key, ' ');
    let faults = [
        (value("barred") == Some("yes"), "systemd has not read what keeps Synapse from starting"),
        (value("start") == Some("refused"), "Synapse could be started"),
        (matches!(value("state"), Some("inactive" | "failed")), "Synapse is not stopped"),
        (value("enabled") == Some("no"), "Synapse is still enabled at boot"),
        (value("port") == Some("closed"), "something listens on Synapse's port"),
    ];
    let mut wrong = faults.iter().filter(|(is_right, _)| !is_right).map(|(_, why)| *why).peekable();
    if wrong.peek().is_none() {
        return Ok(());
    }
    let message = format!("the old server at {at} is not reliably stopped");
    Err(wrong.fold(Diagnostic::error("rebuild/fence-fails", message), Diagnostic::note_line).help(
        "nothing was restored; stop it there by hand, or power the host off, and run this again",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(machine: &str, key: &str) -> HostMarks {
        HostMarks {
            machine: Some(machine.to_owned()).filter(|one| !one.is_empty()),
            host_key: key.to_owned(),
        }
    }

    #[test]
    fn only_this_server_on_another_host_is_fenced() {
        let (own, new) = ("ed25519:a_1 AAAA", marks("m1", "k1"));
        let of = |old: HostMarks, found| {
            may_fence("192.0.2.1", (&old, &new), own, found).map_err(|problem| problem.code)
        };
        assert_eq!(of(marks("m2", "k2"), Ok(own)), Ok(()));
        assert_eq!(of(marks("", "k2"), Ok(own)), Ok(()));
        for itself in [marks("m1", "k2"), marks("m2", "k1"), marks("", "k1")] {
            assert_eq!(of(itself, Ok(own)).unwrap_err(), "rebuild/fence-itself");
        }
        for other in [Ok("ed25519:a_1 BBBB"), Ok("ed25519:a_2 AAAA"), Ok(""), Err("no file")] {
            assert_eq!(of(marks("m2", "k2"), other).unwrap_err(), "rebuild/fence-foreign");
        }
        let unknown = may_fence("a", (&marks("", "k2"), &marks("", "k1")), own, Ok(own));
        assert!(unknown.is_ok(), "two hosts without a machine-id are not the same one");
    }

    #[test]
    fn a_fence_holds_only_if_every_check_passes() {
        let all = "barred yes\nstart refused\nstate inactive\nenabled no\nport closed\n";
        assert!(check_fence("a", all).is_ok());
        assert!(check_fence("a", &all.replace("inactive", "failed")).is_ok());
        for (from, to) in [
            ("barred yes", "barred no"),
            ("refused", "accepted"),
            ("inactive", "active"),
            ("enabled no", "enabled yes"),
            ("closed", "open"),
            ("port closed\n", ""),
        ] {
            let problem = check_fence("a", &all.replace(from, to)).unwrap_err();
            assert!(problem.code == "rebuild/fence-fails" && problem.notes.len() == 1, "{to}");
        }
        assert_eq!(check_fence("a", "").unwrap_err().notes.len(), 5);
    }
}
