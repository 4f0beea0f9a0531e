//! After Synapse's start: its background updates, what it reports about its past, and its identity.

use super::RebuildOperation;
use crate::diagnostic::{Diagnostic, Problems, visible};
use crate::labelled;
use crate::rebuild::LOOK;
use crate::run::one;
use std::time::{Duration, Instant};

/// How long to wait for background updates; large databases take longer, and work in the meantime.
const UPDATES_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// The limit for one query.
const TIMEOUT: Duration = Duration::from_secs(2 * 60);

/// The state of the server.
#[derive(Debug, PartialEq, Eq)]
struct ServerState {
    updates: u64,
    future: u64,
    keys: String,
}

impl RebuildOperation<'_> {
    /// Waits until the server has settled; returns the remaining notes. Its log counts from `log_since` (seconds since
    /// 1970).
    pub(super) async fn afterwards(&mut self, log_since: u64) -> Result<Problems, Problems> {
        let since = Instant::now();
        loop {
            let state = self.state(log_since).await.map_err(one)?;
            let identity = self.snapshot.identity_check.identity.as_ref().map(ToString::to_string);
            fits(&state, &self.service.server_name, identity.as_deref()).map_err(one)?;
            if state.updates == 0 {
                return Ok(Problems::new());
            }
            if since.elapsed() > UPDATES_TIMEOUT {
                let message = format!(
                    "Synapse is still running {} background updates of its database; it can be used meanwhile",
                    state.updates
                );
                return Ok(vec![Diagnostic::note("rebuild/updates", message)]);
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    async fn state(&mut self, log_since: u64) -> Result<ServerState, Diagnostic> {
        let (unit, port) = (self.service.unit.clone(), self.service.port.to_string());
        let since = log_since.to_string();
        let args = [unit.as_str(), &port, &since];
        let output = self.session.output_of(TIMEOUT, LOOK, &args).await?;
        state(&output).ok_or_else(|| {
            Diagnostic::error("rebuild/unseen", "the host did not report the state of Synapse")
                .note_line(visible(&output).chars().take(300).collect::<String>())
        })
    }
}

fn state(output: &str) -> Option<ServerState> {
    let line = |key: &str| labelled::value(output, key, ' ');
    Some(ServerState {
        updates: line("updates")?.parse().ok()?,
        future: line("future")?.parse().ok()?,
        keys: line("keys")?.to_owned(),
    })
}

/// Refuses a server with another identity, or one that encountered positions which it never issued.
fn fits(state: &ServerState, server_name: &str, identity: Option<&str>) -> Result<(), Diagnostic> {
    if state.future > 0 {
        let message = format!(
            "clients hold positions that the restored server has not reached: {} lines of its log say `from the future`",
            state.future
        );
        return Err(Diagnostic::error("rebuild/future-positions", message)
            .note_line("such clients can lose messages; but any client can also make up a position")
            .help("see `journalctl -u matrix-synapse | grep 'from the future'`; then run the same command again, which counts only new lines; if there are more, report this"));
    }
    let Some((id, key)) = identity.and_then(|identity| identity.split_once(' ')) else {
        return Ok(());
    };
    let keys: serde_json::Value = serde_json::from_str(&state.keys).unwrap_or_default();
    let seen = keys.get("verify_keys").and_then(|keys| keys.get(id)?.get("key")?.as_str());
    let name = keys.get("server_name").and_then(serde_json::Value::as_str);
    if seen == Some(key) && name == Some(server_name) {
        return Ok(());
    }
    let message = format!("the server does not answer as {server_name} with {id} {key}");
    Err(Diagnostic::error("rebuild/another-key", message)
        .note_line(format!("it says: {}", visible(&state.keys).chars().take(300).collect::<String>()))
        .help("stop it (`systemctl stop matrix-synapse`) and find out why: other servers would see a different server"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "updates 0\nfuture 0\nkeys {\"server_name\":\"a.b\",\"verify_keys\":{\"ed25519:a_1\":{\"key\":\"AAAA\"}}}\n";

    #[test]
    fn a_server_with_another_identity_is_refused() {
        let own = state(SAID).unwrap();
        assert!(fits(&own, "a.b", Some("ed25519:a_1 AAAA")).is_ok());
        for (name, identity) in
            [("a.c", "ed25519:a_1 AAAA"), ("a.b", "ed25519:a_2 AAAA"), ("a.b", "ed25519:a_1 BBBB")]
        {
            assert_eq!(fits(&own, name, Some(identity)).unwrap_err().code, "rebuild/another-key");
        }
        let future = state(&SAID.replace("future 0", "future 2")).unwrap();
        assert_eq!(fits(&future, "a.b", None).unwrap_err().code, "rebuild/future-positions");
        assert_eq!(state("updates x\n"), None);
    }
}
