//! Traces as patterns: `*` stands for any characters but `/`, `?` for one of them, `/**` at the end for everything
//! below.

use std::collections::HashSet;

/// A set of traces to match names against.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traces {
    exact: HashSet<String>,
    patterns: Vec<(String, String)>,
}

impl Traces {
    /// Adds a trace.
    pub(crate) fn add(&mut self, trace: String) {
        match trace.find(['*', '?']) {
            None => drop(self.exact.insert(trace)),
            Some(at) => self.patterns.push((trace.get(..at).unwrap_or_default().to_owned(), trace)),
        }
    }

    /// Whether the set is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.patterns.is_empty()
    }

    /// Whether a name matches one of them.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.exact.contains(name)
            || self.patterns.iter().any(|(beginning, pattern)| {
                name.starts_with(beginning.as_str()) && is_match(pattern, name)
            })
    }
}

/// Whether a name matches a pattern.
pub(crate) fn is_match(pattern: &str, name: &str) -> bool {
    if let Some(directory) = pattern.strip_suffix("/**") {
        let slashes = name.match_indices('/').map(|(at, _)| at);
        let mut above = slashes.filter_map(|at| name.get(..at));
        return above.any(|above| is_match(directory, above));
    }
    fits(pattern.as_bytes(), name.as_bytes())
}

fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            fits(rest, name)
                || matches!(name, [first, more @ ..] if *first != b'/' && fits(pattern, more))
        }
        ([b'?', rest @ ..], [first, more @ ..]) => *first != b'/' && fits(rest, more),
        ([one, rest @ ..], [first, more @ ..]) => one == first && fits(rest, more),
        _ => false,
    }
}
