//! The order of Debian versions (deb-version(7)): epoch, upstream version, revision; `~` sorts before the end, letters
//! before everything else.

use std::cmp::Ordering;

/// Compares two versions.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (parts(a), parts(b));
    a.0.cmp(&b.0).then_with(|| part(a.1, b.1)).then_with(|| part(a.2, b.2))
}

/// Epoch, upstream version and revision; a missing revision is `0`, which equals an empty one.
fn parts(version: &str) -> (u64, &str, &str) {
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) => (epoch.parse().unwrap_or(0), rest),
        None => (0, version),
    };
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, upstream, revision)
}

/// Compares non-digits and numbers in turn.
fn part(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (text_a, text_b) = (take(&mut a, false), take(&mut b, false));
        let (number_a, number_b) = (take(&mut a, true), take(&mut b, true));
        let order = text(text_a, text_b).then_with(|| number(number_a, number_b));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Takes the leading digits, or the text before them.
fn take<'a>(from: &mut &'a str, digits: bool) -> &'a str {
    let end = from.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(from.len());
    let (taken, rest) = from.split_at(end);
    *from = rest;
    taken
}

fn text(a: &str, b: &str) -> Ordering {
    let weight = |c: Option<char>| match c {
        Some('~') => -1,
        None => 0,
        Some(c) if c.is_ascii_alphabetic() => c as i64,
        Some(c) => c as i64 + 0x11_0000,
    };
    let (mut a, mut b) = (a.chars(), b.chars());
    loop {
        let (left, right) = (a.next(), b.next());
        match weight(left).cmp(&weight(right)) {
            Ordering::Equal if left.is_none() && right.is_none() => return Ordering::Equal,
            Ordering::Equal => {}
            order => return order,
        }
    }
}

/// Compares numbers of any length.
fn number(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{self, Equal, Greater, Less};

    const CASES: &[(&str, Ordering, &str)] = &[
        ("1.25.1", Equal, "1.25.1"),
        ("1.9", Less, "1.25.1"),
        ("1.22.1-9+deb12u3", Less, "1.25.1"),
        ("1.26.3-3", Greater, "1.25.1"),
        ("1:1.0", Greater, "2.0"),
        ("1.0~rc1", Less, "1.0"),
        ("1.0~~", Less, "1.0~"),
        ("1.0~rc1-1", Greater, "1.0~beta2-1"),
        ("1.0-1", Less, "1.0-1ubuntu1"),
        ("1.0-1ubuntu1", Less, "1.0-1ubuntu1.1"),
        ("1.0+dfsg", Greater, "1.0a"),
        ("1.163.2+noble1", Greater, "1.163.2"),
        ("1.0", Equal, "1.0-0"),
        ("1.007", Equal, "1.7"),
        ("99999999999999999999999", Less, "100000000000000000000000"),
    ];

    #[test]
    fn orders_as_debian_does() {
        for (a, order, b) in CASES {
            assert_eq!(compare(a, b), *order, "{a} {b}");
            assert_eq!(compare(b, a), order.reverse(), "{b} {a}");
        }
    }

    #[test]
    fn dpkg_agrees() {
        for (a, order, b) in CASES {
            let operator = match order {
                Less => "lt",
                Equal => "eq",
                Greater => "gt",
            };
            let dpkg = std::process::Command::new("dpkg")
                .args(["--compare-versions", a, operator, b])
                .status();
            let Ok(status) = dpkg else {
                assert!(std::env::var_os("CI").is_none(), "in CI dpkg must be there to judge");
                return;
            };
            assert!(status.success(), "{a} {operator} {b}");
        }
    }
}
