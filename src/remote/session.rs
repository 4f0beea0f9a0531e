//! One hop's session: connected, its key checked, logged in. Each step that waits for the other side records its round
//! trips beside the call.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use russh::Disconnect;
use russh::client::Handle;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::authentication::Login;
use super::candidate::Candidates;
use super::client_handler::ClientHandler;
use super::close_reason::CloseReason;
use super::dial;
use super::hop::Hop;
use super::host_key::HostKey;
use super::known_hosts::KnownHosts;
use super::preference;
use super::round_trips::RoundTrips;
use super::trust::HostTrust;
use crate::diagnostic::Diagnostic;

/// A logged-in session.
pub(super) struct SshSession {
    /// Shared with the tasks that open channels, so that a cancelled call leaves nothing open.
    pub(super) handle: Arc<Handle<ClientHandler>>,
    pub(super) close_reason: CloseReason,
    pub(super) host_key: HostKey,
    name: String,
}

impl SshSession {
    /// Opens a session, directly or through the previous one.
    pub(super) async fn open(
        hop: &Hop,
        through: Option<&SshSession>,
        trips: &RoundTrips,
    ) -> Result<SshSession, Diagnostic> {
        let known = KnownHosts::read(&hop.known_hosts)?;
        let trust = HostTrust::new(&hop.known_as.0, hop.known_as.1, hop.pin.clone(), &known);
        let candidates = Candidates::gather(&hop.sources).await?;
        match through {
            None => {
                let stream = dial::reach(&hop.address, hop.port, hop.limit).await?;
                trips.add(format!("TCP connection to {}", hop.address), 1);
                SshSession::over(stream, hop, trust, candidates, trips).await
            }
            Some(before) => {
                let stream = before.tunnel(hop).await?;
                trips.add(format!("tunnel to {}", hop.address), 1);
                SshSession::over(stream, hop, trust, candidates, trips).await
            }
        }
    }

    async fn over<S>(
        stream: S,
        hop: &Hop,
        trust: HostTrust,
        candidates: Candidates,
        trips: &RoundTrips,
    ) -> Result<SshSession, Diagnostic>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (host, close_reason) = (hop.address.as_str(), CloseReason::new(&hop.address));
        let accepted = Arc::new(OnceLock::new());
        let config = preference::config(&trust.known_types());
        let guard = ClientHandler {
            trust,
            accepted: Arc::clone(&accepted),
            close_reason: close_reason.clone(),
        };
        let mut handle = dial::handshake(stream, config, guard, host, hop.limit).await?;
        // The server's identification and its KEXINIT arrive together, followed by one answer to ECDH_INIT.
        trips.add(format!("identification of {host}"), 1);
        trips.add(format!("key exchange with {host}"), 1);
        let user = hop.user.as_str();
        let login = Login {
            handle: &mut handle,
            user,
            host,
            close_reason: &close_reason,
            trips,
            asked: false,
        };
        let login = timeout(hop.limit, login.run(candidates));
        login.await.map_err(|_| slow_login(host, user, hop.limit))??;
        let host_key = accepted.get().cloned();
        let host_key = host_key.ok_or_else(|| Diagnostic::bug("a session without a host key"))?;
        Ok(SshSession { handle: Arc::new(handle), close_reason, host_key, name: host.to_owned() })
    }

    async fn tunnel(
        &self,
        hop: &Hop,
    ) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + use<>, Diagnostic> {
        let (address, port) = (hop.address.clone(), u32::from(hop.port));
        let opening = self.handle.channel_open_direct_tcpip(address, port, "127.0.0.1", 0);
        match timeout(hop.limit, opening).await {
            Ok(Ok(channel)) => Ok(channel.into_stream()),
            Ok(Err(_)) if self.handle.is_closed() => {
                Err(self.close_reason.lost(&format!("reaching {} through it", hop.address)))
            }
            Ok(Err(error)) => Err(self.no_tunnel(hop, &error.to_string())),
            Err(_) => Err(self.no_tunnel(hop, &format!("no answer within {:?}", hop.limit))),
        }
    }

    fn no_tunnel(&self, hop: &Hop, why: &str) -> Diagnostic {
        let (name, address, port) = (&self.name, &hop.address, hop.port);
        Diagnostic::error(
            "remote/tunnel",
            format!("the jump host {name} could not reach {address} port {port}: {why}"),
        )
        .help(format!(
            "try `nc {address} {port}` on {name}; see `AllowTcpForwarding` in its sshd_config"
        ))
    }

    /// Sends a disconnect message, and waits briefly until it is sent.
    pub(super) async fn close(self) {
        let _ = self.handle.disconnect(Disconnect::ByApplication, "done", "en").await;
        if let Some(handle) = Arc::into_inner(self.handle) {
            let _ = timeout(Duration::from_secs(1), handle).await;
        }
    }
}

fn slow_login(host: &str, user: &str, limit: Duration) -> Diagnostic {
    Diagnostic::error(
        "remote/login-timeout",
        format!("{host} did not finish the login of `{user}` within {limit:?}"),
    )
    .help("check whether an agent waits for confirmation, and whether the host is overloaded")
}
