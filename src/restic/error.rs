//! restic's error messages, and what they mean.

use super::access::ResticAccess;
use super::child::Ended;
use crate::diagnostic::{Diagnostic, Exit, visible};

const PASSWORD: &str = "set the secret of the repository's `password` to the one that made it: `matrixform secrets set SPEC NAME --replace`";

const ABSENT: &str =
    "check the repository's `url` in the spec; the host's first backup makes the repository";

/// How many lines of a message are shown.
const LINES: usize = 5;

/// Why restic failed.
#[derive(Debug)]
pub struct ResticError {
    message: String,
    is_interrupted: bool,
    /// It could not be run at all.
    unusable: Option<Box<Diagnostic>>,
}

impl ResticError {
    pub(super) fn of(ended: &Ended, at: &ResticAccess) -> Option<ResticError> {
        if ended.is_good {
            return None;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let message = Some(text(&ended.complaints)).filter(|message| !message.trim().is_empty());
        let message = message.unwrap_or_else(|| text(&ended.out));
        let lines = message.lines().filter(|line| is_words(line));
        let lines: Vec<&str> = lines.map(str::trim).collect();
        Some(ResticError {
            message: hidden(&lines.join("\n"), at),
            is_interrupted: ended.is_interrupted,
            unusable: None,
        })
    }

    pub(super) fn unusable(why: Diagnostic) -> ResticError {
        ResticError { message: String::new(), is_interrupted: false, unusable: Some(Box::new(why)) }
    }

    /// Whether the repository does not exist.
    pub fn is_absent(&self) -> bool {
        self.says(&["config"])
            && self.says(&[
                "does not exist",
                "no such file or directory",
                "NoSuchKey",
                // restic before 0.17, with the words of gs, swift and b2.
                "doesn't exist",
                "Object Not Found",
                "b2_download_file_by_name: 404",
            ])
            && !self.says(&["bucket does not exist", "ermission denied", "in our records"])
    }

    /// Whether the message contains any of these.
    pub fn says(&self, patterns: &[&str]) -> bool {
        patterns.iter().any(|pattern| self.message.contains(pattern))
    }

    /// Formats a message: what failed, and what to do.
    pub fn diagnostic(self, at: &ResticAccess, doing: &str) -> Diagnostic {
        if let Some(why) = self.unusable {
            return *why;
        }
        let url = &at.url;
        let has = |patterns: &[&str]| self.says(patterns);
        let (code, message, help) = if self.is_interrupted {
            (
                "restic/interrupted",
                format!("{doing}: interrupted"),
                "run the same command again: it resumes",
            )
        } else if has(&["wrong password"]) {
            ("restic/password", format!("{url}: wrong password"), PASSWORD)
        } else if self.is_absent() {
            ("restic/absent", format!("there is no repository at {url}"), ABSENT)
        } else if has(&["Host key verification failed"]) {
            (
                "restic/host-key",
                format!("{url}: your own ssh, which restic uses here, does not know its host key"),
                "add the key to your known_hosts: it is `ssh_host_key` of the repository",
            )
        } else if has(&["Permission denied ("]) {
            (
                "restic/login",
                format!("{url} refuses your own SSH keys, which restic uses here"),
                "put a key of yours into its authorized_keys, or load one that is there with `ssh-add`",
            )
        } else if has(&["already locked"]) {
            (
                "restic/locked",
                format!("{url} is in use: {doing} needs exclusive access"),
                "try again when the backup has ended; the lock of a run that was killed expires after 30 minutes",
            )
        } else if has(&["403", "Forbidden", "forbidden", "AccessDenied"]) {
            (
                "restic/forbidden",
                format!("{url}: these credentials do not allow {doing}"),
                "use credentials that may do it; `matrixform explain backup.repositories` lists the options",
            )
        } else if has(&["401", "Unauthorized"]) {
            ("restic/login", format!("{url} refuses the login"), "check user and password")
        } else if has(&[
            "contains errors",
            "packs from index missing",
            "is incomplete",
            "not found in",
        ]) {
            (
                "restic/damaged",
                format!("{url}: {doing} found damage"),
                "leave it as it is: start a new repository, and see `restic repair`",
            )
        } else {
            ("restic/failed", format!("{url}: {doing} failed"), "see restic's error above")
        };
        let problem = Diagnostic::error(code, message).help(help);
        let lines: Vec<&str> = self.message.lines().collect();
        let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
        last.iter().fold(problem, |all, line| {
            all.note_line(visible(line).chars().take(300).collect::<String>())
        })
    }

    /// The same, after something was changed.
    pub fn partial(self, at: &ResticAccess, doing: &str) -> Diagnostic {
        self.diagnostic(at, doing).exit(Exit::Partial)
    }
}

/// Returns what to do about an error of restic's, if that is known; for restic on the host as well as here.
pub fn advice(message: &str) -> Option<&'static str> {
    let has = |patterns: &[&str]| patterns.iter().any(|pattern| message.contains(pattern));
    match () {
        () if has(&["wrong password"]) => Some(PASSWORD),
        () if has(&["Host key verification failed"]) => Some(
            "compare `ssh_host_key` of the repository with the key of its server (`ssh-keyscan HOST`)",
        ),
        () if has(&[
            "No route to host",
            "no route to host",
            "onnection refused",
            "timed out",
            "no such host",
            "not resolve",
        ]) =>
        {
            Some("see whether the repository's server is up and can be reached from the host")
        }
        () if has(&["Permission denied (", "401", "Unauthorized"]) => Some(
            "the server refuses the login: check the credentials of the repository in the spec",
        ),
        () if has(&["does not exist", "no such file or directory", "NoSuchKey"]) => Some(ABSENT),
        () => None,
    }
}

