//! The result of expansion: the wanted state of one host as plain values.

use crate::diagnostic::Problems;
use crate::module::backup_storage::BackupStorage;
use crate::module::outside::{Control, DnsRecord};
use crate::resource::{Activation, Declared, Surveyed};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The wanted state of one host.
#[derive(Clone, Debug, Default)]
pub struct Expansion {
    /// All resources, in the order of declaration (base first, then as in the spec).
    pub resources: Vec<Declared>,
    /// The activations that they join.
    pub activations: Vec<Activation>,
    /// Warnings and notes: findings, overridden modules, dropped contributions.
    pub notes: Problems,
    /// The findings that the activations' surveys may make on the host.
    pub surveyed: Vec<Surveyed>,
    /// How the accounts of the homeserver are reached.
    pub accounts: Option<AccountService>,
    /// How the backups are reached.
    pub backups: Option<BackupService>,
    /// The facts that were read, by path (`packages.nginx`), except those that change on their own.
    pub facts: BTreeMap<String, serde_json::Value>,
    /// The records that the DNS must have.
    pub records: Vec<DnsRecord>,
    /// The conditions that must hold as seen from outside.
    pub controls: Vec<Control>,
}

/// How the accounts of a homeserver are reached from its own host.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountService {
    /// The program that keeps the accounts: `synapse`.
    pub program: String,
    /// The server name, with which all user ids end.
    pub server_name: String,
    /// What users enter as their server.
    pub public_url: String,
    /// The port on the loopback.
    pub port: u16,
    /// The system user that listens on it.
    pub listener: String,
    /// The name of the account that matrixform uses.
    pub operator: String,
    /// The names of all accounts that no person logs in to.
    pub own: Vec<String>,
    /// The PostgreSQL cluster on this host whose psql is used; none if the database is elsewhere.
    pub cluster: Option<String>,
    /// The program's connection to the database, in libpq's syntax.
    pub connection: String,
    /// A Python that has psycopg2.
    pub python: String,
    /// The oldest and newest version of the database schema whose tables are known.
    pub schemas: (u32, u32),
    /// Who may register: `closed`, `token` or `open`.
    pub registration: String,
    /// Whether users log in with passwords.
    pub passwords: bool,
    /// The shortest password that users may choose.
    pub shortest_password: usize,
    /// Whether another program keeps the accounts.
    pub delegated: bool,
}

/// How the backups of a host are reached on that host.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupService {
    /// The program on the host that makes and reads them.
    pub program: String,
    /// The unit that makes a backup.
    pub unit: String,
    /// The unit that checks the backups.
    pub check_unit: String,
    /// The names of the repositories.
    pub repositories: Vec<String>,
    /// Files and directories in use: nothing is restored into them.
    pub live: Vec<String>,
    /// How the operator's machine reaches the repositories.
    pub storage: BackupStorage,
    /// What a rebuild needs to know about the homeserver; none if the spec has none.
    pub rebuild: Option<RebuildService>,
}

/// The parts of a homeserver that a rebuild restores, and where.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RebuildService {
    /// The server's name.
    pub server_name: String,
    /// The unit that runs the homeserver.
    pub unit: String,
    /// The system user that it runs as.
    pub user: String,
    /// The port on the loopback.
    pub port: u16,
    /// The version that an apply installs, if known beforehand.
    pub version: Option<String>,
    /// The PostgreSQL cluster on this host; none if the database is elsewhere.
    pub cluster: Option<String>,
    /// The database.
    pub database: String,
    /// The role that owns the database.
    pub owner: String,
    /// The path of the database dump in a snapshot.
    pub dump: String,
    /// The path of the manifest in a snapshot.
    pub manifest: String,
    /// Files and directories of a snapshot that are restored unless the spec writes them.
    pub kept: Vec<String>,
    /// The directories that contain media.
    pub media: Vec<String>,
}
