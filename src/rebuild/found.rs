//! The host's report about a snapshot before it is restored.

use super::{FileSystemSpace, SnapshotManifest};
use crate::diagnostic::{Diagnostic, visible};
use crate::labelled;

/// An examined snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its manifest.
    pub manifest: SnapshotManifest,
    /// The manifest as text, for the host to keep.
    pub text: String,
    /// The size of the dump (bytes).
    pub dump: u64,
    /// The size of the whole snapshot (bytes).
    pub total: u64,
    /// The file systems that would receive it.
    pub places: Vec<FileSystemSpace>,
}

/// Parses the host's report.
///
/// # Errors
///
/// restic failed, or matrixform did not make the snapshot.
pub fn found(output: &str) -> Result<Found, Diagnostic> {
    let line = |key: &str| labelled::value(output, key, ' ');
    let number = |key: &str| line(key)?.parse::<u64>().ok();
    let places = output.lines().filter_map(|line| {
        let mut fields = line.strip_prefix("space ")?.split(' ');
        let (part, device) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        let (free, bytes) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(FileSystemSpace { part, device, free, bytes })
    });
    let text = line("manifest").filter(|text| !text.is_empty());
    match (text, number("dump"), number("total")) {
        (Some(text), Some(dump), Some(total)) => Ok(Found {
            manifest: SnapshotManifest::read(text)?,
            text: text.to_owned(),
            dump,
            total,
            places: places.collect(),
        }),
        _ => {
            let message = "the snapshot cannot be read";
            let why = line("failed").map(|why| visible(why).chars().take(600).collect::<String>());
            let problem = Diagnostic::error("rebuild/unreadable", message);
            Err(why.into_iter().filter(|why| !why.is_empty()).fold(problem, Diagnostic::note_line).help(
                "see whether another snapshot or repository can be read: `matrixform backup list`, `--snapshot`, `--repository`",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_snapshot_is_reported() {
        let why = found("failed Fatal: wrong password\u{1b}[2J\n").unwrap_err();
        assert!(
            why.notes[0].starts_with("Fatal: wrong password") && !why.notes[0].contains('\u{1b}')
        );
        assert!(found("manifest {}\ndump 1\ntotal 2\n").is_err());
        assert!(found("").is_err());
    }
}
