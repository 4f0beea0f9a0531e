//! Whether a host's key is trusted: one pure function of a pin or the known_hosts lines. Order matters: a pin decides
//! alone; otherwise a revoked key is refused whatever other lines state.

use super::host_key::HostKey;
use super::known_hosts::{KeyStatus, KnownHosts, KnownHostsEntry};
use super::pattern::lookup_name;
use super::pin::Pin;
use crate::diagnostic::Diagnostic;

/// Joins the two ways to trust an unknown key: in the spec, and on this machine.
pub const OR_KNOWN_HOSTS: &str = "or add to ~/.ssh/known_hosts:\n  ";

/// The keys known for a host before connecting to it.
#[derive(Clone, Debug)]
pub(super) struct HostTrust {
    host: String,
    port: u16,
    pin: Option<Pin>,
    entries: Vec<KnownHostsEntry>,
    /// Lines without a port, for a host on another port than 22: they can accept a key, but never refuse one
    /// (sshconnect.c "checking without port identifier").
    portless: Vec<KnownHostsEntry>,
}

impl HostTrust {
    /// Looks up `host` by its name and port.
    pub(super) fn new(host: &str, port: u16, pin: Option<Pin>, known: &KnownHosts) -> HostTrust {
        let portless = if port == 22 { Vec::new() } else { known.entries(&lookup_name(host, 22)) };
        let entries = known.entries(&lookup_name(host, port));
        HostTrust { host: host.to_owned(), port, pin, entries, portless }
    }

    /// Returns the key types known for the host, which are requested first.
    pub(super) fn known_types(&self) -> Vec<&str> {
        match &self.pin {
            Some(Pin::Key(algorithm, _)) => vec![algorithm],
            Some(Pin::Fingerprint(_)) => Vec::new(),
            None => {
                let trusted = self.entries.iter().chain(&self.portless);
                trusted
                    .filter(|e| e.status == KeyStatus::Trusted)
                    .map(|e| e.algorithm.as_str())
                    .collect()
            }
        }
    }

    /// Accepts the key or explains the refusal.
    pub(super) fn check(&self, key: &HostKey) -> Result<(), Diagnostic> {
        if let Some(pin) = &self.pin {
            return if pin.fits(key) { Ok(()) } else { Err(self.not_pinned(pin, key)) };
        }
        let same = |entry: &&KnownHostsEntry| entry.blob == key.blob;
        let mut all = self.entries.iter().chain(&self.portless).filter(same);
        if let Some(revoked) = all.clone().find(|entry| entry.status == KeyStatus::Revoked) {
            return Err(self.revoked(revoked, key));
        }
        if all.any(|entry| entry.status == KeyStatus::Trusted) {
            return Ok(());
        }
        let mut trusted = self.entries.iter().filter(|entry| entry.status == KeyStatus::Trusted);
        match trusted.find(|entry| entry.algorithm == key.algorithm) {
            Some(old) => Err(self.changed(old, key)),
            None => Err(self.unknown(key)),
        }
    }

    fn unknown(&self, key: &HostKey) -> Diagnostic {
        let HostKey { algorithm, fingerprint, .. } = key;
        let mut message = Diagnostic::error(
            "remote/host-key-unknown",
            format!("the key of {} is not known: {algorithm} {fingerprint}", self.host),
        );
        for other in self.entries.iter().filter(|entry| entry.status == KeyStatus::Trusted) {
            message = message.see(&other.place, "a different key is known for this host");
        }
        message
            .note_line(format!(
                "to verify it, run on the host's console: ssh-keygen -lf {}",
                key.file_on_host()
            ))
            .help(format!(
                "if the fingerprints match, add to the spec's [host]:\n  host_key = \
                 \"{fingerprint}\"\n{OR_KNOWN_HOSTS}{}",
                key.known_hosts_line(&self.host, self.port)
            ))
    }

    fn changed(&self, old: &KnownHostsEntry, key: &HostKey) -> Diagnostic {
        let HostKey { algorithm, fingerprint, .. } = key;
        Diagnostic::error(
            "remote/host-key-changed",
            format!("the key of {} has CHANGED: it is now {algorithm} {fingerprint}", self.host),
        )
        .labelled(&old.place, "the known key")
        .note_line(
            "either the host was reinstalled, or someone is intercepting the connection; no login was tried",
        )
        .help(format!(
            "compare with `ssh-keygen -lf {}` on the host's console; only if they match, \
             replace the line at {}",
            key.file_on_host(),
            old.place
        ))
    }

    fn revoked(&self, entry: &KnownHostsEntry, key: &HostKey) -> Diagnostic {
        Diagnostic::error(
            "remote/host-key-revoked",
            format!("{} presented a revoked key: {}", self.host, key.fingerprint),
        )
        .labelled(&entry.place, "revoked here")
        .help("create new host keys from its console (delete the old ones, then `ssh-keygen -A`)")
    }

    fn not_pinned(&self, pin: &Pin, key: &HostKey) -> Diagnostic {
        let HostKey { algorithm, fingerprint, .. } = key;
        let wanted = match pin {
            Pin::Fingerprint(wanted) => wanted.clone(),
            Pin::Key(algorithm, blob) => {
                format!("a different {algorithm} key ({} bytes)", blob.len())
            }
        };
        Diagnostic::error(
            "remote/host-key-pin",
            format!("{} presented {algorithm} {fingerprint}, but the spec pins {wanted}", self.host),
        )
        .note_line(
            "either the host was reinstalled, or someone is intercepting the connection; no login was tried",
        )
        .help(format!(
            "compare with `ssh-keygen -lf {}` on the host's console; a host has one key of each type: to choose one, pin its whole public key instead of a fingerprint",
            key.file_on_host()
        ))
    }
}

#[cfg(test)]
mod tests;
