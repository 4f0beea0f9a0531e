//! known_hosts files: which lines apply to a host, and what they state. russh's own check is weaker than OpenSSH's (it
//! skips `@revoked`, wildcards, tabs and all but the first key), so this is our own. `@cert-authority` lines are read
//! and skipped: host certificates are not supported, and such a line must never make a plain key trusted.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::pattern::names;
use crate::bounded;
use crate::diagnostic::{Diagnostic, Place, Source};

/// The status that a line gives its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyStatus {
    /// The host has this key.
    Trusted,
    /// Never accept it.
    Revoked,
}

/// One line that applies to a host.
#[derive(Clone, Debug)]
pub(super) struct KnownHostsEntry {
    pub(super) status: KeyStatus,
    pub(super) algorithm: String,
    pub(super) blob: Vec<u8>,
    pub(super) place: Place,
}

/// The text of known_hosts files, in order of precedence.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownHosts {
    files: Vec<Arc<Source>>,
}

impl KnownHosts {
    /// Reads the files. A missing one is empty; an unreadable one is an error, since it may contain the line that
    /// revokes a key.
    pub(super) fn read(paths: &[impl AsRef<Path>]) -> Result<KnownHosts, Diagnostic> {
        let mut known = KnownHosts::default();
        for path in paths.iter().map(AsRef::as_ref) {
            match bounded::read_file(path, super::LOCAL_FILE) {
                Ok(bytes) => known.add(path.display().to_string(), &bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(unreadable(path, &error)),
            }
        }
        Ok(known)
    }

    /// Adds one file's content.
    pub(super) fn add(&mut self, name: impl Into<String>, bytes: &[u8]) {
        self.files.push(Source::new(name, String::from_utf8_lossy(bytes)));
    }

    /// Returns all lines that apply to this name (see [`super::pattern::lookup_name`]).
    pub(super) fn entries(&self, name: &str) -> Vec<KnownHostsEntry> {
        self.files.iter().flat_map(|file| entries(file, name)).collect()
    }
}

fn entries(file: &Arc<Source>, name: &str) -> Vec<KnownHostsEntry> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in file.text.split_inclusive('\n') {
        let text = line.trim_end();
        if let Some((status, algorithm, blob)) = parse(text, name) {
            let place = Place::new(file, at..at + text.len());
            found.push(KnownHostsEntry { status, algorithm, blob, place });
        }
        at += line.len();
    }
    found
}

/// Parses `[@marker] names type key [comment]`, separated by spaces or tabs; any other line applies to no host.
fn parse(line: &str, name: &str) -> Option<(KeyStatus, String, Vec<u8>)> {
    let mut fields = line.split([' ', '\t']).filter(|field| !field.is_empty());
    let mut first = fields.next().filter(|field| !field.starts_with('#'))?;
    let status = match first {
        "@revoked" => KeyStatus::Revoked,
        other if other.starts_with('@') => return None,
        _ => KeyStatus::Trusted,
    };
    if status == KeyStatus::Revoked {
        first = fields.next()?;
    }
    let (algorithm, key) = (fields.next()?, fields.next()?);
    let blob = STANDARD.decode(key).ok()?;
    names(first, name).then(|| (status, algorithm.to_owned(), blob))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "remote/known-hosts",
        format!("cannot read the known hosts file `{}`: {error}", path.display()),
    )
    .help("make the file readable, or pin the host's key in the spec: host_key = \"SHA256:…\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIGq0mWQJjpJ6nBmZJtVYPAkVQ7CiQqyJ4Dq6tCUZRY1n";

    fn known(text: &str) -> KnownHosts {
        let mut known = KnownHosts::default();
        known.add("known_hosts", text.as_bytes());
        known
    }

    #[test]
    fn reads_markers_tabs_and_comments() {
        let text = format!(
            "# a comment\n\nh\tssh-ed25519\t{KEY}\tme\n@revoked h ssh-ed25519 {KEY}\n\
             @cert-authority * ssh-ed25519 {KEY}\n@other h ssh-ed25519 {KEY}\nh ssh-rsa\n"
        );
        let entries = known(&text).entries("h");
        let statuses: Vec<_> = entries.iter().map(|entry| entry.status).collect();
        assert_eq!(statuses, [KeyStatus::Trusted, KeyStatus::Revoked]);
        let lines: Vec<_> = entries.iter().map(|e| e.place.line_column().0).collect();
        assert_eq!(lines, [3, 4]);
    }

    #[test]
    fn certificate_authority_lines_add_no_trust() {
        assert!(known(&format!("@cert-authority h ssh-ed25519 {KEY}")).entries("h").is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, name in "[a-z.*?\\[\\]:0-9]{0,12}") {
            let mut known = KnownHosts::default();
            known.add("known_hosts", &bytes);
            known.entries(&name);
        }

        #[test]
        fn no_line_makes_it_panic(line in "(@revoked |@cert-authority )?[|1!*?,a-z\\[\\]:]{0,20}[ \t](ssh-ed25519|x)[ \t][A-Za-z0-9+/=]{0,20}") {
            known(&line).entries("a");
        }
    }
}
