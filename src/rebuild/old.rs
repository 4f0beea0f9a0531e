//! The server to be replaced: two servers with one name corrupt rooms, so before any change the user must state what
//! became of the old one.

use crate::diagnostic::Diagnostic;

/// What became of the old server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldServer {
    /// This run stops it, prevents it from starting, and verifies that.
    Fenced,
    /// Its owner stopped it and prevents it from starting.
    Stopped,
    /// Someone else has it, and its secrets.
    Seized,
    /// It is gone, including its disk.
    Destroyed,
}

/// All cases, as they are written.
const WORDS: [(&str, OldServer); 4] = [
    ("fenced", OldServer::Fenced),
    ("stopped", OldServer::Stopped),
    ("seized", OldServer::Seized),
    ("destroyed", OldServer::Destroyed),
];

impl OldServer {
    /// Returns its name on the command line.
    pub fn as_str(self) -> &'static str {
        WORDS.iter().find(|(_, one)| *one == self).map_or("", |(word, _)| word)
    }

    /// Parses a word.
    pub fn of(word: &str) -> Option<OldServer> {
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, one)| *one)
    }
}

/// Decides whether to continue if a server with this one's key answers at these addresses; `None`: the user has to
/// state what became of the old one.
///
/// # Errors
///
/// It answers, and is neither in other hands nor stopped by this run.
pub fn old_server(
    answers: &[String],
    claimed: Option<OldServer>,
) -> Result<Option<OldServer>, Diagnostic> {
    match (answers, claimed) {
        ([], claimed) | (_, claimed @ Some(OldServer::Seized | OldServer::Fenced)) => Ok(claimed),
        (all, _) => {
            let message = format!(
                "the old server still answers with this server's key at {}",
                all.join(", ")
            );
            let problem = Diagnostic::error("rebuild/old-server", message)
                .note_line("two servers under one name corrupt rooms; nothing was changed");
            let lies = claimed
                .map(|claimed| format!("`--old-server {}` does not fit that", claimed.as_str()));
            Err(lies.into_iter().fold(problem, Diagnostic::note_line).help(
                "`--old-server fenced` has matrixform stop it over SSH and keep it from starting; or delete it at the provider, and run this again; if it is in other hands: `--old-server seized`",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reachable_old_server_must_be_stopped_first() {
        use OldServer::{Destroyed, Fenced, Seized, Stopped};
        let at = ["192.0.2.1".to_owned()];
        for claimed in [None, Some(Stopped), Some(Destroyed)] {
            let problem = old_server(&at, claimed).unwrap_err();
            assert!(problem.message.contains("192.0.2.1"), "{problem:?}");
            assert!(problem.help.unwrap().starts_with("`--old-server fenced`"));
            assert_eq!(problem.notes.len(), 1 + usize::from(claimed.is_some()));
        }
        for claimed in [Fenced, Seized] {
            assert_eq!(old_server(&at, Some(claimed)).unwrap(), Some(claimed));
        }
        for (word, one) in WORDS {
            assert_eq!((one.as_str(), OldServer::of(word)), (word, Some(one)));
            assert_eq!(old_server(&[], Some(one)).unwrap(), Some(one));
        }
        assert_eq!(OldServer::of("gone"), None);
        assert_eq!(old_server(&[], None).unwrap(), None);
    }
}
