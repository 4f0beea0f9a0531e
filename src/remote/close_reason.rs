//! Why a connection ended: set once by the session's own task, read by any code that finds a channel dead. The session
//! sets it before it releases its channels (russh 0.65 `Session::run`), so a reader that sees the end of a channel
//! finds the reason here.

use std::sync::{Arc, Mutex, OnceLock};

use crate::diagnostic::{Diagnostic, visible};

/// The reason a connection is gone; shared by all its channels.
#[derive(Clone, Debug)]
pub(super) struct CloseReason {
    host: Arc<str>,
    reason: Arc<OnceLock<String>>,
    /// The host's messages before the login (its banner, or why logins are disabled).
    banner: Arc<Mutex<String>>,
}

/// Messages before a login are cut off at this length (bytes).
const BANNER_LIMIT: usize = 2 * 1024;

impl CloseReason {
    /// Creates an empty reason for a connection to this host.
    pub(super) fn new(host: &str) -> CloseReason {
        CloseReason { host: host.into(), reason: Arc::default(), banner: Arc::default() }
    }

    /// Records the reason; only the first one counts.
    pub(super) fn set(&self, reason: impl Into<String>) {
        let _ = self.reason.set(reason.into());
    }

    /// Keeps a message that the host sends before a login.
    pub(super) fn add_banner(&self, text: &str) {
        let Ok(mut banner) = self.banner.lock() else { return };
        let room = BANNER_LIMIT.saturating_sub(banner.len());
        banner.extend(text.char_indices().take_while(|(at, _)| *at < room).map(|(_, c)| c));
    }

    /// Adds the host's earlier messages to a login problem.
    pub(super) fn quoting(&self, problem: Diagnostic) -> Diagnostic {
        let Ok(banner) = self.banner.lock() else { return problem };
        let lines = banner.lines().filter(|line| !line.trim().is_empty());
        lines.fold(problem, |problem, line| {
            problem.note_line(format!("the host said: {}", visible(line.trim_end())))
        })
    }

    /// Returns the reason in words, as far as it is known.
    pub(super) fn reason(&self) -> &str {
        self.reason.get().map_or("the host closed it without giving a reason", String::as_str)
    }

    /// Returns the error for a connection that was lost while `doing` something.
    pub(super) fn lost(&self, doing: &str) -> Diagnostic {
        let reason = visible(self.reason());
        Diagnostic::error(
            "remote/connection-lost",
            format!("the connection to {} was lost while {doing}: {reason}", self.host),
        )
        .help("check the network and the host, then run the command again")
    }
}

/// Describes what ended a session, for a user.
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
