//! The text of `--version`: the version, its commit, and the formats it reads and writes.

use crate::{plan, spec};
use std::sync::LazyLock;

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let formats = format!(
        "formats: spec {}, plan {}, ledger {}",
        spec::FORMAT,
        plan::shown::FORMAT,
        plan::ledger::FORMAT
    );
    let of = commit(option_env!("MATRIXFORM_COMMIT"), option_env!("MATRIXFORM_COMMIT_DATE"));
    format!("{} ({of}; {formats})", env!("CARGO_PKG_VERSION"))
});

/// Returns the version with its commit and formats.
pub(super) fn text() -> &'static str {
    TEXT.as_str()
}

/// Formats the commit as the build script passed it; empty means unknown.
fn commit(commit: Option<&str>, date: Option<&str>) -> String {
    let known = |word: Option<&str>| word.map(str::to_owned).filter(|word| !word.is_empty());
    match (known(commit), known(date)) {
        (None, _) => "unknown commit".to_owned(),
        (Some(commit), None) => commit,
        (Some(commit), Some(date)) => format!("{commit}, {date}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_version_parts_are_marked_or_omitted() {
        assert_eq!(commit(None, None), "unknown commit");
        assert_eq!(commit(Some(""), Some("2026-11-27")), "unknown commit");
        assert_eq!(commit(Some("0123456789ab"), Some("")), "0123456789ab");
        assert_eq!(commit(Some("0123456789ab"), Some("2026-11-27")), "0123456789ab, 2026-11-27");
    }
}
