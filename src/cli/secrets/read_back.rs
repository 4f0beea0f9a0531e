//! The bytes in a host's file at a secret's place, and the values that they may spell. Pure.

use crate::secret::{Content, Secret};
use zeroize::Zeroizing;

/// A secret's place in a file, and the bytes there on the host.
pub(super) struct SecretPlace {
    /// The secret's name.
    pub(super) name: String,
    /// The file on the host.
    pub(super) path: String,
    bytes: Zeroizing<Vec<u8>>,
}

/// How a value may be written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As it is.
    Plain,
    /// In double quotes, as in JSON and YAML.
    Double,
    /// In single quotes, which are doubled inside.
    Single,
    /// With `\` before some characters, as in a passfile.
    Escaped,
}

/// All spellings, the most common first.
pub(super) const SPELLINGS: [Spelling; 4] =
    [Spelling::Plain, Spelling::Double, Spelling::Single, Spelling::Escaped];

impl SecretPlace {
    /// Returns the bytes as a secret, for the output filter.
    pub(super) fn secret(&self) -> Secret {
        Secret::new(self.name.as_str(), self.bytes.as_slice())
    }

    /// Returns the value if it is spelt like this; `None` if it cannot be.
    pub(super) fn spelt(&self, spelling: Spelling) -> Option<Secret> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        let value: String = match spelling {
            Spelling::Plain => text.to_owned(),
            Spelling::Double => {
                let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                serde_json::from_str(&format!("\"{}\"", inside.unwrap_or(text))).ok()?
            }
            Spelling::Single => {
                let inside = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
                inside.unwrap_or(text).replace("''", "'")
            }
            Spelling::Escaped => unescaped(text),
        };
        (!value.is_empty()).then(|| Secret::new(self.name.as_str(), value))
    }

    /// Returns whether this content has these bytes in a place of this secret.
    pub(super) fn is_in(&self, content: &Content) -> bool {
        let ranges = content.secrets().iter().filter(|range| range.name == self.name);
        let bytes = content.expose();
        ranges
            .filter_map(|range| bytes.get(range.range.clone()))
            .any(|found| found == &**self.bytes)
    }
}

fn unescaped(text: &str) -> String {
    let mut characters = text.chars();
    let mut plain = String::new();
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' { characters.next().unwrap_or('\\') } else { character });
    }
    plain
}

/// Finds the secrets' places in the host's bytes: for a single secret, everything between the literal start and end;
/// else by the literal text around each.
pub(super) fn literal(path: &str, wanted: &Content, seen: &[u8]) -> Vec<SecretPlace> {
    let place = |name: &str, bytes: &[u8]| SecretPlace {
        name: name.to_owned(),
        path: path.to_owned(),
        bytes: Zeroizing::new(bytes.to_vec()),
    };
    if let [only] = wanted.secrets() {
        let bytes = wanted.expose();
        let before = bytes.get(..only.range.start).unwrap_or_default();
        let after = bytes.get(only.range.end..).unwrap_or_default();
        let inside = seen.strip_prefix(before).and_then(|rest| match rest.strip_suffix(after) {
            // A key file written without the final newline.
            None if after == b"\n" => Some(rest),
            inside => inside,
        });
        if let Some(inside) = inside.filter(|inside| !inside.is_empty()) {
            return vec![place(&only.name, inside)];
        }
    }
    let Some(like) = wanted.located_in(seen) else { return Vec::new() };
    let bytes = like.expose();
    let found = like.secrets().iter();
    found.filter_map(|one| Some(place(&one.name, bytes.get(one.range.clone())?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(before: &str, after: &str) -> Content {
        let mut content = Content::plain(before);
        content.push_secret(&Secret::pending("a/b"));
        content.push(after.as_bytes());
        content
    }

    #[test]
    fn a_file_with_one_secret_yields_it_whole() {
        let key = literal("/k", &wanted("", ""), b"-----BEGIN\nx\n-----END\n");
        assert_eq!(key[0].secret().expose(), b"-----BEGIN\nx\n-----END\n");
        for seen in [&b"ed25519 a_x seed\n"[..], b"ed25519 a_x seed"] {
            let key = literal("/k", &wanted("", "\n"), seen);
            assert_eq!(key[0].secret().expose(), b"ed25519 a_x seed");
        }
    }

    #[test]
    fn a_secret_is_read_from_a_file_with_other_changes() {
        let wanted = wanted("a: 1\npepper: \"", "\"\nb: 2\n");
        let found = literal("/y", &wanted, b"a: 9\npepper: \"with \\\" quote\"\nb: 3\nc: 4\n");
        assert_eq!(found[0].spelt(Spelling::Double).unwrap().expose(), b"with \" quote");
        assert!(literal("/y", &wanted, b"other: file\n").is_empty());
    }

    #[test]
    fn a_passfile_is_unescaped() {
        let found =
            literal("/p", &wanted("localhost:5432:s:u:", "\n"), b"localhost:5432:s:u:a\\:b\\\\c\n");
        assert_eq!(found[0].spelt(Spelling::Escaped).unwrap().expose(), b"a:b\\c");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_files_never_panic(seen: Vec<u8>) {
            for place in literal("/x", &wanted("a: \"", "\"\n"), &seen) {
                for spelling in SPELLINGS {
                    drop(place.spelt(spelling));
                }
            }
        }
    }
}
