//! The order of Python package versions (PEP 440), limited to releases, pre-releases and post-releases.

use std::cmp::Ordering;

/// Compares two versions; `None` if either cannot be parsed.
pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    Some(Version::read(a)?.cmp(&Version::read(b)?))
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    epoch: u64,
    release: Vec<u64>,
    stage: (ReleaseStage, u64),
}

/// Stages in the order of publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ReleaseStage {
    Development,
    Alpha,
    Beta,
    Candidate,
    Final,
    Post,
}

impl Version {
    fn read(text: &str) -> Option<Version> {
        let text = text.trim().to_ascii_lowercase();
        let text = text.strip_prefix('v').unwrap_or(&text);
        // Anything after `+` is a local build tag.
        let text = text.split('+').next()?;
        let (epoch, text) = match text.split_once('!') {
            Some((epoch, text)) => (epoch.parse().ok()?, text),
            None => (0, text),
        };
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (release, stage) = text.split_at(end);
        let numbers = release.trim_end_matches('.').split('.').map(|number| number.parse().ok());
        let mut release: Vec<u64> = numbers.collect::<Option<_>>()?;
        // 1.2 and 1.2.0 are the same version.
        while release.len() > 1 && release.last() == Some(&0) {
            release.pop();
        }
        Some(Version { epoch, release, stage: self::stage(stage)? })
    }
}

fn stage(text: &str) -> Option<(ReleaseStage, u64)> {
    if text.is_empty() {
        return Some((ReleaseStage::Final, 0));
    }
    let end = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (word, number) = text.split_at(end);
    let stage = match word.trim_matches(['.', '-', '_']) {
        "dev" => ReleaseStage::Development,
        "a" | "alpha" => ReleaseStage::Alpha,
        "b" | "beta" => ReleaseStage::Beta,
        "rc" | "c" | "pre" | "preview" => ReleaseStage::Candidate,
        "post" | "rev" | "r" => ReleaseStage::Post,
        _ => return None,
    };
    let number = if number.is_empty() { Some(0) } else { number.parse().ok() };
    Some((stage, number?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered() {
        let order = [
            "0.99",
            "1.2.dev1",
            "1.2a1",
            "1.2b2",
            "1.2rc1",
            "1.2rc2",
            "1.2",
            "1.2.post1",
            "1.2.1",
            "1.10",
            "1!0.1",
        ];
        for (at, a) in order.iter().enumerate() {
            for (other, b) in order.iter().enumerate() {
                assert_eq!(compare(a, b), Some(at.cmp(&other)), "{a} {b}");
            }
        }
        for (a, b) in
            [("1.2", "1.2.0"), ("v1.2", "1.2"), ("1.2+local", "1.2"), ("1.2RC1", "1.2-rc1")]
        {
            assert_eq!(compare(a, b), Some(Ordering::Equal), "{a} {b}");
        }
        for unread in ["", "x", "1..2", "1.2foo", "1.2rc1.dev2"] {
            assert_eq!(compare(unread, "1.2"), None, "{unread}");
        }
    }
}
