//! Creates the store for an inventory's secrets: an identity for this user, if there is none yet, and an age file. Used
//! by `secrets create` and `init`.

use super::{ACCOUNT, AgeFile, AgeIdentity, Document, IdentityPlaces, Recipient, find};
use crate::diagnostic::Diagnostic;
use crate::secret::keyring::{Keyring, KeyringFailure};
use crate::secret::{Secret, private_file};
use std::path::Path;

/// Where to store a new identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityHome {
    /// The keyring, or a file of mode 0600 if there is none.
    KeyringElseFile,
    /// The usual file.
    File,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Where the identity is, in words.
    pub identity: String,
    /// Whether it is new.
    pub is_new: bool,
    /// Everyone who can open the file, starting with this user.
    pub recipients: Vec<Recipient>,
}

/// Creates the age file at `path` for this user and `others`, with these secrets. It uses the identity from `places` or
/// the keyring; a new one is stored before the file is written, so that no crash leaves a file that nobody can open.
///
/// # Errors
///
/// The file already exists (`secret/exists`), the present identity cannot be read, a new one cannot be stored, or the
/// file cannot be encrypted or written.
pub fn create(
    path: &Path,
    places: &IdentityPlaces,
    keyring: &dyn Keyring,
    home: IdentityHome,
    others: &[Recipient],
    secrets: &[Secret],
) -> Result<Created, Diagnostic> {
    let file = AgeFile::new(path.to_owned());
    if file.exists() {
        let message = format!("{} already exists", path.display());
        return Err(Diagnostic::error("secret/exists", message)
            .help("anyone who can open it can add recipients with `matrixform secrets recipients add`; a lost identity is in the recovery kit"));
    }
    let (identity, is_new) = match find(places, keyring)? {
        Ok(identity) => (identity, false),
        Err(_) => (store(AgeIdentity::generate(), places, keyring, home)?, true),
    };
    let own = identity.publics().into_iter().map(|key| Recipient { key, name: String::new() });
    let mut recipients: Vec<Recipient> = own.collect();
    for other in others {
        if !recipients.iter().any(|known| known.key == other.key) {
            recipients.push(other.clone());
        }
    }
    let held = secrets.iter().map(|secret| (secret.name().to_owned(), secret.clone())).collect();
    file.save(&Document { recipients: recipients.clone(), secrets: held })?;
    Ok(Created { identity: identity.from, is_new, recipients })
}

/// Checks that an age file which exists already can be used: by this user's identity or, if there is none yet, as far as
/// its header tells.
///
/// # Errors
///
/// The identity or the file cannot be read, the file is damaged, or it is not encrypted for this identity.
pub fn check_present(
    path: &Path,
    places: &IdentityPlaces,
    keyring: &dyn Keyring,
) -> Result<(), Diagnostic> {
    let file = AgeFile::new(path.to_owned());
    match find(places, keyring)? {
        Ok(identity) => file.load(&identity).map(drop),
        Err(_) => file.check_header(),
    }
}

/// Stores a new identity; returns where.
fn store(
    identity: AgeIdentity,
    places: &IdentityPlaces,
    keyring: &dyn Keyring,
    home: IdentityHome,
) -> Result<AgeIdentity, Diagnostic> {
    let absent = match home {
        IdentityHome::File => "a file was asked for".to_owned(),
        IdentityHome::KeyringElseFile => match keyring.set(ACCOUNT, identity.text().as_bytes()) {
            Ok(()) => {
                let from = format!("the keyring's account `{ACCOUNT}`");
                return Ok(identity.with_source(from));
            }
            Err(KeyringFailure::Absent(reason)) => reason,
            Err(KeyringFailure::Refused(reason)) => {
                let message = format!("the keyring refused the age identity: {reason}");
                return Err(Diagnostic::error("secret/keyring", message)
                    .help("unlock it, or keep the identity in a file: `--identity file`"));
            }
        },
    };
    let Some(file) = &places.file else {
        let message = format!(
            "nowhere to store an age identity: no home directory, and no keyring ({absent})"
        );
        return Err(Diagnostic::error("secret/identity", message)
            .help("create one with `age-keygen` and set `MATRIXFORM_AGE_IDENTITY`"));
    };
    private_file::replace(file, identity.text().as_bytes()).map_err(|error| {
        let message = format!("{} cannot be written: {error}", file.display());
        Diagnostic::error("secret/identity", message)
    })?;
    Ok(identity.with_source(format!("the identity file {}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::NoKeyring;

    #[test]
    fn an_identity_is_created_once_and_opens_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let places = IdentityPlaces { variable: None, file: Some(at("config/age-identity")) };
        let ring = NoKeyring("no bus".to_owned());
        let make =
            |name: &str| create(&at(name), &places, &ring, IdentityHome::KeyringElseFile, &[], &[]);
        let first = make("a.age").unwrap();
        let second = make("b.age").unwrap();
        assert!(first.is_new && !second.is_new);
        assert_eq!(first.recipients, second.recipients);
        assert_eq!(make("a.age").unwrap_err().code, "secret/exists");
        let identity = find(&places, &ring).unwrap().unwrap();
        let document = AgeFile::new(at("a.age")).load(&identity).unwrap();
        assert_eq!(document.recipients, first.recipients);
        let others = AgeIdentity::generate();
        let error = AgeFile::new(at("a.age")).load(&others).err().unwrap();
        assert_eq!(error.code, "secret/not-a-recipient");
    }
}
