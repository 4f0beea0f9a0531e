//! Handles russh's callbacks during a session: it checks the host's key, refuses every channel that the host opens, and
//! records why the session ended. Dropping a `ChannelOpenHandle` refuses.

use std::sync::{Arc, OnceLock};

use russh::Channel;
use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::PublicKeyOrCertificate;

use super::close_reason::{CloseReason, in_words};
use super::host_key::HostKey;
use super::trust::HostTrust;
use crate::diagnostic::Diagnostic;

/// The handler of one session.
pub(super) struct ClientHandler {
    pub(super) trust: HostTrust,
    pub(super) accepted: Arc<OnceLock<HostKey>>,
    pub(super) close_reason: CloseReason,
}

/// Why a session stopped: our own refusal, or an error from russh.
#[derive(Debug)]
pub(super) enum SessionError {
    Refused(Box<Diagnostic>),
    Session(russh::Error),
}

impl From<russh::Error> for SessionError {
    fn from(error: russh::Error) -> SessionError {
        SessionError::Session(error)
    }
}

impl ClientHandler {
    fn check(&self, key: &PublicKeyOrCertificate) -> Result<(), Diagnostic> {
        // Never offered (preference.rs), so a host that sends a certificate violates the protocol.
        let plain = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => HostKey::of(key),
            PublicKeyOrCertificate::Certificate(_) => None,
        };
        let Some(plain) = plain else {
            return Err(Diagnostic::error(
                "remote/host-key-form",
                "the host presented a key of a type that matrixform cannot check",
            )
            .help("give the host an Ed25519 key: `ssh-keygen -A` on its console"));
        };
        self.trust.check(&plain)?;
        let _ = self.accepted.set(plain);
        Ok(())
    }
}

impl Handler for ClientHandler {
    type Error = SessionError;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, SessionError> {
        self.check(key).map(|()| true).map_err(|refusal| SessionError::Refused(Box::new(refusal)))
    }

    async fn auth_banner(&mut self, banner: &str, _: &mut Session) -> Result<(), SessionError> {
        self.close_reason.add_banner(banner);
        Ok(())
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<SessionError>,
    ) -> Result<(), SessionError> {
        match reason {
            DisconnectReason::ReceivedDisconnect(received) => {
                self.close_reason.set(received.message)
            }
            DisconnectReason::Error(SessionError::Session(error)) => {
                self.close_reason.set(in_words(&error))
            }
            DisconnectReason::Error(SessionError::Refused(refusal)) => {
                self.close_reason.set(refusal.message)
            }
        }
        Ok(())
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), SessionError> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), SessionError> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), SessionError> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), SessionError> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), SessionError> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), SessionError> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), SessionError> {
        drop(reply);
        Ok(())
    }
}
