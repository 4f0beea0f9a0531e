//! Whether a private key belongs to the certificate beside it: no program starts with a mismatched pair, and otherwise
//! only the program's test on the host would report it. Pure.

use crate::diagnostic::{Diagnostic, Problems};
use crate::resource::{DeclaredValue, KEY_OF, Wanted};
use crate::secret::{Content, SecretState};
use crate::x509::{Certificate, PemFault, PrivateKey, chain};

#[cfg(test)]
mod tests;

/// Reports all keys that do not work with their certificates.
pub(super) fn unfit_keys(wanted: &[Wanted]) -> Problems {
    wanted.iter().filter_map(|key| unfit(key, wanted)).collect()
}

fn unfit(item: &Wanted, wanted: &[Wanted]) -> Option<Diagnostic> {
    let path = text(item, KEY_OF)?.as_plain_text()?;
    let key = text(item, "content")?;
    // A key that is still to be generated matches nothing yet, and one whose value is not known here cannot be
    // checked.
    if key.state() != SecretState::Known {
        return None;
    }
    let is_it = |other: &&Wanted| other.address().file() == Some(path);
    let certificate = text(wanted.iter().find(is_it)?, "content")?;
    // An unreadable chain is a finding of its own.
    let certificate =
        chain(std::str::from_utf8(certificate.expose()).ok()?).ok()?.into_iter().next()?;
    let name = match key.secrets().first() {
        Some(secret) => format!("the secret `{}`", secret.name),
        None => item.address().name.clone(),
    };
    let problem = match std::str::from_utf8(key.expose()).map(PrivateKey::read) {
        Err(_) => unusable(&name, &binary()),
        Ok(Err(fault)) => unusable(&name, &fault),
        Ok(Ok(key)) if key.belongs_to(&certificate.key) == Some(false) => {
            misfit(&name, &key, &certificate)
        }
        Ok(Ok(_)) => return None,
    };
    Some(problem.at(item.declared.origin.place()).note_line("nothing was changed"))
}

fn text<'w>(item: &'w Wanted, name: &str) -> Option<&'w Content> {
    match &item.declared.attributes.get(name)?.value {
        DeclaredValue::Text(content) => Some(content),
        _ => None,
    }
}

fn binary() -> PemFault {
    PemFault {
        why: "is not text, so it cannot be a PEM key".to_owned(),
        fix: "convert a DER key with `openssl pkey -inform DER -in FILE`".to_owned(),
    }
}

fn unusable(name: &str, fault: &PemFault) -> Diagnostic {
    let message = format!("{name} {}", fault.why);
    let help = format!("{}; then store it with `matrixform secrets set`", fault.fix);
    Diagnostic::error("certificate/key", message).help(help)
}

fn misfit(name: &str, key: &PrivateKey, certificate: &Certificate) -> Diagnostic {
    let message = format!(
        "{name} is not the private key of the certificate of `{}` that is valid from {} to {}",
        certificate.subject_name().escape_debug(),
        certificate.not_before.day,
        certificate.not_after.day
    );
    let (own, wanted) = (key.name(), certificate.key.name());
    let problem = Diagnostic::error("certificate/key", message);
    let problem = match own == wanted {
        true => problem.note_line(format!("both are {own}, but they do not belong together")),
        false => problem.note_line(format!("the key is {own}, the certificate's is {wanted}")),
    };
    problem.help(
        "store the key that belongs to this certificate (`matrixform secrets set`), or put the certificate for this key beside the spec; a renewal often replaces both",
    )
}
