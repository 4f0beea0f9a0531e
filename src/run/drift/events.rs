//! Events on a host: runs of matrixform, dpkg transactions, root sessions. Unreadable entries are skipped.

use crate::diagnostic::visible;
use crate::resource::{Answers, Questions};
use crate::run::history::RunRecord;
use crate::time::{seconds_of_utc, utc};
use serde::Serialize;

/// The questions.
const PACKAGES: &str = "past_packages_observe";
const SESSIONS: &str = "past_sessions_observe";

/// dpkg actions within this many seconds form one transaction.
const TRANSACTION: u64 = 60;

/// How many packages of a transaction are named.
const NAMED: usize = 8;

/// How many characters of an event's description are kept.
const MAX_QUOTED_CHARS: usize = 400;

/// An event on the host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostEvent {
    /// When, by the host's clock, UTC.
    pub time: String,
    /// What it was.
    pub kind: EventKind,
    /// The description.
    pub text: String,
}

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// A run of matrixform.
    Run,
    /// dpkg installed or removed something.
    Packages,
    /// Someone became root.
    Session,
}

impl EventKind {
    /// Returns its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::Run => "run",
            EventKind::Packages => "packages",
            EventKind::Session => "session",
        }
    }
}

/// An event with its time.
#[derive(Clone, Debug)]
pub(super) struct Timed {
    /// Seconds since 1970.
    pub(super) at: u64,
    pub(super) event: HostEvent,
}

fn timed(at: u64, kind: EventKind, text: &str) -> Timed {
    let text = visible(text).replace(['\n', '\t'], " ").chars().take(MAX_QUOTED_CHARS).collect();
    Timed { at, event: HostEvent { time: utc(at), kind, text } }
}

/// Asks for the events since then.
pub(super) fn ask(since: Option<u64>, questions: &mut Questions) {
    let since = since.unwrap_or_default().to_string();
    questions.ask(PACKAGES, &[&since]);
    questions.ask(SESSIONS, &[&since]);
}

/// Returns the runs in the host's history.
pub(super) fn runs(runs: &[RunRecord]) -> Vec<Timed> {
    let event = |run: &RunRecord| {
        let begun = &run.begun;
        let ended = match &run.ended {
            Some(ended) if ended.status == 0 => "succeeded".to_owned(),
            Some(ended) => format!("ended with status {}", ended.status),
            None => "did not record its end".to_owned(),
        };
        let text = format!("{} of `{}` by {}, {ended}", begun.run, begun.operation, begun.who);
        Some(timed(seconds_of_utc(&begun.time)?, EventKind::Run, &text))
    };
    runs.iter().filter_map(event).collect()
}

/// Returns dpkg's log, as transactions.
pub(super) fn packages(answers: &Answers, since: u64, gaps: &mut Vec<String>) -> Vec<Timed> {
    let Some(record) = answers.get(PACKAGES, "dpkg") else { return Vec::new() };
    let text = |field| record.text(field).unwrap_or_default();
    let (lines, times) = (text("lines"), text("times"));
    let lines: Vec<&str> = lines.lines().collect();
    let times: Vec<u64> = times.lines().filter_map(|line| line.parse().ok()).collect();
    if lines.len() != times.len() {
        gaps.push("the times in /var/log/dpkg.log cannot be read".to_owned());
        return Vec::new();
    }
    let mut done: Vec<(u64, String)> =
        times.into_iter().zip(lines).filter_map(|(at, line)| Some((at, action(line)?))).collect();
    // Filtered before they are grouped, so that packages installed by the run itself do not appear.
    done.retain(|(at, _)| *at > since);
    done.sort_by_key(|(at, _)| *at);
    let mut found: Vec<(u64, u64, Vec<String>)> = Vec::new();
    for (at, action) in done {
        match found.last_mut() {
            Some((_, last, actions)) if at - *last <= TRANSACTION => {
                *last = at;
                actions.push(action);
            }
            _ => found.push((at, at, vec![action])),
        }
    }
    found
        .into_iter()
        .map(|(at, _, actions)| timed(at, EventKind::Packages, &named(&actions)))
        .collect()
}

