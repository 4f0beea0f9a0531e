//! The server that is to be replaced: two under one name corrupt rooms, so what became of the old one is asked before
//! anything is touched.

use crate::diagnostic::Diagnostic;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldServer {
    /// Its owner keeps it from starting.
    Fenced,
    /// Others have it, and its secrets.
    Seized,
    /// It is gone, with its disk.
    Destroyed,
}

impl OldServer {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            OldServer::Fenced => "fenced",
            OldServer::Seized => "seized",
            OldServer::Destroyed => "destroyed",
        }
    }

    /// The one of this word.
    pub fn of(word: &str) -> Option<OldServer> {
        [OldServer::Fenced, OldServer::Seized, OldServer::Destroyed]
            .into_iter()
            .find(|one| one.word() == word)
    }
}

/// Whether to go on, where a server with this one's key answers at these addresses; none: whoever asks for the rebuild has to
/// say what became of the old one.
///
/// # Errors
///
/// It answers, and is not in other hands: then it has to be stopped first.
pub fn old_server(
    answers: &[String],
    said: Option<OldServer>,
) -> Result<Option<OldServer>, Diagnostic> {
    match (answers, said) {
        ([], said) => Ok(said),
        (_, Some(OldServer::Seized)) => Ok(said),
        (all, _) => {
            let message = format!(
                "the old server still answers with this server's key at {}",
                all.join(", ")
            );
            let problem = Diagnostic::error("rebuild/old-server", message)
                .note_line("two servers under one name corrupt rooms; nothing was changed");
            let lies = said.map(|said| format!("`--old-server {}` does not fit that", said.word()));
            Err(lies.into_iter().fold(problem, Diagnostic::note_line).help(
                "stop it (`systemctl disable --now matrix-synapse`) or delete it at the provider, and run this again; if it is in other hands: `--old-server seized`",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_answers_is_stopped_first_unless_others_have_it() {
        use OldServer::{Destroyed, Fenced, Seized};
        let at = ["192.0.2.1".to_owned()];
        for said in [None, Some(Fenced), Some(Destroyed)] {
            let problem = old_server(&at, said).unwrap_err();
            assert!(problem.message.contains("192.0.2.1"), "{problem:?}");
            assert_eq!(problem.notes.len(), 1 + usize::from(said.is_some()));
            assert_eq!(old_server(&[], said).unwrap(), said);
        }
        assert_eq!(old_server(&at, Some(Seized)).unwrap(), Some(Seized));
        assert!(
            [Fenced, Seized, Destroyed].iter().all(|one| OldServer::of(one.word()) == Some(*one))
        );
        assert_eq!(OldServer::of("gone"), None);
    }
}
