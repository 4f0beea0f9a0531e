//! Why there is no answer, and how far it came.

/// A connection, handshake or answer that did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetFailure {
    /// How far it came.
    pub stage: RequestStage,
    /// Why it ended there, in words.
    pub why: String,
}

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestStage {
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

impl RequestStage {
    /// A failure at this stage.
    pub(super) fn failed(self, why: impl Into<String>) -> NetFailure {
        NetFailure { stage: self, why: why.into() }
    }
}

impl std::fmt::Display for NetFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

/// Why a connection failed.
pub(super) fn connection(error: &std::io::Error) -> NetFailure {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut,
    };
    match error.kind() {
        NetworkUnreachable | AddrNotAvailable => {
            RequestStage::Way.failed("this machine has no route there")
        }
        ConnectionRefused => RequestStage::Connection.failed("the connection is refused"),
        HostUnreachable => RequestStage::Connection.failed("the host cannot be reached"),
        TimedOut => RequestStage::Connection.failed("no answer"),
        _ => RequestStage::Connection.failed(error.to_string()),
    }
}