/// Returns `install nginx 1.22.1-9` for `2026-11-27 05:40:12 install nginx:amd64 <none> 1.22.1-9`.
fn action(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split(' ').collect();
    let [_, _, verb, package, old, new] = fields.as_slice() else { return None };
    let package = package.split(':').next().unwrap_or_default();
    Some(match *verb {
        "install" => format!("install {package} {new}"),
        "upgrade" => format!("upgrade {package} {old} → {new}"),
        verb => format!("{verb} {package} {old}"),
    })
}

fn named(actions: &[String]) -> String {
    let shown: Vec<&str> = actions.iter().take(NAMED).map(String::as_str).collect();
    let more = actions.len() - shown.len();
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// Returns root's sessions from the journal, except the current one.
pub(super) fn sessions(answers: &Answers, since: u64, gaps: &mut Vec<String>) -> Vec<Timed> {
    let Some(first) = answers.get(SESSIONS, "first") else {
        gaps.push("this host has no journal: sessions are unknown".to_owned());
        return Vec::new();
    };
    match first.text("at").and_then(|at| at.parse::<u64>().ok()) {
        Some(at) if at <= since => {}
        Some(at) => {
            gaps.push(format!("the journal starts at {}: earlier sessions are unknown", utc(at)))
        }
        None => gaps.push("the journal cannot be read: sessions are unknown".to_owned()),
    }
    let own = first.text("own").unwrap_or_default();
    let own = own.split_whitespace().take(2).collect::<Vec<_>>().join(" port ");
    let lines = answers.get(SESSIONS, "journal").and_then(|record| record.text("lines"));
    let lines = lines.unwrap_or_default();
    lines.lines().filter_map(|line| session(line, &own)).collect()
}

/// Parses `1764225612.123456 host sshd[1]: Accepted publickey for root from 192.0.2.7 port 4 ssh2: …`, a session opened
/// by su or login, or a sudo command.
fn session(line: &str, own: &str) -> Option<Timed> {
    let (at, rest) = line.split_once(' ')?;
    let at = at.split('.').next()?.parse().ok()?;
    let (_, message) = rest.split_once(": ")?;
    let message = message.trim();
    if let Some(accepted) = message.strip_prefix("Accepted ") {
        let (method, rest) = accepted.split_once(" for root from ")?;
        if !own.is_empty() && rest.starts_with(&format!("{own} ")) {
            return None;
        }
        let (address, rest) = rest.split_once(" port ")?;
        let key =
            rest.split_once(" ssh2: ").map(|(_, key)| format!(" ({key})")).unwrap_or_default();
        let text = format!("root by ssh from {address}, {method}{key}");
        return Some(timed(at, EventKind::Session, &text));
    }
    if let Some((who, rest)) = message.split_once(" : ") {
        // Arguments may be anything, even a password.
        let command = rest.split_once("COMMAND=")?.1.split(' ').next()?;
        return Some(timed(at, EventKind::Session, &format!("sudo by {who}: {command}")));
    }
    let (service, rest) = message.strip_prefix("pam_unix(")?.split_once(':')?;
    let by = rest.split_once(" by ").map(|(_, by)| by.split('(').next().unwrap_or_default());
    match service {
        "su" | "su-l" => Some(timed(at, EventKind::Session, &format!("su by {}", by?))),
        "login" => Some(timed(at, EventKind::Session, "root on the console")),
        // sshd and sudo sessions are reported above.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(function: &str, key: &str, fields: &[(&str, &str)]) -> Answers {
        let mut answers = Answers::default();
        let fields: String =
            fields.iter().map(|(name, value)| format!("{name}={value}\0")).collect();
        answers.add(function, 0, format!("{key}\0{fields}\0").as_bytes());
        answers
    }

    fn shown(events: &[Timed]) -> Vec<String> {
        let line =
            |one: &Timed| format!("{} {} {}", one.at, one.event.kind.as_str(), one.event.text);
        events.iter().map(line).collect()
    }

    #[test]
    fn dpkg_actions_are_grouped_into_transactions() {
        let lines = "2026-11-27 05:40:12 install tree:amd64 <none> 2.1.0-1\n\
                     2026-11-27 05:40:40 upgrade libc6:amd64 2.41-1 2.41-2\n\
                     2026-11-27 07:00:00 remove tree:amd64 2.1.0-1 <none>\n\
                     2026-11-27 07:00:01 purge odd\u{1b}[2J";
        let times = "1000\n1028\n5000\n5001";
        let answers = answers(PACKAGES, "dpkg", &[("lines", lines), ("times", times)]);
        let mut gaps = Vec::new();
        assert_eq!(
            shown(&packages(&answers, 999, &mut gaps)),
            [
                "1000 packages install tree 2.1.0-1, upgrade libc6 2.41-1 → 2.41-2",
                "5000 packages remove tree 2.1.0-1",
            ]
        );
        assert!(gaps.is_empty());
    }

    #[test]
    fn installations_of_a_run_do_not_hide_later_events() {
        let lines = "2026-11-27 05:40:12 install tree:amd64 <none> 2.1.0-1\n\
                     2026-11-27 05:40:20 remove tree:amd64 2.1.0-1 <none>";
        let answers = answers(PACKAGES, "dpkg", &[("lines", lines), ("times", "1000\n1008")]);
        assert_eq!(
            shown(&packages(&answers, 1003, &mut Vec::new())),
            ["1008 packages remove tree 2.1.0-1"]
        );
    }

    #[test]
    fn invalid_times_are_gaps() {
        let line = "2026-99-27 05:40:12 install tree:amd64 <none> 2.1.0-1";
        let answers = answers(PACKAGES, "dpkg", &[("lines", line), ("times", "")]);
        let mut gaps = Vec::new();
        assert!(packages(&answers, 999, &mut gaps).is_empty() && gaps.len() == 1, "{gaps:?}");
    }

    #[test]
    fn root_logins_are_named_without_arguments() {
        let own = "50.000000 h sshd[9]: Accepted publickey for root from 10.0.0.1 port 7 ssh2: ED25519 SHA256:x";
        let lines = [
            "20.123456 h sshd-session[12]: Accepted publickey for root from 192.0.2.7 port 41234 ssh2: ED25519 SHA256:abc",
            "21.000000 h sshd[12]: pam_unix(sshd:session): session opened for user root(uid=0) by root(uid=0)",
            "30.000000 h sudo[13]:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/mysql -p hunter2",
            "40.000000 h su[14]: pam_unix(su-l:session): session opened for user root(uid=0) by bob(uid=1001)",
            "41.000000 h login[15]: pam_unix(login:session): session opened for user root(uid=0) by root(uid=0)",
            own,
            "60.000000 h sshd[16]: Accepted password for root from 192.0.2.8\u{1b}[2J port 1 ssh2",
            "nonsense",
        ]
        .join("\n");
        let mut answers = answers(SESSIONS, "journal", &[("lines", &lines)]);
        let first: &[(&str, &str)] = &[("at", "15"), ("own", "10.0.0.1 7 10.0.0.2 22")];
        answers.extend(self::answers(SESSIONS, "first", first));
        let mut gaps = Vec::new();
        assert_eq!(
            shown(&sessions(&answers, 18, &mut gaps)),
            [
                "20 session root by ssh from 192.0.2.7, publickey (ED25519 SHA256:abc)",
                "30 session sudo by alice: /usr/bin/mysql",
                "40 session su by bob",
                "41 session root on the console",
                "60 session root by ssh from 192.0.2.8\\u{1b}[2J, password",
            ]
        );
        assert!(gaps.is_empty());
        sessions(&answers, 5, &mut gaps);
        assert_eq!(
            gaps,
            ["the journal starts at 1970-01-01T00:00:15Z: earlier sessions are unknown"]
        );
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_lines_never_panic(line: String, own: String) {
            session(&line, &own);
            action(&line);
        }
    }
}
