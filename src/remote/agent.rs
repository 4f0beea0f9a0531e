//! The SSH agent: which keys and certificates it holds.

use std::path::Path;
use std::time::Duration;

use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Certificate, PublicKey};
use tokio::net::UnixStream;

/// A connection to an agent.
pub(super) type Agent = AgentClient<UnixStream>;

/// How long an agent may take to list its keys: a socket forwarded over a dead connection accepts, but never answers.
const AGENT_TIMEOUT: Duration = Duration::from_secs(5);

/// The keys and certificates that an agent holds.
#[derive(Default)]
pub(super) struct AgentKeys {
    /// Keys, each with its comment.
    pub(super) keys: Vec<(PublicKey, String)>,
    /// Certificates for users, each with its comment.
    pub(super) certificates: Vec<(Certificate, String)>,
}

/// Connects and lists the keys. A missing agent is not an error, as in ssh: the reason is kept for the message if no
/// key is accepted.
pub(super) async fn keys(socket: &Path) -> Result<(Agent, AgentKeys), String> {
    let failed = |error: &dyn std::fmt::Display| {
        format!("the SSH agent at `{}` does not answer: {error}", socket.display())
    };
    let asked = async {
        let mut agent = Agent::connect_uds(socket).await.map_err(|error| failed(&error))?;
        let held = agent.request_identities().await.map_err(|error| failed(&error))?;
        Ok((agent, held))
    };
    let answer = tokio::time::timeout(AGENT_TIMEOUT, asked).await;
    let (agent, all) = answer
        .unwrap_or_else(|_| Err(failed(&format!("no answer for {} s", AGENT_TIMEOUT.as_secs()))))?;
    let mut held = AgentKeys::default();
    for identity in all {
        match identity {
            AgentIdentity::PublicKey { key, comment } => held.keys.push((key, comment)),
            AgentIdentity::Certificate { certificate, comment } => {
                held.certificates
                    .extend(certificate.cert_type().is_user().then_some((certificate, comment)));
            }
        }
    }
    Ok((agent, held))
}
