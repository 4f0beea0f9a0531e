//! What russh asks and tells during a session: it checks the host's key, refuses every channel the
//! host opens, and writes down why the session ended. Dropping a `ChannelOpenHandle` refuses.

use std::sync::{Arc, OnceLock};

use russh::Channel;
use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::PublicKeyOrCertificate;

use super::ending::{Ending, in_words};
use super::host_key::HostKey;
use super::trust::Trust;
use crate::diagnostic::Diagnostic;

/// The handler of one session.
pub(super) struct Guard {
    pub(super) trust: Trust,
    pub(super) accepted: Arc<OnceLock<HostKey>>,
    pub(super) ending: Ending,
}

/// What stops a session: our own refusal, or something of russh's.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(Box<Diagnostic>),
    Session(russh::Error),
}

impl From<russh::Error> for Stop {
    fn from(error: russh::Error) -> Stop {
        Stop::Session(error)
    }
}

impl Guard {
    fn check(&self, key: &PublicKeyOrCertificate) -> Result<(), Diagnostic> {
        // Never offered (preference.rs), so a host that sends a certificate breaks the protocol.
        let plain = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => HostKey::of(key),
            PublicKeyOrCertificate::Certificate(_) => None,
        };
        let Some(plain) = plain else {
            return Err(Diagnostic::error(
                "remote/host-key-form",
                "the host presented a key of a form matrixform cannot check",
            )
            .help("give the host an Ed25519 key: `ssh-keygen -A` on its console"));
        };
        self.trust.check(&plain)?;
        let _ = self.accepted.set(plain);
        Ok(())
    }
}

impl Handler for Guard {
    type Error = Stop;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Stop> {
        self.check(key).map(|()| true).map_err(|refusal| Stop::Refused(Box::new(refusal)))
    }

    async fn auth_banner(&mut self, banner: &str, _: &mut Session) -> Result<(), Stop> {
        self.ending.hear(banner);
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Stop>) -> Result<(), Stop> {
        match reason {
            DisconnectReason::ReceivedDisconnect(told) => self.ending.set(told.message),
            DisconnectReason::Error(Stop::Session(error)) => self.ending.set(in_words(&error)),
            DisconnectReason::Error(Stop::Refused(refusal)) => self.ending.set(refusal.message),
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
    ) -> Result<(), Stop> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
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
    ) -> Result<(), Stop> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Stop> {
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
    ) -> Result<(), Stop> {
        drop(reply);
        Ok(())
    }
}
