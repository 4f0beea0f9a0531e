//! The top-level keys of a YAML file. The values may be secrets: they are never kept, and neither are the parser's
//! messages, which could quote one.

use indexmap::IndexSet;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// Returns the keys of a file in order, without duplicates; `None` if it is not a YAML mapping.
pub(super) fn top_keys(text: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(text).ok()?;
    if is_empty(text) {
        return Some(Vec::new());
    }
    // PyYAML takes the last of two equal keys, so a duplicate is no reason to reject a file.
    let policy = serde_saphyr::options::DuplicateKeyPolicy::LastWins;
    let options = serde_saphyr::options! { duplicate_keys: policy };
    let keys: Keys = serde_saphyr::from_str_with_options(text, options).ok()?;
    Some(keys.0.into_iter().collect())
}

/// Whether the file has no content, only comments and markers.
fn is_empty(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| {
        line.is_empty()
            || line.starts_with('#')
            || matches!(line, "---" | "..." | "{}" | "null" | "~")
    })
}

struct Keys(IndexSet<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
        deserializer.deserialize_map(KeyReader)
    }
}

struct KeyReader;

impl<'de> Visitor<'de> for KeyReader {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = IndexSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            keys.insert(key);
        }
        Ok(Keys(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_top_level_keys_are_read() {
        let text = b"# x\na: 1\n\"b\": {c: [d, *x]}\n'e e': |\n  f: g\nlist:\n- h: i\n";
        let text = String::from_utf8_lossy(text).replace(", *x", "");
        assert_eq!(top_keys(text.as_bytes()).unwrap(), ["a", "b", "e e", "list"]);
        assert_eq!(top_keys(b"{a: 1, b: {c: 2}}\n").unwrap(), ["a", "b"]);
        assert_eq!(top_keys(b"a: 1\na: 2\n").unwrap(), ["a"]);
        assert_eq!(top_keys(b"\n# nothing\n---\n").unwrap(), Vec::<String>::new());
        assert_eq!(top_keys(b"&x a: &y {b: c}\nd: *y\n").unwrap(), ["a", "d"]);
    }

    #[test]
    fn documents_without_a_table_are_not_read() {
        for text in ["- a\n", "a", "a: [", "a: 1\n\tb: 2\n", "? [x]\n: y\n", "a: 1\n---\nb: 2\n"] {
            assert!(top_keys(text.as_bytes()).is_none(), "{text:?}");
        }
        assert!(top_keys(b"a: \xff\n").is_none());
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_yaml_never_panics(bytes: Vec<u8>) {
            top_keys(&bytes);
        }
    }
}
