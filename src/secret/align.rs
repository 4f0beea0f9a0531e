//! Masks by structure: what stands on the host between the wanted content's literal neighbours of a
//! secret is secret too, whatever its value. If the two do not align, nothing is shown.

use super::{Content, Secret};

/// How many literal bytes around a secret must be found again.
const NEIGHBOURS: usize = 64;

/// `seen` as content in which the places of `wanted`'s secrets are secret.
pub(super) fn align(wanted: &Content, seen: &[u8]) -> Option<Content> {
    if !wanted.has_secrets() {
        return Some(Content::plain(seen));
    }
    let bytes = wanted.expose();
    let mut content = Content::default();
    let mut at = 0;
    let mut literal_start = 0;
    let ends = wanted.secrets().iter().skip(1).map(|next| next.range.start);
    for (secret, next) in wanted.secrets().iter().zip(ends.chain([bytes.len()])) {
        let before = tail(bytes.get(literal_start..secret.range.start)?);
        let after = head(bytes.get(secret.range.end..next)?);
        let start = once(seen.get(at..)?, before)? + before.len() + at;
        let rest = seen.get(start..)?;
        let length = if after.is_empty() { rest.len() } else { find(rest, after)? };
        content.push(seen.get(at..start)?);
        content.push_secret(&Secret::new(secret.name.as_str(), rest.get(..length)?));
        at = start + length;
        literal_start = secret.range.end;
    }
    content.push(seen.get(at..)?);
    Some(content)
}

/// The last line (at most) of a literal: what must stand before the secret.
fn tail(literal: &[u8]) -> &[u8] {
    let line = literal.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at);
    let from = line.max(literal.len().saturating_sub(NEIGHBOURS));
    literal.get(from..).unwrap_or_default()
}

/// The rest of the line of a literal: what must stand after the secret.
fn head(literal: &[u8]) -> &[u8] {
    let line = literal.iter().position(|byte| *byte == b'\n').map_or(literal.len(), |at| at + 1);
    literal.get(..line.min(NEIGHBOURS)).unwrap_or_default()
}

/// Where `needle` stands in `hay`; `None` unless exactly once.
fn once(hay: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    let first = find(hay, needle)?;
    let again = hay.get(first + 1..).and_then(|rest| find(rest, needle));
    if again.is_some() { None } else { Some(first) }
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
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
    fn what_stands_in_a_secrets_place_is_masked() {
        let seen = align(&wanted(), b"port: 2\npassword: \"old one\"\nhost: h\n").unwrap();
        assert_eq!(seen.masked(), b"port: 2\npassword: \"[secret a/b]\"\nhost: h\n");
        assert_eq!(seen.expose(), b"port: 2\npassword: \"old one\"\nhost: h\n");
    }

    #[test]
    fn what_does_not_align_is_not_shown() {
        assert!(align(&wanted(), b"pass: old\n").is_none());
        let twice = b"\npassword: \"a\"\npassword: \"b\"\n";
        assert!(align(&wanted(), twice).is_none());
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_keeps_every_byte(seen: Vec<u8>) {
            if let Some(content) = align(&wanted(), &seen) {
                proptest::prop_assert_eq!(content.expose(), seen.as_slice());
            }
        }
    }
}
