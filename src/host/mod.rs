//! A connected host: its shell with the library of all kinds, and its facts.

mod read_facts;
mod tools;

pub use read_facts::{FUNCTION as FACTS, is_root, is_supported, machine, offers, read};
pub use tools::{TOOLS, missing_tools, needed_tools, not_found, without};

use crate::remote::{Opening, SCRIPT};
use crate::resource::kinds;
use crate::secret::Secret;

/// How to become root on the host.
#[derive(Clone, Debug)]
pub enum RootAccess {
    /// The login user is root.
    No,
    /// Through sudo, with a password if it asks for one.
    Sudo(Option<Secret>),
}

/// Returns how the shell is started. Everything is quoted so that any login shell runs it alike. The client's address
/// and the login user are arguments, because sudo drops them from the environment.
pub fn opening(becoming: &RootAccess) -> Opening {
    let plain = |plain: &str| quoted(plain);
    match becoming {
        RootAccess::No => {
            let shell = "exec /bin/sh -s -- \"$@\"";
            let first = with_script("eval \"$mf_flight\"", shell);
            Opening { plain: plain(shell), line: None, with_script: Some(first) }
        }
        RootAccess::Sudo(None) => {
            let function = through_pipes("sudo -n");
            let first =
                format!("{function}; printf \"%s\\n\" \"$mf_flight\" | mf_root \"$@\" || exit");
            let first = with_script(&first, "mf_root \"$@\"");
            let plain = plain(&format!("{function}; mf_root \"$@\""));
            Opening { plain, line: None, with_script: Some(first) }
        }
        // sudo reads only the password, and only if it asks for one.
        RootAccess::Sudo(line) => {
            let sudo = "mf_sudo() { if sudo -n true 2>/dev/null; then sudo -n \"$@\"; else \
                        printf \"%s\\n\" \"$mf_line\" | sudo -S -p \"\" \"$@\"; fi; }";
            let function = through_pipes("mf_sudo");
            let plain = plain(&format!("IFS= read -r mf_line; {sudo}; {function}; mf_root \"$@\""));
            Opening { plain, line: line.clone(), with_script: None }
        }
    }
}

/// A shell function that runs root's shell on its own standard streams. With `log_input` or `log_output`, sudo records
/// what passes through it, and its own arguments too, so all streams bypass it: through named pipes in a directory of
/// the login user, which is deleted once all of them are open.
fn through_pipes(sudo: &str) -> String {
    include_str!("past_sudo.sh")
        .lines()
        .filter(|line| !is_comment(line))
        .map(str::trim_start)
        .collect::<Vec<_>>()
        .join("\n")
        .replace("SUDO", sudo)
}

fn with_script(first: &str, after: &str) -> String {
    quoted(&format!("{SCRIPT}; {first}; read -r _ || exit 0; {after}"))
}

/// Runs before anything else: a login may have any PATH, or none.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH";

fn quoted(script: &str) -> String {
    format!("/bin/sh -c '{PATH}; set -- \"${{SSH_CONNECTION-}}\" \"${{LOGNAME-}}\"; {script}'")
}

/// Returns all shell functions: the prelude, the facts, the kinds, and those given by the caller.
pub fn library(work: &[&str]) -> String {
    let mut text = String::new();
    let own = [
        include_str!("../remote/prelude.sh"),
        include_str!("facts.sh"),
        include_str!("firewall.sh"),
        include_str!("identity.sh"),
        include_str!("past.sh"),
    ];
    let kinds = kinds().iter().map(|kind| kind.shell);
    for part in own.into_iter().chain(kinds).chain(work.iter().copied()) {
        text.extend(part.lines().filter(|line| !is_comment(line)).flat_map(|line| [line, "\n"]));
    }
    text
}

/// Comments are not sent: this keeps the first flight small.
fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with("# ") || line == "#"
}

#[cfg(test)]
mod tests {
    use super::through_pipes;
    use std::process::Command;

    /// If a shell ends before the directory of its pipes is deleted, none of its output is lost.
    #[test]
    fn output_of_a_short_lived_shell_arrives() {
        let stand_in = "mf_sudo() { shift; \"$@\"; }";
        let script = format!(
            "{stand_in}; {}; n=0; while [ $n -lt 100 ]; do n=$((n + 1)); echo 'echo here' | mf_root x; done",
            through_pipes("mf_sudo")
        );
        for shell in [["dash"].as_slice(), &["busybox", "sh"]] {
            let (program, args) = shell.split_first().unwrap();
            let ran = Command::new(program).args(args).args(["-c", &script]).output().unwrap();
            let stdout = String::from_utf8_lossy(&ran.stdout);
            assert_eq!(stdout.matches("here").count(), 100, "{shell:?}");
        }
    }
}
