//! The state of a host, read without matrixform: the difference between two observations is what a run changed. Times
//! count, too: writing the same content again is a change.

use crate::guest::Guest;
use std::collections::{BTreeMap, BTreeSet};

/// All items by name (`path /etc/motd`), with state and time of the last change.
#[derive(Clone, Debug)]
pub(crate) struct Audit(BTreeMap<String, (String, String)>);

/// A difference between two observations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    /// The item: `path /etc/motd`.
    pub(crate) what: String,
    /// Whether its state differs; otherwise it was only written again.
    pub(crate) state: bool,
}

impl Audit {
    /// Observes a host.
    pub(crate) fn of(guest: &Guest) -> Audit {
        let text = guest.run(include_str!("audit.sh"));
        let line = |line: &str| {
            let mut parts = line.splitn(3, '\t').map(str::to_owned);
            Some((parts.next()?, (parts.next()?, parts.next().unwrap_or_default())))
        };
        Audit(text.lines().filter_map(line).collect())
    }

    /// Whether an item of this name exists.
    pub(crate) fn has(&self, what: &str) -> bool {
        self.0.contains_key(what)
    }

    /// The changes since then, sorted by name.
    pub(crate) fn until(&self, later: &Audit) -> Vec<Change> {
        let names: BTreeSet<&String> = self.0.keys().chain(later.0.keys()).collect();
        let change = |name: &&String| {
            let (before, after) = (self.0.get(*name), later.0.get(*name));
            let state = before.map(|(state, _)| state) != after.map(|(state, _)| state);
            (before != after).then(|| Change { what: (*name).clone(), state })
        };
        names.iter().filter_map(change).collect()
    }
}

impl Change {
    /// The path, if the change is about a path or its content.
    pub(crate) fn path(&self) -> Option<&str> {
        self.what.strip_prefix("path ").or_else(|| self.what.strip_prefix("content "))
    }

    /// Whether a planned item explains it.
    pub(crate) fn is_of(&self, address: &str) -> bool {
        let Some((kind, name)) = address.split_once(':') else { return false };
        let path = self.path().unwrap_or_default();
        let below =
            |directory: &str| path == directory || path.starts_with(&format!("{directory}/"));
        let accounts = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid", ".pwd.lock"];
        match kind {
            "file"
            | "symlink"
            | "absent"
            | "directory"
            | "certificate_renewal"
            | "nginx_capacity"
            | "synapse_token" => path == name,
            "cron" => path == format!("/etc/cron.d/{name}"),
            "certificate" | "certificate_authority" => {
                ["crt", "key"].iter().any(|end| path == format!("{name}.{end}"))
                    // A record of the certificate, so that openssl is not needed again.
                    || path == format!("/var/lib/matrixform/certificates{name}.whole")
            }
            "apt" => self.what.starts_with("package "),
            "venv" => path == name || below(&format!("{name}.versions")),
            "user" | "group" => accounts
                .iter()
                .any(|file| path == format!("/etc/{file}") || path == format!("/etc/{file}-")),
            "postgres_role" => self.what == format!("row role {name}"),
            "postgres_database" => self.what == format!("row database {name}"),
            "service" => {
                self.what == format!("unit {name}")
                    || self.what == format!("enabled {name}")
                    || path == format!("/var/lib/matrixform/services/{name}")
                    || path.starts_with("/etc/systemd/system/")
                        && path.ends_with(&format!("/{name}"))
            }
            _ => false,
        }
    }

    /// Whether it is the run's own record: the history, or the ledger of what the host is made of.
    pub(crate) fn is_note_of_the_run(&self) -> bool {
        const NOTES: [&str; 2] =
            ["/var/lib/matrixform/history.jsonl", "/var/lib/matrixform/ledger.json"];
        self.path().is_some_and(|path| NOTES.contains(&path))
    }

    /// Whether it is a record of the run, or only the time of a directory that changes with its entries, or of a lock.
    pub(crate) fn is_beside(&self, others: &[Change], planned: &[String]) -> bool {
        if self.is_note_of_the_run() {
            return true;
        }
        let Some(path) = self.path().filter(|_| !self.state) else { return false };
        let holds = |other: &str| other.rsplit_once('/').is_some_and(|(up, _)| up == path);
        let ours = ["/var/lib/matrixform", "/etc/ssl/matrixform", "/etc/systemd/system"];
        ours.iter().any(|directory| path.starts_with(directory))
            || others.iter().filter_map(Change::path).any(holds)
            || planned
                .iter()
                .filter_map(|address| address.split_once(':'))
                .any(|(_, name)| holds(name))
    }
}
