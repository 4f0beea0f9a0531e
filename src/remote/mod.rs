//! The SSH transport: an address becomes a verified, logged-in connection that runs commands.
//! It knows bytes, not resources, and reads neither environment variables nor the clock of the
//! host: the caller hands in where things are ([`SshEnvironment`]) and what is wanted ([`Target`]).
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
mod client_config;
mod client_handler;
mod close_reason;
mod connection;
mod dial;
mod exec;
mod expand;
mod frame;
mod hop;
mod host_key;
mod identity_file;
mod jump;
mod known_hosts;
mod library;
mod line;
mod lookup;
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

pub use connection::Connection;
pub use exec::CommandEnded;
pub use frame::{Frame, Parser};
pub use line::{Line, Opening, SCRIPT};
pub use lookup::{hops, known_key_types};
pub use output::Chunk;
pub use pin::check as check_host_key;
pub use shell::{DAY, GuardedStep, Link, PendingAnswer, Shell};
pub use target::{CONNECT_TIMEOUT, SshEnvironment, Target};
pub use trust::OR_KNOWN_HOSTS;

/// No file of this machine that SSH needs is larger (bytes).
const LOCAL_FILE: u64 = 16 << 20;
