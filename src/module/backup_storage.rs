//! How the operator's machine reaches a host's backup repositories, as the modules declare it. Secrets are held by
//! name: a command fetches only those it needs from a store, and nothing here is written to the host.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The backup repositories and their retention.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupStorage {
    /// The server name, with which all user ids end; identifies this server's snapshots.
    pub server_name: String,
    /// The manifest's path in a snapshot.
    pub manifest: String,
    /// The interval between backups (seconds).
    pub every: u64,
    /// The repositories.
    pub repositories: Vec<RepositoryAccess>,
    /// The retention of snapshots.
    #[serde(rename = "keep")]
    pub retention: Retention,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepositoryAccess {
    /// The repository's name in the spec.
    pub name: String,
    /// The URL by which the host reaches the repository.
    pub url: String,
    /// The name of the secret that encrypts the repository.
    pub password: String,
    /// The host's user name on the storage server.
    pub user: Option<String>,
    /// The name of that user's secret.
    pub user_password: Option<String>,
    /// The names of secrets, by the environment variables that the storage reads.
    pub environment: Option<BTreeMap<String, String>>,
    /// The name of the secret with which the host logs in over SSH.
    pub ssh_key: Option<String>,
    /// The storage server's SSH host key.
    pub ssh_host_key: Option<String>,
    /// The access used to remove snapshots.
    pub prune: Option<PruneAccess>,
}

/// A second access to a repository, with credentials that the host does not have.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PruneAccess {
    /// The URL, where it differs from the repository's own.
    pub url: Option<String>,
    /// A user allowed to delete.
    pub user: Option<String>,
    /// The name of that user's secret.
    pub user_password: Option<String>,
    /// The names of secrets, by the environment variables that the storage reads.
    pub environment: Option<BTreeMap<String, String>>,
}

/// How long snapshots are kept, counted back from the newest (seconds).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Every snapshot.
    pub all: u64,
    /// The last one of each day.
    pub daily: u64,
    /// The last one of each week.
    pub weekly: u64,
    /// The last one of each month.
    pub monthly: u64,
}

impl RepositoryAccess {
    /// Whether the spec configures the removal of snapshots.
    pub fn has_prune(&self) -> bool {
        let is_configured = |prune: &PruneAccess| {
            let environment = prune.environment.as_ref().is_some_and(|all| !all.is_empty());
            prune.url.is_some() || prune.user.is_some() || environment
        };
        self.prune.as_ref().is_some_and(is_configured)
    }
}
