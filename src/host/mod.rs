//! A connected host: its shell with the library of all kinds, and its facts.

mod read_facts;

pub use read_facts::{FUNCTION as FACTS, is_root, offers, read};

use crate::resource::kinds;
use crate::secret::Secret;

/// How to become root on the host.
#[derive(Clone, Debug)]
pub enum Become {
    /// The login user is root.
    No,
    /// Through sudo, with a password when it asks for one.
    Sudo(Option<Secret>),
}

/// The command that starts the shell. It is quoted so that any login shell runs it alike, and keeps
/// the client's address and the login user as words because sudo drops them.
pub fn command(becoming: &Become) -> String {
    let words = "-s -- \"${SSH_CONNECTION-}\" \"$(id -un)\"";
    let script = match becoming {
        Become::No => format!("exec /bin/sh {words}"),
        Become::Sudo(None) => format!("exec sudo -n -- /bin/sh {words}"),
        // A host that asks for no password must not read one as a command: `read` takes that line.
        Become::Sudo(Some(_)) => format!(
            "if sudo -n true 2>/dev/null; then read -r _; exec sudo -n -- /bin/sh {words}; \
             else exec sudo -S -p \"\" -- /bin/sh {words}; fi"
        ),
    };
    format!("/bin/sh -c '{script}'")
}

/// All shell functions: the prelude, the facts, the kinds, the activations.
pub fn library() -> String {
    let mut text = String::new();
    let own = [include_str!("../remote/prelude.sh"), include_str!("facts.sh")];
    let apply = [crate::apply::SHELL];
    let kinds = kinds().iter().map(|kind| kind.shell);
    for part in own.into_iter().chain(kinds).chain(apply) {
        text.extend(part.lines().filter(|line| !is_comment(line)).flat_map(|line| [line, "\n"]));
    }
    text
}

/// Comment lines stay at home: the first flight is small.
fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with("# ") || line == "#"
}
