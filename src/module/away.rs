//! How the operator's machine reaches the repositories of a host's backups, as the modules say it. Secrets are names: a store
//! is asked for those that a command needs, and none of this is written to the host.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The repositories, and what is kept in them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwayService {
    /// The end of all user ids: by it snapshots are known.
    pub server_name: String,
    /// The manifest's path in a snapshot.
    pub manifest: String,
    /// How often a backup is made (seconds).
    pub every: u64,
    /// The repositories.
    pub repositories: Vec<AwayRepository>,
    /// What is kept.
    pub keep: KeepFor,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwayRepository {
    /// Its name in the spec.
    pub name: String,
    /// Where it is, as the host reaches it.
    pub url: String,
    /// The secret that encrypts it.
    pub password: String,
    /// The host's user at the server.
    pub user: Option<String>,
    /// The secret of that user.
    pub user_password: Option<String>,
    /// Secrets by the environment variables that the storage takes.
    pub environment: Option<BTreeMap<String, String>>,
    /// The secret that the host logs in with over SSH.
    pub ssh_key: Option<String>,
    /// The host key of the server.
    pub ssh_host_key: Option<String>,
    /// How snapshots are removed.
    pub prune: Option<AwayPrune>,
}

/// The second way to a repository, with credentials that the host does not have.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwayPrune {
    /// Where it is, where that is not the repository's own URL.
    pub url: Option<String>,
    /// A user who may delete.
    pub user: Option<String>,
    /// The secret of that user.
    pub user_password: Option<String>,
    /// Secrets by the environment variables that the storage takes.
    pub environment: Option<BTreeMap<String, String>>,
}

/// For how long snapshots are kept, counted back from the newest (seconds).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepFor {
    /// All of them.
    pub all: u64,
    /// The last one of each day.
    pub daily: u64,
    /// The last one of each week.
    pub weekly: u64,
    /// The last one of each month.
    pub monthly: u64,
}

impl AwayRepository {
    /// Whether the spec says how snapshots are removed.
    pub fn has_prune(&self) -> bool {
        let says = |prune: &AwayPrune| {
            let environment = prune.environment.as_ref().is_some_and(|all| !all.is_empty());
            prune.url.is_some() || prune.user.is_some() || environment
        };
        self.prune.as_ref().is_some_and(says)
    }
}
