//! The SSH transport: an address becomes a verified, logged-in connection that runs commands.
//! It knows bytes, not resources, and reads neither environment variables nor the clock of the
//! host: the caller hands in where things are ([`Environment`]) and what is wanted ([`Target`]).
//! russh appears in no public signature, so an upgrade of it stays inside this folder.
//!
//! Round trips of a command on a fresh connection are eight: TCP, identification, key exchange,
//! service request, key probe, signature, channel opening, command; nine where it reads standard
//! input, for which OpenSSH opens no window before the command runs. So a shell is started by a
//! command that holds the first questions ([`Line`]). Nothing else of it can be saved from outside
//! russh 0.65.1: its session opens no channel before the login has succeeded, always probes a key
//! before signing, and asks for the service before the first login request.
//!
//! Left out: host certificates (an `@cert-authority` line gives no trust), user certificates,
//! passphrase prompts, passwords, `ProxyCommand`, `Match` conditions.

mod agent;
mod authentication;
mod candidate;
mod certificate;
mod channel;
mod config_file;
mod config_text;
mod connection;
mod dial;
mod ending;
mod exec;
mod expand;
mod frame;
mod guard;
mod hop;
mod host_key;
mod identity_file;
mod include;
mod jump;
mod known_hosts;
mod library;
mod line;
mod output;
mod pattern;
mod pin;
mod preference;
pub mod request;
mod round_trips;
mod route;
mod session;
mod shell;
mod signing;
mod target;
mod trust;
mod way;

pub use connection::{Connection, Starter};
pub use exec::{Ended, Exec, Input};
pub use frame::{Frame, Parser};
pub use host_key::HostKey;
pub use line::{Line, Opening, SCRIPT};
pub use output::{Chunk, Collected, Output};
pub use pin::check as check_host_key;
pub use round_trips::{RoundTrips, Step};
pub use shell::{Asked, DAY, Guarded, GuardedStep, Link, Shell, Traffic};
pub use target::{CONNECT_TIMEOUT, Environment, Target};
pub use way::{known_key_types, way};

/// No file of this machine that SSH needs is larger (bytes).
const LOCAL_FILE: u64 = 16 << 20;
