//! The age file on disk: opened with an identity, replaced as a whole. Its recipients are read from inside it before it
//! is written again.

use super::sealed::{OpenError, header, open, seal_for};
use super::{AgeIdentity, Document};
use crate::bounded;
use crate::diagnostic::{Diagnostic, shell_path};
use crate::secret::private_file;
use std::path::{Path, PathBuf};

/// A larger file is refused (bytes).
const MAX_BYTES: u64 = 32 << 20;

/// An age file, which need not exist.
#[derive(Clone, Debug)]
pub(in crate::secret) struct AgeFile {
    path: PathBuf,
}

impl AgeFile {
    /// Creates a handle for the file at this path.
    pub(in crate::secret) fn new(path: PathBuf) -> AgeFile {
        AgeFile { path }
    }

    /// Returns its path.
    pub(in crate::secret) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether anything exists there.
    pub(in crate::secret) fn exists(&self) -> bool {
        std::fs::symlink_metadata(&self.path).is_ok()
    }

    /// Returns its contents.
    pub(in crate::secret) fn load(&self, identity: &AgeIdentity) -> Result<Document, Diagnostic> {
        let bytes = self.bytes()?;
        let plain = open(identity, &bytes).map_err(|why| self.unopened(identity, why))?;
        let text =
            std::str::from_utf8(&plain).map_err(|_| self.wrong("its content is not text"))?;
        Document::read(text).map_err(|why| self.wrong(&why))
    }

    /// Checks what can be checked without an identity.
    pub(super) fn check_header(&self) -> Result<(), Diagnostic> {
        header(&self.bytes()?).map(drop).map_err(|why| match why {
            OpenError::Damaged(why) => self.wrong(&format!("it is damaged: {why}")),
            OpenError::Passphrase | OpenError::NotForThis => self.passphrase(),
        })
    }

    /// Writes it for the recipients listed in the document.
    pub(in crate::secret) fn save(&self, document: &Document) -> Result<(), Diagnostic> {
        if document.recipients.is_empty() {
            let message = format!("{} does not list its recipients", self.path.display());
            return Err(Diagnostic::error("secret/recipients", message)
                .help("add each of them once: `matrixform secrets recipients add SPEC age1…`"));
        }
        let sealed = seal_for(&document.recipients, document.text().as_bytes())?;
        private_file::replace(&self.path, sealed.as_bytes())
            .map_err(|error| self.failed("written", &error))
    }

    fn bytes(&self) -> Result<Vec<u8>, Diagnostic> {
        let bytes = bounded::read_regular(&self.path, MAX_BYTES);
        let bytes = bytes.map_err(|error| self.failed("read", &error))?;
        match bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"<<<<<<< ")) {
            true => Err(self.conflict()),
            false => Ok(bytes),
        }
    }

    fn unopened(&self, identity: &AgeIdentity, why: OpenError) -> Diagnostic {
        let path = self.path.display();
        match why {
            OpenError::NotForThis => {
                let message =
                    format!("{path} is not encrypted for this identity ({})", identity.from);
                let own = identity.publics().join(" ");
                Diagnostic::error("secret/not-a-recipient", message).help(format!(
                    "ask someone who can open it to run `matrixform secrets recipients add SPEC {own}`, \
                     or use the identity that it is for"
                ))
            }
            OpenError::Passphrase => self.passphrase(),
            OpenError::Damaged(why) => self.wrong(&format!("it is damaged: {why}")),
        }
    }

    fn passphrase(&self) -> Diagnostic {
        let path = self.path.display();
        let message = format!("{path} is encrypted with a passphrase, but an identity is needed");
        Diagnostic::error("secret/age", message)
            .help("decrypt it with `age -d`, then encrypt it with `age -a -r age1…`")
    }

    /// Git cannot merge encrypted files: both sides have to be kept by hand.
    fn conflict(&self) -> Diagnostic {
        let path = self.path.display();
        let message = format!("{path} cannot be opened: it has a Git merge conflict");
        let word = shell_path(&path.to_string());
        Diagnostic::error("secret/age", message).help(format!(
            "keep one side: `git checkout --ours {word}` (or `--theirs`), then `git add {word}`; store again what only the other side \
             had changed, with `matrixform secrets set SPEC AREA/NAME`"
        ))
    }

    fn wrong(&self, why: &str) -> Diagnostic {
        let message = format!("{} cannot be opened: {why}", self.path.display());
        Diagnostic::error("secret/age", message)
            .help("restore it from the repository's history, or from the recovery kit")
    }

    fn failed(&self, done: &str, error: &std::io::Error) -> Diagnostic {
        let message = format!("{} cannot be {done}: {error}", self.path.display());
        Diagnostic::error("secret/age", message)
    }
}
