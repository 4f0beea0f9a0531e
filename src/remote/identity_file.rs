//! A private key file: whether it may be used, and the key that it contains. The rules are those of ssh: a file that
//! others can read is refused (authfile.c `sshkey_perm_ok`), an encrypted one is left to the agent.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use russh::keys::{self, PrivateKey, PublicKey, decode_secret_key};
use zeroize::Zeroizing;

/// The key of a file.
pub(super) struct IdentityKey {
    pub(super) public: PublicKey,
    /// `None` if the file contains only the public half, or an encrypted key.
    pub(super) private: Option<Arc<PrivateKey>>,
}

/// Why a file yields no key.
#[derive(Debug)]
pub(super) enum IdentityFileError {
    Missing,
    Exposed(u32),
    Unreadable(std::io::Error),
    NotAKey(String),
    NotACertificate(String),
}

impl std::fmt::Display for IdentityFileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            IdentityFileError::Missing => write!(f, "does not exist"),
            IdentityFileError::Exposed(mode) => {
                write!(f, "is readable by others (mode {mode:04o}): chmod 600 it")
            }
            IdentityFileError::Unreadable(error) => write!(f, "cannot be read: {error}"),
            IdentityFileError::NotACertificate(why) => {
                write!(f, "contains no user certificate: {why}")
            }
            IdentityFileError::NotAKey(why) => write!(f, "contains no readable private key: {why}"),
        }
    }
}

/// Reads a key file. A file `path.pub` stands in for a key that only the agent has.
pub(super) fn read(path: &Path) -> Result<IdentityKey, IdentityFileError> {
    let text = match crate::bounded::read_text(path, super::LOCAL_FILE) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return public_file(path).ok_or(IdentityFileError::Missing);
        }
        Err(error) => return Err(IdentityFileError::Unreadable(error)),
    };
    if let Ok(public) = PublicKey::from_openssh(text.trim()) {
        return Ok(IdentityKey { public, private: None });
    }
    private_to_us(path)?;
    decode(&text, path)
}

fn decode(text: &str, path: &Path) -> Result<IdentityKey, IdentityFileError> {
    match decode_secret_key(text, None) {
        Ok(key) => {
            Ok(IdentityKey { public: key.public_key().clone(), private: Some(Arc::new(key)) })
        }
        Err(keys::Error::KeyIsEncrypted) => encrypted(text, path),
        Err(error) => Err(IdentityFileError::NotAKey(error.to_string())),
    }
}

/// Returns the public half of an encrypted key: OpenSSH's own format stores it unencrypted, others need a `.pub` file.
fn encrypted(text: &str, path: &Path) -> Result<IdentityKey, IdentityFileError> {
    let inside = PrivateKey::from_openssh(text).map(|key| key.public_key().clone());
    match inside.ok().or_else(|| public_file(path).map(|identity| identity.public)) {
        Some(public) => Ok(IdentityKey { public, private: None }),
        None => {
            Err(IdentityFileError::NotAKey("it is encrypted, and there is no .pub file".to_owned()))
        }
    }
}

fn public_file(path: &Path) -> Option<IdentityKey> {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    let text = crate::bounded::read_text(Path::new(&name), super::LOCAL_FILE).ok()?;
    Some(IdentityKey { public: of_text(&text)?, private: None })
}

/// Parses the first line of a `.pub` file that is neither blank nor a comment.
fn of_text(text: &str) -> Option<PublicKey> {
    let mut lines = text.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    PublicKey::from_openssh(line).ok().or_else(|| keys::parse_public_key_base64(line).ok())
}

/// As in ssh, only the user's own files are checked; others are the administrator's responsibility.
fn private_to_us(path: &Path) -> Result<(), IdentityFileError> {
    let file = std::fs::metadata(path).map_err(IdentityFileError::Unreadable)?;
    let ours = std::fs::metadata("/proc/self").map_or(true, |us| us.uid() == file.uid());
    if ours && file.mode() & 0o077 != 0 {
        return Err(IdentityFileError::Exposed(file.mode() & 0o7777));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_files_are_not_read() {
        assert!(matches!(read(Path::new("/dev/zero")), Err(IdentityFileError::Unreadable(_))));
        assert!(matches!(read(Path::new("/nowhere/key")), Err(IdentityFileError::Missing)));
    }

    #[test]
    fn a_public_key_is_on_the_first_meaningful_line() {
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
        for text in [format!("# a key\n\n{key} me at home\n"), format!("{key}\n")] {
            assert!(of_text(&text).is_some(), "{text}");
        }
        assert!(of_text("# nothing\n").is_none());
    }
}
