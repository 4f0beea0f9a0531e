//! What expansion gives: the wanted state of one host as plain values.

use crate::diagnostic::{Diagnostic, Problems};
use crate::module::outside::{Control, Record};
use crate::resource::{Declared, Effect};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

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
    /// The facts that were read, by path (`packages.nginx`); those that change by themselves left out.
    pub facts: BTreeMap<String, serde_json::Value>,
    /// What the DNS must say.
    pub records: Vec<Record>,
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

/// A finding that only the host can tell: by a line of the survey of its activation.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// Its activation.
    pub activation: String,
    /// What it says, without what was found: an error stops before anything changes, a warning is a risk, what is accepted
    /// a note.
    pub problem: Diagnostic,
}

/// Resources that take effect together: stage, validate, switch, reload or restart, health.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// Its name, unique on the host.
    pub name: String,
    /// What a change of a member asks of the services, unless the member says otherwise.
    pub effect: Effect,
    /// Absolute paths that its services read: what is declared there, or below, joins by itself.
    pub owns: Vec<String>,
    /// Shell commands that check the staged set under its real paths; exit status 0 = good.
    pub validate: Vec<String>,
    /// The names and ports that answer from outside.
    pub outside: Vec<(String, u16)>,
    /// The user that the checks run as; root when unset.
    pub as_user: Option<String>,
    /// Where the staged set is checked; outside of any unit when unset.
    pub sandbox: Option<Sandbox>,
    /// Shell commands that check after the switch and before the reload; on failure the old files come back.
    pub validate_switched: Vec<String>,
    /// Shell commands that check what is on disk at any time, as every look at the host does; they write nothing.
    pub inspect: Vec<String>,
    /// A shell command that names what its services read outside of `owns`, a path a line; asked once they run on it.
    pub watches: Option<String>,
    /// A shell command that tells what of others a change concerns, a line each: the id of a finding, and what was found.
    pub survey: Option<String>,
    /// A shell command asked after a reload: exit status 0 = a restart is needed too.
    pub restart: Option<String>,
    /// What must hold afterwards.
    pub health: Vec<Health>,
    /// How long `health` may take to come true.
    pub timeout: Duration,
}

/// What systemd gives a unit, for the check of what it will read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// The unit.
    pub unit: String,
    /// Whether the check has the unit's network.
    pub network: bool,
}

/// One condition of a healthy service, awaited after the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// A shell command that exits with 0.
    Run(String),
    /// A new login over a new connection, which the client makes while the host waits.
    Login,
    /// A URL on the host's loopback that answers with this status, and this body when given.
    Http {
        /// The URL.
        url: String,
        /// The wanted status.
        status: u16,
        /// The wanted body, white space at the ends apart.
        body: Option<String>,
    },
}
