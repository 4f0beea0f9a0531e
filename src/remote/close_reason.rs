//! Why a connection ended: set once by the session's own task, read by whoever finds a channel dead.
//! The session sets it before it lets go of its channels (russh 0.65 `Session::run`), so a reader
//! that sees the end of a channel finds the reason here.

use std::sync::{Arc, Mutex, OnceLock};

use crate::diagnostic::{Diagnostic, visible};

/// The reason a connection is gone; shared by all its channels.
#[derive(Clone, Debug)]
pub(super) struct CloseReason {
    host: Arc<str>,
    reason: Arc<OnceLock<String>>,
    /// What the host said to whoever logs in (its banner, or why nobody may).
    banner: Arc<Mutex<String>>,
}

/// More of what a host says before a login is dropped (bytes).
const BANNER_LIMIT: usize = 2 * 1024;

impl CloseReason {
    /// Of a connection to the host of this name.
    pub(super) fn new(host: &str) -> CloseReason {
        CloseReason { host: host.into(), reason: Arc::default(), banner: Arc::default() }
    }

    /// Writes the reason down; the first one counts.
    pub(super) fn set(&self, reason: impl Into<String>) {
        let _ = self.reason.set(reason.into());
    }

    /// Keeps what the host says before a login.
    pub(super) fn hear(&self, said: &str) {
        let Ok(mut banner) = self.banner.lock() else { return };
        let room = BANNER_LIMIT.saturating_sub(banner.len());
        banner.extend(said.char_indices().take_while(|(at, _)| *at < room).map(|(_, c)| c));
    }

    /// A problem of a login, with what the host said before.
    pub(super) fn quoting(&self, problem: Diagnostic) -> Diagnostic {
        let Ok(banner) = self.banner.lock() else { return problem };
        let lines = banner.lines().filter(|line| !line.trim().is_empty());
        lines.fold(problem, |problem, line| {
            problem.note_line(format!("the host said: {}", visible(line.trim_end())))
        })
    }

    /// The reason in words, as far as known.
    pub(super) fn reason(&self) -> &str {
        self.reason.get().map_or("the host closed it without giving a reason", String::as_str)
    }

    /// The connection was lost while `doing` something.
    pub(super) fn lost(&self, doing: &str) -> Diagnostic {
        let reason = visible(self.reason());
        Diagnostic::error(
            "remote/connection-lost",
            format!("the connection to {} was lost while {doing}: {reason}", self.host),
        )
        .help("check the network and the host, then run the command again")
    }
}

/// What ended a session, in a user's words.
pub(super) fn in_words(error: &russh::Error) -> String {
    match error {
        russh::Error::KeepaliveTimeout => {
            "the host did not answer the last keepalive messages".to_owned()
        }
        russh::Error::HUP | russh::Error::Disconnect => "the host closed it".to_owned(),
        russh::Error::IO(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the host closed it without giving a reason".to_owned()
        }
        russh::Error::IO(error) => error.to_string(),
        other => other.to_string(),
    }
}
