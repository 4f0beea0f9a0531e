//! Logging in: one key after the other until the host accepts one. RSA keys need the hash that the host accepts, and
//! asking for it may wait a second, so only RSA keys ask (russh 0.65 `best_supported_rsa_hash`).

use std::sync::Arc;

use russh::MethodKind;
use russh::client::{AuthResult, Handle};
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg};

use super::candidate::{Candidate, Candidates, Offered};
use super::certificate::why_refused;
use super::client_handler::ClientHandler;
use super::close_reason::CloseReason;
use super::host_key::fingerprint;
use super::round_trips::RoundTrips;
use super::signing::Signing;

use crate::diagnostic::Diagnostic;

/// A login in progress.
pub(super) struct Login<'a> {
    pub(super) handle: &'a mut Handle<ClientHandler>,
    pub(super) user: &'a str,
    pub(super) host: &'a str,
    pub(super) close_reason: &'a CloseReason,
    pub(super) trips: &'a RoundTrips,
    /// Whether the service was requested; starts false.
    pub(super) asked: bool,
}

impl Login<'_> {
    /// Tries the candidates in order.
    pub(super) async fn run(mut self, mut candidates: Candidates) -> Result<(), Diagnostic> {
        let mut refused = Vec::new();
        for candidate in std::mem::take(&mut candidates.list) {
            match self.offer(&candidate, &mut candidates).await? {
                Offer::Accepted => return Ok(()),
                Offer::Refused(why) => refused.push(describe(&candidate, self.user, &why)),
                Offer::NoKeysAtAll => return Err(self.no_keys_allowed()),
            }
        }
        Err(self.all_refused(&refused, &candidates.passed_over))
    }

    async fn offer(
        &mut self,
        candidate: &Candidate,
        candidates: &mut Candidates,
    ) -> Result<Offer, Diagnostic> {
        let Some(hash) = self.hash(candidate).await? else {
            return Ok(Offer::Refused("the host accepts RSA only with SHA-1".to_owned()));
        };
        self.count_probe();
        if let Some(offered) = &candidate.certificate {
            return self.offer_certificate(candidate, offered, hash, candidates).await;
        }
        let result = match (&candidate.private, &mut candidates.agent) {
            (Some(key), _) => {
                let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
                self.handle.authenticate_publickey(self.user, key).await.map_err(|_| self.lost())?
            }
            (None, Some(agent)) => {
                let key = candidate.public.clone();
                let login = self.handle.authenticate_publickey_with(self.user, key, hash, agent);
                match login.await {
                    Ok(result) => result,
                    Err(error) => return Ok(Offer::Refused(format!("the agent: {error}"))),
                }
            }
            (None, None) => return Ok(Offer::Refused("the agent is gone".to_owned())),
        };
        self.interpret(result)
    }

    async fn offer_certificate(
        &mut self,
        candidate: &Candidate,
        offered: &Offered,
        hash: Option<HashAlg>,
        candidates: &mut Candidates,
    ) -> Result<Offer, Diagnostic> {
        let certificate = offered.certificate.clone();
        let mut signing = match (&candidate.private, &mut candidates.agent) {
            (Some(key), _) => Signing::File(key),
            (None, Some(agent)) if offered.is_held => {
                Signing::Agent(agent, Box::new(certificate.clone().into()))
            }
            (None, Some(agent)) => Signing::Agent(agent, Box::new(candidate.public.clone().into())),
            (None, None) => return Ok(Offer::Refused("the agent is gone".to_owned())),
        };
        let login =
            self.handle.authenticate_certificate_with(self.user, certificate, hash, &mut signing);
        match login.await {
            Ok(result) => self.interpret(result),
            Err(error) => Ok(Offer::Refused(error.to_string())),
        }
    }

    /// The first login of a session requests the service beforehand (RFC 4253 section 10).
    fn count_probe(&mut self) {
        if !std::mem::replace(&mut self.asked, true) {
            self.trips.add(format!("service request to {}", self.host), 1);
        }
        self.trips.add(format!("key probe at {}", self.host), 1);
    }

    fn interpret(&self, result: AuthResult) -> Result<Offer, Diagnostic> {
        match result {
            AuthResult::Success => {
                self.trips.add(format!("signature to {}", self.host), 1);
                Ok(Offer::Accepted)
            }
            AuthResult::Failure { partial_success: true, remaining_methods } => {
                let names: Vec<&str> = remaining_methods.iter().map(Into::into).collect();
                Err(self.more_wanted(&names.join(", ")))
            }
            // russh also reports this if the session is gone.
            AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() => {
                Err(self.lost())
            }
            AuthResult::Failure { remaining_methods, .. }
                if !remaining_methods.contains(&MethodKind::PublicKey) =>
            {
                Ok(Offer::NoKeysAtAll)
            }
            AuthResult::Failure { .. } => Ok(Offer::Refused("refused by the host".to_owned())),
        }
    }

    /// Returns the hash to sign with: `Some(None)` for keys without a choice, `None` if there is no usable one.
    async fn hash(&self, candidate: &Candidate) -> Result<Option<Option<HashAlg>>, Diagnostic> {
        if !matches!(candidate.public.algorithm(), Algorithm::Rsa { .. }) {
            return Ok(Some(None));
        }
        match self.handle.best_supported_rsa_hash().await {
            Ok(Some(None)) => Ok(None),
            Ok(Some(Some(hash))) => Ok(Some(Some(hash))),
            // The host does not say (RFC 8308 is optional): SHA-256 is what RFC 8332 recommends.
            Ok(None) => Ok(Some(Some(HashAlg::Sha256))),
            Err(_) => Err(self.lost()),
        }
    }

    fn lost(&self) -> Diagnostic {
        self.close_reason.quoting(self.close_reason.lost(&format!("logging in as `{}`", self.user)))
    }

    fn no_keys_allowed(&self) -> Diagnostic {
        self.error(format!("{} does not accept keys for user `{}`", self.host, self.user)).help(
            "check `PubkeyAuthentication` and `AuthenticationMethods` in the host's sshd_config",
        )
    }

    fn more_wanted(&self, methods: &str) -> Diagnostic {
        self.error(format!("{} requires more than a key: {methods}", self.host))
            .help("matrixform logs in with keys only: check `AuthenticationMethods` in sshd_config")
    }

    fn all_refused(&self, refused: &[String], passed_over: &[String]) -> Diagnostic {
        let (user, host) = (self.user, self.host);
        let message = match refused.len() {
            0 => format!("there is no key to log in to {host}"),
            1 => format!("{host} refused the key offered for user `{user}`"),
            count => format!("{host} refused all {count} keys offered for user `{user}`"),
        };
        let notes = refused.iter().chain(passed_over);
        notes.fold(self.error(message), |message, note| message.note_line(note.as_str())).help(
            format!(
                "add your public key to `{user}`'s ~/.ssh/authorized_keys on the host, or name \
             the right key in the spec's [host]: identity_files = [\"~/.ssh/…\"]"
            ),
        )
    }

    fn error(&self, message: String) -> Diagnostic {
        self.close_reason.quoting(Diagnostic::error("remote/login-refused", message))
    }
}

enum Offer {
    Accepted,
    Refused(String),
    NoKeysAtAll,
}

fn describe(candidate: &Candidate, user: &str, why: &str) -> String {
    let tried = format!("tried {} {}: {why}", candidate.name, fingerprint(&candidate.public));
    let certificate = candidate.certificate.as_ref();
    match certificate.and_then(|offered| why_refused(&offered.certificate, user)) {
        Some(reason) => format!("{tried}; {reason}"),
        None => tried,
    }
}
