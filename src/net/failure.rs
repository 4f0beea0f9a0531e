//! Why there is no answer, and at which stage the request failed.

/// A failed connection, handshake or answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetFailure {
    /// The stage at which it failed.
    pub stage: RequestStage,
    /// The reason, in words.
    pub why: String,
}

/// The stages of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestStage {
    /// The name has no address.
    Name,
    /// This machine has no route, for example to IPv6 from a machine without it: this proves nothing about the host.
    Route,
    /// The connection is not accepted.
    Connection,
    /// The TLS handshake fails.
    Handshake,
    /// No readable answer arrives.
    Answer,
}

impl RequestStage {
    /// Returns a failure at this stage.
    pub(super) fn failed(self, why: impl Into<String>) -> NetFailure {
        NetFailure { stage: self, why: why.into() }
    }
}

impl std::fmt::Display for NetFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

/// The failure for a connection error.
pub(super) fn connection(error: &std::io::Error) -> NetFailure {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut,
    };
    match error.kind() {
        NetworkUnreachable | AddrNotAvailable => {
            RequestStage::Route.failed("this machine has no route there")
        }
        ConnectionRefused => RequestStage::Connection.failed("the connection is refused"),
        HostUnreachable => RequestStage::Connection.failed("the host cannot be reached"),
        TimedOut => RequestStage::Connection.failed("no answer"),
        _ => RequestStage::Connection.failed(error.to_string()),
    }
}
