//! Connects to a port and exchanges keys. Each phase has its own time limit and its own message, since russh sets no
//! limits.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{Config, Handle, connect_stream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::client_handler::{ClientHandler, SessionError};
use crate::diagnostic::Diagnostic;

/// How long to wait for one address before trying the next one in parallel (RFC 8305 section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Opens a TCP connection.
pub(super) async fn reach(host: &str, port: u16, limit: Duration) -> Result<TcpStream, Diagnostic> {
    let stream = timeout(limit, async {
        let addresses = lookup_host((host, port)).await.map_err(|e| not_found(host, &e))?;
        race(addresses.collect()).await.map_err(|error| unreachable(host, port, &error))
    });
    let stream = stream.await.map_err(|_| silent(host, port, limit))??;
    // The handshake sends small packets in sequence; if this fails, it only takes longer.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Returns a connection to the first address that answers.
async fn race(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut rest = addresses.into_iter();
    let mut attempts = JoinSet::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        match rest.next() {
            Some(address) => drop(attempts.spawn(TcpStream::connect(address))),
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        tokio::select! {
            Some(done) = attempts.join_next() => match done.map_err(io::Error::other).flatten() {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            },
            () = sleep(HEAD_START), if rest.len() > 0 => {}
        }
    }
}

/// Exchanges identification strings and keys, and has the host's key checked.
pub(super) async fn handshake<S>(
    stream: S,
    config: Arc<Config>,
    guard: ClientHandler,
    host: &str,
    limit: Duration,
) -> Result<Handle<ClientHandler>, Diagnostic>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match timeout(limit, connect_stream(config, stream, guard)).await {
        Ok(Ok(handle)) => Ok(handle),
        Ok(Err(SessionError::Refused(refusal))) => Err(*refusal),
        Ok(Err(SessionError::Session(error))) => Err(no_handshake(host, &error)),
        Err(_) => Err(no_answer(host, limit)),
    }
}

fn not_found(host: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::error("remote/name-not-found", format!("the name `{host}` has no address: {error}"))
        .help("correct the address in the spec's [host], or set `HostName` in ~/.ssh/config")
}

fn unreachable(host: &str, port: u16, error: &io::Error) -> Diagnostic {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        return Diagnostic::error(
            "remote/port-refused",
            format!("{host} refuses connections on port {port}: no sshd listens there"),
        )
        .help(
            "check that sshd runs on the host, and on which port; set it as `port` in the spec's [host]",
        );
    }
    Diagnostic::error(
        "remote/unreachable",
        format!("{host} port {port} cannot be reached: {error}"),
    )
    .help("check the address, the network, and any firewall in front of the host")
}

fn silent(host: &str, port: u16, limit: Duration) -> Diagnostic {
    Diagnostic::error(
        "remote/unreachable",
        format!("{host} port {port} did not answer within {limit:?} (connecting)"),
    )
    .help("check the address, the network, and any firewall in front of the host")
}

fn no_answer(host: &str, limit: Duration) -> Diagnostic {
    Diagnostic::error(
        "remote/handshake",
        format!("{host} did not finish the key exchange within {limit:?}"),
    )
    .help("check that an SSH server listens on this port, and that the host is not overloaded")
}

fn no_handshake(host: &str, error: &russh::Error) -> Diagnostic {
    use russh::Error as E;
    match error {
        E::NoCommonAlgo { kind, theirs, .. } => Diagnostic::error(
            "remote/no-common-algorithm",
            format!("{host} and matrixform have no {kind:?} algorithm in common; it offers {theirs:?}"),
        )
        .help("update OpenSSH on the host, or allow more algorithms in its sshd_config"),
        E::Version | E::Disconnect | E::HUP | E::IO(_) => Diagnostic::error(
            "remote/not-ssh",
            format!("{host} closed the connection before the key exchange: it is not an SSH server, or it blocks this machine"),
        )
        .note_line(format!("the session said: {error}"))
        .help("check the port; on the host, check `MaxStartups`, fail2ban and `journalctl -u ssh`"),
        other => Diagnostic::error(
            "remote/handshake",
            format!("the key exchange with {host} failed: {other}"),
        )
        .help("compare with `ssh -v` to the same host"),
    }
}
