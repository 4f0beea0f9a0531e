//! What expansion gives: the wanted state of one host as plain values.

use crate::diagnostic::Problems;
use crate::module::away::AwayService;
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
    /// Warnings and notes: findings, overridden modules, gives that fell away.
    pub notes: Problems,
    /// What the surveys of activations may find on the host.
    pub surveyed: Vec<Surveyed>,
    /// How the accounts of the homeserver are reached.
    pub accounts: Option<AccountService>,
    /// How its backups are reached.
    pub backups: Option<BackupService>,
    /// The facts that were read, by path (`packages.nginx`); those that change by themselves left out.
    pub facts: BTreeMap<String, serde_json::Value>,
    /// What the DNS must say.
    pub records: Vec<DnsRecord>,
    /// What must hold, seen from outside.
    pub controls: Vec<Control>,
}

/// How the accounts of a homeserver are reached from its own host.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountService {
    /// Which program keeps them: `synapse`.
    pub program: String,
    /// The end of all user ids.
    pub server_name: String,
    /// What people type as their server.
    pub public_url: String,
    /// Where it listens on the loopback.
    pub port: u16,
    /// The system's user that listens there.
    pub listener: String,
    /// The name of the account that matrixform uses.
    pub operator: String,
    /// The names of all accounts that nobody logs in to.
    pub own: Vec<String>,
    /// The PostgreSQL cluster on this host, whose psql is used; none where the database is elsewhere.
    pub cluster: Option<String>,
    /// How the program reaches it, as libpq reads it.
    pub connection: String,
    /// A Python that has psycopg2.
    pub python: String,
    /// The oldest and the newest version of the database's schema whose tables are known.
    pub schemas: (u32, u32),
    /// Who may register: `closed`, `token` or `open`.
    pub registration: String,
    /// Whether users log in with passwords.
    pub passwords: bool,
    /// The shortest password that users may choose.
    pub shortest_password: usize,
    /// Whether accounts are another program's.
    pub delegated: bool,
}

/// How the backups of a host are reached there.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupService {
    /// The program on the host that makes and reads them.
    pub program: String,
    /// The unit that makes one.
    pub unit: String,
    /// The unit that checks them.
    pub check_unit: String,
    /// The names of the repositories.
    pub repositories: Vec<String>,
    /// Files and folders that are in use: nothing is restored into them.
    pub live: Vec<String>,
    /// How the operator's machine reaches the repositories.
    pub away: AwayService,
    /// What a rebuild needs to know of the homeserver; none where the spec has none.
    pub rebuild: Option<RebuildService>,
}

/// What of a homeserver a rebuild restores, and where.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RebuildService {
    /// The server's name.
    pub server_name: String,
    /// The unit that runs it.
    pub unit: String,
    /// The system's user that it runs as.
    pub user: String,
    /// Where it listens on the loopback.
    pub port: u16,
    /// The version that an apply installs, where it is known beforehand.
    pub version: Option<String>,
    /// The PostgreSQL cluster on this host; none where the database is elsewhere.
    pub cluster: Option<String>,
    /// The database.
    pub database: String,
    /// The role that owns it.
    pub owner: String,
    /// The dump in a snapshot.
    pub dump: String,
    /// The manifest in a snapshot.
    pub manifest: String,
    /// Files and folders in a snapshot that come back where the spec writes none.
    pub kept: Vec<String>,
    /// The folders below which media lie.
    pub media: Vec<String>,
}
