//! Masks by structure: whatever the host's file contains between the wanted content's literal text around a secret is
//! secret too, whatever its value. If the two do not align, nothing is shown.

use super::{Content, Secret, SecretState};

/// How many literal bytes around a secret must match.
const NEIGHBOURS: usize = 64;

/// A shorter value is not the secret, but a sign that it is elsewhere (`>-` and the next line).
const SHORTEST: usize = 6;

/// Marks the parts of `seen` at the positions of `wanted`'s secrets as secret.
pub(super) fn mask_like(wanted: &Content, seen: &[u8]) -> Option<Content> {
    if !wanted.has_secrets() {
        return Some(Content::plain(seen));
    }
    around(wanted, seen).or_else(|| by_lines(wanted, seen, true))
}

/// The same, to read a host's secrets: nothing is shown, and text elsewhere may differ.
pub(super) fn locate(wanted: &Content, seen: &[u8]) -> Option<Content> {
    by_lines(wanted, seen, false)
}

/// Aligns by the literal text around each secret, within a line.
fn by_lines(wanted: &Content, seen: &[u8], is_shown: bool) -> Option<Content> {
    let bytes = wanted.expose();
    let mut content = Content::default();
    let mut at = 0;
    let mut literal_start = 0;
    let ends = wanted.secrets().iter().skip(1).map(|next| next.range.start);
    for (secret, next) in wanted.secrets().iter().zip(ends.chain([bytes.len()])) {
        let before = tail(bytes.get(literal_start..secret.range.start)?);
        let literal = bytes.get(secret.range.end..next)?;
        let start = once(seen.get(at..)?, before)? + before.len() + at;
        let rest = seen.get(start..)?;
        let value = bytes.get(secret.range.clone())?;
        let is_unchanged = secret.state == SecretState::Unchanged;
        // Without text before it to align by, only its own value shows that it is there.
        if before.is_empty() && !is_unchanged && !rest.starts_with(value) {
            return None;
        }
        let length = length(rest, value, literal, next == bytes.len(), is_shown)?;
        content.push(seen.get(at..start)?);
        let there = if is_unchanged { value } else { rest.get(..length)? };
        let there = Secret::new(secret.name.as_str(), there).with_state(secret.state);
        content.push_secret(&there);
        at = start + length;
        literal_start = secret.range.end;
    }
    content.push(seen.get(at..)?);
    Some(content)
}

/// For content whose secrets are all assumed unchanged: checks whether all the text around them is there, whatever is
/// in between.
fn around(wanted: &Content, seen: &[u8]) -> Option<Content> {
    let is_unchanged = wanted.secrets().iter().all(|one| one.state == SecretState::Unchanged);
    let (bytes, first) = (wanted.expose(), wanted.secrets().first().filter(|_| is_unchanged)?);
    let mut rest = seen.strip_prefix(bytes.get(..first.range.start)?)?;
    for pair in wanted.secrets().windows(2) {
        let [one, next] = pair else { return None };
        let literal = bytes.get(one.range.end..next.range.start)?;
        let at = find(rest.get(1..)?, literal)? + 1;
        rest = rest.get(at + literal.len()..)?;
    }
    let last = bytes.get(wanted.secrets().last()?.range.end..)?;
    rest.strip_suffix(last).filter(|value| !value.is_empty()).map(|_| wanted.clone())
}

/// Returns the length of the secret at the start of `rest`, if `literal` follows it. A secret equal to `value` has its
/// length, whatever it contains. Any other may have an unknown number of lines: it ends where the literal continues,
/// and must not span lines. If no delimiter such as a quote closes it, and the rest is shown, the next line must match
/// too.
fn length(rest: &[u8], value: &[u8], literal: &[u8], last: bool, is_shown: bool) -> Option<usize> {
    let after = head(literal);
    // Without a newline after it, the last secret ends where the file does, not at the first match.
    let to_the_end = last && after.len() < NEIGHBOURS && !after.ends_with(b"\n");
    let fits = |rest: &[u8]| if to_the_end { rest == after } else { rest.starts_with(after) };
    if rest.strip_prefix(value).is_some_and(fits) {
        return Some(value.len());
    }
    let next_line = match after {
        b"\n" if is_shown => head(literal.get(1..).unwrap_or_default()).len(),
        _ => 0,
    };
    let after = literal.get(..after.len() + next_line)?;
    let length = match after {
        _ if value.contains(&b'\n') => None,
        _ if to_the_end || is_shown && last && after == literal => {
            rest.strip_suffix(after).map(<[u8]>::len)
        }
        _ => find(rest, after),
    }?;
    let found = rest.get(..length)?;
    (length >= SHORTEST && !found.contains(&b'\n')).then_some(length)
}

/// Returns the last line (at most) of a literal, which must precede the secret.
fn tail(literal: &[u8]) -> &[u8] {
    let line = literal.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at);
    let from = line.max(literal.len().saturating_sub(NEIGHBOURS));
    literal.get(from..).unwrap_or_default()
}

