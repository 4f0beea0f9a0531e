//! User certificates (OpenSSH PROTOCOL.certkeys): a key signed by an authority that the host trusts. A certificate is
//! beside its key as `KEY-cert.pub`, where `CertificateFile` says, or in the agent. Only the host decides; the possible
//! reason for a refusal is read from the certificate.

use std::path::{Path, PathBuf};

use russh::keys::{Certificate, PublicKey};

use super::identity_file::IdentityFileError;
use crate::time::{minute, now};

/// No expiry, as ssh-keygen writes it.
const ALWAYS: u64 = u64::MAX;

/// Reads a user certificate.
pub(super) fn read(path: &Path) -> Result<Certificate, IdentityFileError> {
    let text = match crate::bounded::read_text(path, super::LOCAL_FILE) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(IdentityFileError::Missing);
        }
        Err(error) => return Err(IdentityFileError::Unreadable(error)),
    };
    let certificate = Certificate::from_openssh(text.trim())
        .map_err(|error| IdentityFileError::NotACertificate(error.to_string()))?;
    match certificate.cert_type().is_user() {
        true => Ok(certificate),
        false => Err(IdentityFileError::NotACertificate("it is a host certificate".to_owned())),
    }
}

/// Returns the path of a key file's certificate: `id-cert.pub` for `id` and `id.pub`.
pub(super) fn path_for(key: &Path) -> PathBuf {
    let name = key.as_os_str().to_string_lossy();
    PathBuf::from(format!("{}-cert.pub", name.strip_suffix(".pub").unwrap_or(&name)))
}

/// Whether the certificate belongs to a key.
pub(super) fn is_of(certificate: &Certificate, key: &PublicKey) -> bool {
    certificate.public_key() == key.key_data()
}

/// Returns what may explain a refusal: its dates, or its principals.
pub(super) fn why_refused(certificate: &Certificate, user: &str) -> Option<String> {
    why_refused_at(certificate, user, now())
}

fn why_refused_at(certificate: &Certificate, user: &str, now: u64) -> Option<String> {
    let (from, until) = (certificate.valid_after(), certificate.valid_before());
    if now < from {
        return Some(format!("it is not valid before {}", minute(from)));
    }
    if until != ALWAYS && now >= until {
        return Some(format!("it expired at {}", minute(until)));
    }
    let names = certificate.valid_principals();
    // Without principals it is valid for nobody: sshd requires one (auth2-pubkey.c, `require_principal`).
    if names.is_empty() {
        return Some("it has no principals".to_owned());
    }
    (!names.iter().any(|name| name == user)).then(|| {
        let some: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
        let more = if names.len() > some.len() { ", …" } else { "" };
        format!("it is for `{}`{more}, not for `{user}`", some.join("`, `"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_found_next_to_its_key() {
        for key in ["/home/me/id", "/home/me/id.pub"] {
            assert_eq!(path_for(Path::new(key)), Path::new("/home/me/id-cert.pub"));
        }
    }

    #[test]
    fn invalid_certificates_are_refused() {
        assert!(matches!(read(Path::new("/dev/zero")), Err(IdentityFileError::Unreadable(_))));
        assert!(matches!(read(Path::new("/nowhere")), Err(IdentityFileError::Missing)));
        assert!(matches!(
            read(Path::new("/etc/hostname")),
            Err(IdentityFileError::NotACertificate(_))
        ));
    }
}
