//! Why there is no answer, and how far it came.

/// A connection, handshake or answer that did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How far it came.
    pub stage: Stage,
    /// Why it ended there, in words.
    pub why: String,
}

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The name has no address.
    Name,
    /// This machine has no way there, as to IPv6 from one without: that says nothing of the host.
    Way,
    /// Nobody takes the connection.
    Connection,
    /// There is no TLS.
    Handshake,
    /// Nothing that can be read came back.
    Answer,
}

impl Stage {
    /// A failure at this stage.
    pub(super) fn failed(self, why: impl Into<String>) -> Failure {
        Failure { stage: self, why: why.into() }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

/// Why a connection failed.
pub(super) fn connection(error: &std::io::Error) -> Failure {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut,
    };
    match error.kind() {
        NetworkUnreachable | AddrNotAvailable => Stage::Way.failed("this machine has no way there"),
        ConnectionRefused => Stage::Connection.failed("the connection is refused"),
        HostUnreachable => Stage::Connection.failed("the host cannot be reached"),
        TimedOut => Stage::Connection.failed("nothing came back"),
        _ => Stage::Connection.failed(error.to_string()),
    }
}