/// Returns the rest of a literal's line, which must follow the secret.
fn head(literal: &[u8]) -> &[u8] {
    let line = literal.iter().position(|byte| *byte == b'\n').map_or(literal.len(), |at| at + 1);
    literal.get(..line.min(NEIGHBOURS)).unwrap_or_default()
}

/// Returns the position of `needle` in `hay`; `None` unless it occurs exactly once.
fn once(hay: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    let first = find(hay, needle)?;
    let again = hay.get(first + 1..).and_then(|rest| find(rest, needle));
    if again.is_some() { None } else { Some(first) }
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    hay.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Content {
        let mut content = Content::plain("port: 1\npassword: \"");
        content.push_secret(&Secret::new("a/b", "new"));
        content.push(b"\"\nhost: h\n");
        content
    }

    #[test]
    fn the_current_value_of_a_secret_is_masked() {
        let seen = mask_like(&wanted(), b"port: 2\npassword: \"old one\"\nhost: h\n").unwrap();
        assert_eq!(seen.masked(), b"port: 2\npassword: \"[secret a/b]\"\nhost: h\n");
        assert_eq!(seen.expose(), b"port: 2\npassword: \"old one\"\nhost: h\n");
    }

    #[test]
    fn misaligned_text_is_not_shown() {
        assert!(mask_like(&wanted(), b"pass: old\n").is_none());
        let twice = b"\npassword: \"a\"\npassword: \"b\"\n";
        assert!(mask_like(&wanted(), twice).is_none());
    }

    #[test]
    fn a_value_that_may_continue_is_not_shown() {
        let mut unquoted = Content::plain("password: ");
        unquoted.push_secret(&Secret::new("a/b", "new value"));
        unquoted.push(b"\nport: 1\n");
        assert!(mask_like(&unquoted, b"password: >-\n  old value\nport: 1\n").is_none());
        let mut key = Content::plain("key: ");
        key.push_secret(&Secret::new("a/b", "line 1\nline 2"));
        key.push(b"\nport: 1\n");
        assert!(mask_like(&key, b"key: old 1\nold 2\nport: 2\n").is_none());
        let same = mask_like(&key, b"key: line 1\nline 2\nport: 2\n").unwrap();
        assert_eq!(same.masked(), b"key: [secret a/b]\nport: 2\n");
    }

    #[test]
    fn a_final_secret_extends_to_the_end() {
        let mut url = Content::plain("url=");
        url.push_secret(&Secret::new("a/b", "new value"));
        url.push(b"e");
        let seen = mask_like(&url, b"url=the old valuee").unwrap();
        assert_eq!(seen.masked(), b"url=[secret a/b]e");
    }

    /// The same content in a plan without values.
    fn unread(state: SecretState, before: &str, after: &str) -> Content {
        let mut content = Content::plain(before);
        content.push_secret(&Secret::withheld("a/b", state));
        content.push(after.as_bytes());
        content
    }

    #[test]
    fn text_around_an_unchanged_secret_is_compared() {
        let wanted = unread(SecretState::Unchanged, "key: |\n  ", "\nport: 1\n");
        let same = mask_like(&wanted, b"key: |\n  one\n  two\nport: 1\n").unwrap();
        assert_eq!(same.digest(), wanted.digest(), "it is equal, of however many lines it is");
        let one = unread(SecretState::Unchanged, "port: 1\nkey: '", "'\nhost: h\n");
        let seen = mask_like(&one, b"port: 2\nkey: 'a value'\nhost: h\n").unwrap();
        assert_eq!(seen.masked(), b"port: 2\nkey: '[secret a/b]'\nhost: h\n");
        assert_ne!(seen.digest(), one.digest());
    }

    #[test]
    fn no_line_of_an_unknown_value_is_shown() {
        let pem = "-----BEGIN KEY-----\nMIIcanary\nMORE\n-----END KEY-----";
        for state in [SecretState::Unchanged, SecretState::Unread, SecretState::Pending] {
            for (before, after, seen) in [
                ("key: ", "\nport: 1\n", format!("key: {pem}\nport: 2\n")),
                ("key: ", "\nport: 1\n", format!("key: {pem}\nport: 1\nhost: h\n")),
                ("a\nkey: ", "\n", format!("b\nkey: {pem}\n")),
                ("a\n", "\n", format!("b\n{pem}\n")),
                ("a\nkey: ", "", format!("b\nkey: {pem}")),
                ("", "\nport: 1\n", format!("{pem}\nport: 2\n")),
            ] {
                let found = mask_like(&unread(state, before, after), seen.as_bytes());
                let shown = found.map(|found| found.masked()).unwrap_or_default();
                let shown = String::from_utf8_lossy(&shown).into_owned();
                assert!(!shown.contains("canary") && !shown.contains("MORE"), "{before:?} {shown}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_keeps_every_byte(seen: Vec<u8>) {
            if let Some(content) = mask_like(&wanted(), &seen) {
                proptest::prop_assert_eq!(content.expose(), seen.as_slice());
            }
        }
    }
}
