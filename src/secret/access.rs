//! Reads a local file that only its owner may access: one that others can read, or that someone else can change, is
//! refused.

use crate::bounded;
use crate::diagnostic::Diagnostic;
use std::fs::Metadata;
use std::io::{Error, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use zeroize::Zeroizing;

/// The size limit of a secrets file (bytes).
const MAX_BYTES: u64 = 1 << 20;

/// Returns the text of the file; `None` if there is none. `what` is its name in messages.
pub(super) fn read(path: &Path, what: &str) -> Result<Option<Zeroizing<String>>, Diagnostic> {
    let failed = |error: &std::io::Error| failed(path, what, "read", error);
    let file = match bounded::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    let metadata = file.metadata().map_err(|error| failed(&error))?;
    check(path, what, &metadata)?;
    let text = bounded::read(file, MAX_BYTES).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not text"))
    });
    Ok(Some(Zeroizing::new(text.map_err(|error| failed(&error))?)))
}

fn check(path: &Path, what: &str, metadata: &Metadata) -> Result<(), Diagnostic> {
    let path = path.display();
    let refuse = |why: String, help: String| {
        let message = format!("the {what} {path} {why}");
        Err(Diagnostic::error("secret/file-access", message).help(help))
    };
    if !metadata.is_file() {
        return refuse("is not a regular file".to_owned(), "name a file".to_owned());
    }
    let caller = rustix::process::geteuid().as_raw();
    if metadata.uid() != caller {
        let why = format!("belongs to user {}, but this runs as {caller}", metadata.uid());
        return refuse(why, format!("run `chown {caller} {path}`, or use your own file"));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & !0o600 != 0 {
        let why = format!("has mode {mode:04o}: others could read it");
        return refuse(why, format!("run `chmod 600 {path}`"));
    }
    Ok(())
}

/// Returns the error "the secrets file x cannot be read: why".
pub(super) fn failed(path: &Path, what: &str, done: &str, error: &std::io::Error) -> Diagnostic {
    let message = format!("the {what} {} cannot be {done}: {error}", path.display());
    Diagnostic::error("secret/file", message)
}
