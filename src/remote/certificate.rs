//! User certificates (OpenSSH PROTOCOL.certkeys): a key signed by an authority that the host trusts. A certificate is
//! beside its key as `KEY-cert.pub`, where `CertificateFile` says, or in the agent. Only the host decides; the possible
//! reason for a refusal is read from the certificate.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use russh::keys::{Certificate, PublicKey};

use super::identity_file::Unusable;

/// No expiry, as ssh-keygen writes it.
const ALWAYS: u64 = u64::MAX;

/// Reads a user certificate.
pub(super) fn read(path: &Path) -> Result<Certificate, Unusable> {
    let text = match crate::bounded::read_text(path, super::LOCAL_FILE) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Unusable::Missing);
        }
        Err(error) => return Err(Unusable::Unreadable(error)),
    };
    let certificate = Certificate::from_openssh(text.trim())
        .map_err(|error| Unusable::NotACertificate(error.to_string()))?;
    match certificate.cert_type().is_user() {
        true => Ok(certificate),
        false => Err(Unusable::NotACertificate("it is a host certificate".to_owned())),
    }
}

/// Returns the path of a key file's certificate: `id-cert.pub` for `id` and `id.pub`.
pub(super) fn beside(key: &Path) -> PathBuf {
    let name = key.as_os_str().to_string_lossy();
    PathBuf::from(format!("{}-cert.pub", name.strip_suffix(".pub").unwrap_or(&name)))
}

/// Whether the certificate belongs to a key.
pub(super) fn is_of(certificate: &Certificate, key: &PublicKey) -> bool {
    certificate.public_key() == key.key_data()
}

/// Returns what may explain a refusal: its dates, or its principals.
pub(super) fn why_refused(certificate: &Certificate, user: &str) -> Option<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    why_refused_at(certificate, user, now)
}

fn why_refused_at(certificate: &Certificate, user: &str, now: u64) -> Option<String> {
    let (from, until) = (certificate.valid_after(), certificate.valid_before());
    if now < from {
        return Some(format!("it is not valid before {}", time(from)));
    }
    if until != ALWAYS && now >= until {
        return Some(format!("it expired at {}", time(until)));
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

/// Formats `2026-11-27 01:30 UTC` (days from civil, Howard Hinnant).
fn time(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = match month {
        0..10 => (year + era * 400, month + 3),
        _ => (year + era * 400 + 1, month - 9),
    };
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3600, rest / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_found_next_to_its_key() {
        for key in ["/home/me/id", "/home/me/id.pub"] {
            assert_eq!(beside(Path::new(key)), Path::new("/home/me/id-cert.pub"));
        }
    }

    #[test]
    fn times_are_told_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_795_740_730, "2026-11-27 00:52 UTC"),
            (4_107_542_399, "2100-02-28 23:59 UTC"),
        ] {
            assert_eq!(time(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn invalid_certificates_are_refused() {
        assert!(matches!(read(Path::new("/dev/zero")), Err(Unusable::Unreadable(_))));
        assert!(matches!(read(Path::new("/nowhere")), Err(Unusable::Missing)));
        assert!(matches!(read(Path::new("/etc/hostname")), Err(Unusable::NotACertificate(_))));
    }
}
