//! A connected host: its shell with the library of all kinds, and its facts.

mod read_facts;
mod tools;

pub use read_facts::{FUNCTION as FACTS, is_root, is_supported, offers, read};
pub use tools::{TOOLS, missing_tools, needed_tools, not_found, without};

use crate::remote::{Opening, SCRIPT};
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

/// How the shell is started. All is quoted so that any login shell runs it alike. The client's address
/// and the login user are words because sudo drops them. sudo writes the whole of its own command into
/// the host's log, so a script comes to it through a pipe.
pub fn opening(becoming: &Become) -> Opening {
    let shell = "/bin/sh -s -- \"$@\"";
    let (plain, first) = match becoming {
        Become::No => (format!("exec {shell}"), Some("eval \"$mf_flight\"".to_owned())),
        Become::Sudo(None) => {
            let shell = format!("sudo -n -- {shell}");
            let first = format!("printf \"%s\\n\" \"$mf_flight\" | {shell} || exit");
            (format!("exec {shell}"), Some(first))
        }
        // A host that asks for no password must not read one as a command: `read` takes that line.
        Become::Sudo(Some(_)) => {
            let free = format!("read -r _; exec sudo -n -- {shell}");
            let asked = format!("exec sudo -S -p \"\" -- {shell}");
            (format!("if sudo -n true 2>/dev/null; then {free}; else {asked}; fi"), None)
        }
    };
    let line = match becoming {
        Become::Sudo(line) => line.clone(),
        Become::No => None,
    };
    let with_script =
        first.map(|first| quoted(&format!("{SCRIPT}; {first}; read -r _ || exit 0; {plain}")));
    Opening { plain: quoted(&plain), line, with_script }
}

/// Before anything else runs: a login may have any PATH, or none.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH";

fn quoted(script: &str) -> String {
    format!("/bin/sh -c '{PATH}; set -- \"${{SSH_CONNECTION-}}\" \"${{LOGNAME-}}\"; {script}'")
}

/// All shell functions: the prelude, the facts, the kinds, the activations.
pub fn library() -> String {
    let mut text = String::new();
    let own = [include_str!("../remote/prelude.sh"), include_str!("facts.sh")];
    let apply = crate::apply::SHELL;
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