/// Whether a line is a message: not a JSON document, progress, or a position in its source.
fn is_words(line: &str) -> bool {
    let line = line.trim();
    let sources = ["github.com/", "golang.org/", "runtime.", "runtime/", "main.", "{", "["];
    !line.is_empty() && !sources.iter().any(|begin| line.starts_with(begin))
}

/// Removes the login, however restic prints the URL. The filter of all output is a second line of defence.
fn hidden(message: &str, at: &ResticAccess) -> String {
    let full = at.variables("").unwrap_or_default();
    let full = full.into_iter().find(|(name, _)| name == "REPOSITORY").map(|(_, url)| url);
    match full.filter(|full| *full != at.url) {
        Some(full) => message.replace(&full, &at.url),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn complaint(message: &str) -> (String, Diagnostic) {
        let at = ResticAccess {
            url: "rest:http://h/x/".to_owned(),
            login: Some(("a".to_owned(), Secret::new("s", "hunter2-hunter2"))),
            password: Secret::new("p", "word"),
            environment: Vec::new(),
        };
        let full = at.variables("").unwrap().remove(0).1;
        let ended = Ended {
            is_good: false,
            is_interrupted: false,
            out: Vec::new(),
            complaints: message.replace("URL", &full).into_bytes(),
        };
        let diagnostic = ResticError::of(&ended, &at).unwrap().diagnostic(&at, "removing");
        (diagnostic.code.to_string(), diagnostic)
    }

    /// What restic says, and the code of the advice.
    const SAYINGS: &[(&str, &str)] = &[
        ("Fatal: wrong password or no key found", "restic/password"),
        ("Fatal: unable to open config file: <config/> does not exist", "restic/absent"),
        (
            "Fatal: unable to open config file: Stat: The specified bucket does not exist",
            "restic/failed",
        ),
        ("Fatal: unable to open config file: Stat: storage: object doesn't exist", "restic/absent"),
        ("Fatal: unable to open config file: Stat: Object Not Found", "restic/absent"),
        ("unable to open config file: Stat: b2_download_file_by_name: 404: ", "restic/absent"),
        (
            "unable to open config file: Stat: The AWS Access Key Id you provided does not exist in our records.",
            "restic/failed",
        ),
        (
            "unable to create lock in backend: repository is already locked by PID 7",
            "restic/locked",
        ),
        (
            "Remove(<snapshot/0a>) returned error, unexpected HTTP response (403): 403 Forbidden",
            "restic/forbidden",
        ),
        ("pack 6ba7: does not exist\nFatal: repository contains errors", "restic/damaged"),
        (
            "403 Forbidden\ngithub.com/restic/restic/x\n\tgithub.com/x.go:47\nruntime.goexit",
            "restic/forbidden",
        ),
        ("dial tcp: no route to host", "restic/failed"),
        ("subprocess ssh: Host key verification failed.", "restic/host-key"),
        ("subprocess ssh: a@h: Permission denied (publickey).", "restic/login"),
    ];

    #[test]
    fn restic_errors_become_advice() {
        for (message, code) in SAYINGS {
            assert_eq!(complaint(message).0, *code, "{message}");
        }
    }

    /// The host's program asks restic for nothing but its config.
    #[test]
    fn the_host_and_this_machine_agree_on_what_is_absent() {
        let program = include_str!("../../modules/backup/files/common.sh");
        let begin = program.find("is_absent() {").unwrap();
        let function = &program[begin..begin + program[begin..].find("\n}\n").unwrap() + 3];
        for (message, code) in SAYINGS.iter().filter(|(message, _)| message.contains("config")) {
            let mut shell = std::process::Command::new("sh");
            let script = format!("{function}is_absent \"$1\"");
            let status = shell.args(["-c", &script, "sh", message]).status().unwrap();
            assert_eq!(status.success(), *code == "restic/absent", "{message}");
        }
    }

    #[test]
    fn errors_of_the_host_have_advice_too() {
        for (message, about) in [
            ("Fatal: wrong password or no key found", "`password`"),
            ("Host key verification failed.", "ssh_host_key"),
            ("ssh: connect to host 192.0.2.1 port 22: No route to host", "is up"),
            (
                "Fatal: repository does not exist: unable to open config file: Lstat /srv/x/config",
                "`url`",
            ),
            ("root@192.0.2.1: Permission denied (publickey).", "login"),
        ] {
            assert!(advice(message).unwrap().contains(about), "{message}");
        }
        assert_eq!(advice("unexpected EOF"), None);
    }

    #[test]
    fn logins_are_removed_from_restic_output() {
        let (_, problem) = complaint("unable to open repository at URL: \u{1b}[2J\n\nsecond");
        assert_eq!(
            problem.notes,
            ["unable to open repository at rest:http://h/x/: \\u{1b}[2J", "second"]
        );
    }
}
