//! The SSH transport: an address becomes a verified, logged-in connection that runs commands. It knows bytes, not
//! resources, and reads neither environment variables nor the clock of the host: the caller passes in where files are
//! ([`SshEnvironment`]) and where to connect ([`Target`]). russh appears in no public signature, so upgrading it
//! affects only this directory.
//!
//! A command on a fresh connection takes eight round trips: TCP, identification, key exchange, service request, key
//! probe, signature, channel opening, command; nine if it reads standard input, for which OpenSSH opens no window
//! before the command runs. So a shell is started by a command that contains the first questions ([`SshLink`]). No
//! other round trip can be saved from outside russh 0.65.1: its session opens no channel before the login has
//! succeeded, always probes a key before signing, and requests the service before the first login request.
//!
//! Not supported: host certificates (an `@cert-authority` line gives no trust), passphrase prompts, passwords,
//! `ProxyCommand`.

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
pub use line::{Opening, SCRIPT, SshLink};
pub use lookup::{hops, known_key_types};
pub use output::Chunk;
pub use pin::check as check_host_key;
pub use shell::{DAY, GuardedStep, Link, PendingAnswer, Shell};
pub use target::{CONNECT_TIMEOUT, SshEnvironment, Target};
pub use trust::OR_KNOWN_HOSTS;

/// No file of this machine that SSH needs is larger (bytes).
const LOCAL_FILE: u64 = 16 << 20;
