//! A rebuild asks whoever runs it on a terminal: what became of the old server, whether to go on, and what to end afterwards.

use super::super::host::Homeserver;
use crate::screen::converse;

const OLD: &str = "fenced, stopped, seized or destroyed?";
const GO_ON: &str = "from this snapshot?";
const REVOKE: &str = "Revoke all of them?";
const LOG_OUT: &str = "Whose sessions should end?";

/// Answers that stop it: the host stays as it was.
pub(super) fn stops_without_agreement(new: &Homeserver) {
    let unknown = [(OLD, &b"gone\n"[..])];
    let (screen, status) = asked(new, &unknown);
    assert!(status == 1 && screen.contains("the answer was none of the four"), "{screen}");
    for answer in [&b"y\n"[..], b"\n", b"\x04"] {
        let (screen, status) = asked(new, &[(OLD, b"destroyed\n"), (GO_ON, answer)]);
        assert!(status == 1 && screen.contains("the answer was not `yes`"), "{screen}");
    }
}

/// Goes on with a rebuild to its end, and takes both of its offers.
pub(super) fn finishes_the_rebuild(new: &Homeserver, name: &str) {
    let name = format!("{name}\n");
    let answers = [(GO_ON, &b"yes\n"[..]), (REVOKE, b"yes\n"), (LOG_OUT, name.as_bytes())];
    let (screen, status) = asked(new, &answers);
    assert_eq!(status, 0, "{screen}");
    let expected = [
        "restore the database",
        "can be used again",
        "VIEW public alike",
        "INDEX public alike_names",
        "POLICY public parts alike",
        "EXTENSION pg_trgm",
        "/srv/a & b/note",
        "there is no user gone on this host",
        "answers other servers with the key that they know",
        "revoked 1 invitation",
        "out of 1 session",
    ];
    for text in expected {
        assert!(screen.contains(text), "{text}: {screen}");
    }
}

fn asked(new: &Homeserver, answers: &[(&str, &[u8])]) -> (String, i32) {
    let words = format!("rebuild {} --wait", new.spec.display());
    converse(new.guest.home.path(), &words, "always", answers, &|| ())
}
