//! Secrets by their form: programs write some of them so that they are recognizable anywhere.

use super::beginning;
use regex_lite::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A form: a word in it, its pattern, and its description. A group of the pattern is the secret, otherwise the whole
/// match.
type SecretPattern = (&'static str, &'static str, &'static str);

const SYNAPSE: &str = "a Synapse access token";
const MAS: &str = "an access token of an authentication service";
const GITHUB: &str = "a GitHub token";
const AWS: &str = "an AWS access key";

const SHAPES: [SecretPattern; 30] = [
    ("AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{16,}", "an age identity"),
    ("syt_", r"\bsyt_[A-Za-z0-9_=-]{12,}", SYNAPSE),
    ("syr_", r"\bsyr_[A-Za-z0-9_=-]{12,}", SYNAPSE),
    ("mct_", r"\bmct_[A-Za-z0-9_-]{12,}", MAS),
    ("mcr_", r"\bmcr_[A-Za-z0-9_-]{12,}", MAS),
    ("mpt_", r"\bmpt_[A-Za-z0-9_-]{12,}", MAS),
    ("ed25519 ", r"\bed25519 [A-Za-z0-9_]+ [A-Za-z0-9+/]{16,}", "a Synapse signing key"),
    (
        "eyJ",
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
        "a signed token (JWT)",
    ),
    ("AKIA", r"\bAKIA[0-9A-Z]{16}\b", AWS),
    ("ASIA", r"\bASIA[0-9A-Z]{16}\b", AWS),
    ("gh", r"\bgh[pousr]_[A-Za-z0-9]{30,}", GITHUB),
    ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{30,}", GITHUB),
    ("glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}", "a GitLab token"),
    ("xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{20,}", "a Slack token"),
    (":AA", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b", "a Telegram bot token"),
    ("k_live_", r"\b[sr]k_live_[A-Za-z0-9]{20,}", "a Stripe key"),
    ("AIza", r"\bAIza[A-Za-z0-9_-]{35}\b", "a Google API key"),
    ("SG.", r"\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}", "a SendGrid key"),
    ("://", r"://[^\s/:@'\x22]*:([^\s/@'\x22]+)@", "a password in an address"),
    (
        "authorization",
        r#"(?i)\bauthorization['"]?\s*[:=\s]\s*['"]?(?:bearer|basic|token)\s+([A-Za-z0-9+/=._~-]{8,})"#,
        "HTTP credentials",
    ),
    (
        ":",
        r"^(?:\*|localhost|[^\s:/]*[.g-z-][^\s:/]*):(?:[0-9]{2,5}|\*):[^\s:/]+:[^\s:/]+:([^\s:]{4,})\s*$",
        "a database password",
    ),
    (
        "API",
        r#"^\s+["']?API[A-Za-z0-9]{3,}["']?:\s*["']?([^\s"']{8,})["']?\s*$"#,
        "a LiveKit secret",
    ),
    ("requirepass", r#"(?m)^\s*requirepass\s+["']?([^\s"'#=:]{4,})"#, "a Redis password"),
    ("masterauth", r#"(?m)^\s*masterauth\s+["']?([^\s"'#=:]{4,})"#, "a Redis password"),
    ("password", r"\blogin\s+\S+\s+password\s+([^\s$]\S*[0-9A-Z]\S*)", "a .netrc password"),
    (
        "password",
        r"^\s*password\s+([^\s$;]*(?:[0-9][^\s;]*[A-Za-z]|[A-Za-z][^\s;]*[0-9])[^\s;]*)\s*$",
        "a password",
    ),
    (
        "</",
        r"(?i)<(?:[a-z_.-]*password|[a-z_.-]*secret|[a-z_.-]*token|passwd|passphrase)>([^<\s]{4,})</",
        "the value of a secret element",
    ),
    (
        "curl",
        r#"\bcurl\b.*?\s(?:-u|--user)[\s=]?["']?[^\s:"'$]+:([^\s"']{4,})"#,
        "HTTP credentials",
    ),
    ("user=", r"^\s*user=[^\s:=]+:([^\s:=]{4,})\s*$", "a TURN user's password"),
    (
        " '",
        r#"(?i)\b(?:password|identified by)\s+'([^'\s]{4,})'"#,
        "a password in an SQL statement",
    ),
];

/// Patterns are slow, so they are only tried where their word occurs, and on this much of a line (bytes).
const LINE: usize = 4096;

static PATTERNS: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| SHAPES.iter().map(|(_, pattern, _)| Regex::new(pattern).ok()).collect());

/// Finds secrets in a text by their form; returns each with its description.
pub(super) fn shapes(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = private_keys(text);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let shortened = beginning(line, LINE);
        let lower = shortened.to_ascii_lowercase();
        for ((word, _, what), pattern) in SHAPES.iter().zip(PATTERNS.iter()) {
            let there = shortened.contains(word) || lower.contains(word);
            let Some(pattern) = pattern.as_ref().filter(|_| there) else { continue };
            found.extend(pattern.captures_iter(shortened).filter_map(|found| {
                let (group, whole) = (found.get(1), found.get(0)?);
                let value = group.unwrap_or(whole);
                let real = group.is_none_or(|value| super::value::is_secret_value(value.as_str()));
                // Anything after the cut is part of it.
                let end = if value.end() == shortened.len() { line.len() } else { value.end() };
                real.then(|| (at + value.start()..at + end, *what))
            }));
        }
        at += line.len();
    }
    found
}

/// Returns the position of the password in a text of the form `user:password@host`.
pub(super) fn credentials(text: &str) -> Option<Range<usize>> {
    const SCHEMES: [&str; 6] = ["mailto", "sip", "sips", "xmpp", "acct", "matrix"];
    let (before, host) = text.trim_end().rsplit_once('@')?;
    let (user, password) = before.split_once(':')?;
    let host = host.split(['/', ':']).next()?;
    let named = |name: &str| name.chars().all(|c| c.is_alphanumeric() || "._-+".contains(c));
    let real = !password.is_empty()
        && !password.starts_with('/')
        && !password.contains(char::is_whitespace)
        && !["$", "{", "<"].iter().any(|start| password.starts_with(start));
    let digest = ["sha256", "sha512"].contains(&host);
    // restic's `sftp:user@host:/path`: SSH has no place for a password there.
    let is_scheme = SCHEMES.contains(&user) || (user == "sftp" && !password.contains(':'));
    (named(user) && !is_scheme && real && !host.is_empty() && named(host) && !digest)
        .then_some(user.len() + 1..before.len())
}

/// Finds private keys in PEM format, which span several lines. A bare marker is only text about keys.
fn private_keys(text: &str) -> Vec<(Range<usize>, &'static str)> {
    const END: &str = "PRIVATE KEY-----";
    let mut found: Vec<(Range<usize>, &'static str)> = Vec::new();
    for (at, _) in text.match_indices(END) {
        if found.last().is_some_and(|(last, _)| at < last.end) {
            continue;
        }
        let body = at + END.len();
        let after = text.get(body..).unwrap_or_default();
        let inner = after.find("-----").unwrap_or(after.len());
        let key = after.get(..inner).unwrap_or_default();
        let letters = key.chars().filter(|c| c.is_ascii_alphanumeric()).count();
        // In a single-line string, the newlines are escaped.
        let clean =
            |c: char| c.is_ascii_alphanumeric() || "+/=:,-\\".contains(c) || c.is_whitespace();
        let start = key.find(|c: char| !clean(c)).unwrap_or(key.len());
        if letters >= 16 && start >= 16 {
            found.push((at..body + start, "a private key"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_before_a_host_is_reported() {
        let reported = |text: &'static str| credentials(text).and_then(|range| text.get(range));
        assert_eq!(reported("user:hunter2@mail.example.org"), Some("hunter2"));
        assert_eq!(reported("root:a:b@h:22"), Some("a:b"));
        assert_eq!(reported(":hunter2@127.0.0.1:6379"), Some("hunter2"));
        assert_eq!(reported("sftp:prod:hunter2@box.example.org:/a"), Some("prod:hunter2"));
        for text in [
            "mailto:abuse@example.org",
            "sftp:prod@box.example.org:/a",
            "@alice:example.org",
            "git@a.example:x/y",
            "postgres:15@sha256:00ff",
            "https://user:x@a.example",
            "user:$PASSWORD@a.example",
            "admin@example.org",
        ] {
            assert_eq!(reported(text), None, "{text}");
        }
    }

    #[test]
    fn every_shape_is_a_pattern() {
        assert!(PATTERNS.iter().all(Option::is_some));
    }
}
