//! Why a shell stopped answering: explains its messages, if they are known.

use super::{Link, NO_NONCE, Shell};
use crate::diagnostic::Diagnostic;
use crate::remote::request::CANNOT_UNPACK;
use std::time::Duration;
use tokio::time::Instant;

impl<L: Link> Shell<L> {
    pub(super) fn broken(&self) -> Diagnostic {
        let stderr = String::from_utf8_lossy(&self.stderr).trim().to_owned();
        let is_late = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if is_late && self.parser.nonce().is_none() && self.ended.is_none() {
            return self.no_shell(&stderr);
        }
        let Some(ended) = &self.ended else {
            if let Some((_, limit)) = self.due.filter(|(due, _)| *due <= Instant::now()) {
                return no_answer(limit);
            }
            return self.link.lost().unwrap_or_else(|| {
                Diagnostic::error("remote/lost", "the connection to the host was lost")
            });
        };
        if let Some(diagnostic) = sudo(&stderr) {
            return diagnostic;
        }
        if *ended == format!("exit status {NO_NONCE}") {
            return Diagnostic::error(
                "remote/no-random",
                "the host has no random number generator",
            )
            .help("check on the host that /proc is mounted (/proc/sys/kernel/random/uuid)");
        }
        if *ended == format!("exit status {CANNOT_UNPACK}") {
            return Diagnostic::error("remote/unpack", "the host cannot unpack what was sent")
                .note_line(format!("its output: {stderr}"))
                .help("on the host: apt-get install gzip coreutils");
        }
        let message = format!("the shell on the host ended with {ended}");
        self.quoting(Diagnostic::error("remote/shell", message), &stderr)
            .help("check that `ssh HOST /bin/sh -c true` works, what its login shell prints, and whether its sshd_config \
             (`ForceCommand`) or the key in authorized_keys (`command=`) runs another command")
    }

    fn no_shell(&self, stderr: &str) -> Diagnostic {
        let seconds = self.patience.as_secs();
        let message = format!("the host did not start a shell within {seconds} s");
        self.quoting(Diagnostic::error("remote/no-shell", message), stderr).help(
            "check `ForceCommand` in its sshd_config, `command=` before the key in authorized_keys, \
             and the user's login shell",
        )
    }

    fn quoting(&self, diagnostic: Diagnostic, stderr: &str) -> Diagnostic {
        let noise = self.parser.noise();
        let texts = [stderr, &noise].into_iter().filter(|text| !text.is_empty());
        texts.fold(diagnostic, |diagnostic, text| {
            diagnostic.note_line(format!("its output: {text}"))
        })
    }
}

/// Something on the host hangs, and could not be killed there.
fn no_answer(limit: Duration) -> Diagnostic {
    let seconds = limit.as_secs();
    Diagnostic::error("remote/no-answer", format!("the host did not answer within {seconds} s"))
        .help("look on the host for processes that wait for a disk (state `D` in `ps -eo pid,stat,args`), and for mounts that hang")
}

/// Explains sudo's messages.
fn sudo(stderr: &str) -> Option<Diagnostic> {
    let (message, help) = if stderr.contains("a password is required") {
        (
            "sudo on the host asks for a password",
            "allow the user to run sudo without one, or set `[host] sudo_password` to a secret",
        )
    } else if stderr.contains("incorrect password") || stderr.contains("try again") {
        (
            "sudo on the host rejected the password",
            "correct the secret named by `[host] sudo_password`",
        )
    } else if stderr.contains("not in the sudoers") || stderr.contains("may not run sudo") {
        (
            "the user may not use sudo on the host",
            "log in as root, or add the user to sudoers on the host",
        )
    } else if stderr.contains("you must have a tty") {
        (
            "sudo on the host requires a terminal",
            "add `Defaults:USER !requiretty` to sudoers on the host for the login user",
        )
    } else if stderr.contains("sudo: not found") || stderr.contains("sudo: command not found") {
        (
            "sudo is not installed on the host",
            "log in as root (`[host] user = \"root\"`), or install sudo",
        )
    } else if stderr.contains("no place for named pipes") {
        (
            "the login user has no place for the pipes that keep secrets out of sudo's log",
            "make $XDG_RUNTIME_DIR, /dev/shm or /tmp on the host writable, or log in as root",
        )
    } else {
        return None;
    };
    Some(
        Diagnostic::error("remote/sudo", message)
            .note_line(format!("its output: {stderr}"))
            .help(help),
    )
}
