//! Makes the home of an inventory's secrets: an identity of this user's, where there is none yet, and
//! an age file. What `secrets create` and `init` call.

use super::{ACCOUNT, AgeFile, Document, Identity, IdentityPlaces, Recipient, find};
use crate::diagnostic::Diagnostic;
use crate::secret::keyring::{Keyring, KeyringFailure};
use crate::secret::{Secret, replace};
use std::path::Path;

/// Where a new identity goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityHome {
    /// The keyring; a file of mode 0600 where there is none.
    KeyringElseFile,
    /// The usual file.
    File,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Where the identity is, in words.
    pub identity: String,
    /// Whether it is new.
    pub is_new: bool,
    /// Everybody who can open the file; this user first.
    pub recipients: Vec<Recipient>,
}

/// Makes the age file at `path` for this user and `others`, with these secrets in it. The identity is the one that `places` or
/// the keyring have; a new one is stored before the file is written, so that no crash leaves a file
/// that nobody can open. An error where the file is there already.
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
        let message = format!("{} is there already", path.display());
        return Err(Diagnostic::error("secret/exists", message)
            .help("with an identity that opens it, `matrixform secrets recipients` lets others in; a lost identity is in the recovery kit, or with the other recipients"));
    }
    let (identity, is_new) = match find(places, keyring)? {
        Ok(identity) => (identity, false),
        Err(_) => (store(Identity::generate(), places, keyring, home)?, true),
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

/// Stores a new identity, and says where.
fn store(
    identity: Identity,
    places: &IdentityPlaces,
    keyring: &dyn Keyring,
    home: IdentityHome,
) -> Result<Identity, Diagnostic> {
    let absent = match home {
        IdentityHome::File => "a file was asked for".to_owned(),
        IdentityHome::KeyringElseFile => match keyring.set(ACCOUNT, identity.text().as_bytes()) {
            Ok(()) => {
                let from = format!("the keyring's account `{ACCOUNT}`");
                return Ok(identity.kept_in(from));
            }
            Err(KeyringFailure::Absent(reason)) => reason,
            Err(KeyringFailure::Refused(reason)) => {
                let message = format!("the keyring does not take the age identity: {reason}");
                return Err(Diagnostic::error("secret/keyring", message)
                    .help("unlock it, or keep the identity in a file: `--identity file`"));
            }
        },
    };
    let Some(file) = &places.file else {
        let message =
            format!("there is no place for an age identity: no home, no keyring ({absent})");
        return Err(Diagnostic::error("secret/identity", message)
            .help("make one with `age-keygen` and set `MATRIXFORM_AGE_IDENTITY`"));
    };
    replace::replace(file, identity.text().as_bytes()).map_err(|error| {
        let message = format!("{} cannot be written: {error}", file.display());
        Diagnostic::error("secret/identity", message)
    })?;
    Ok(identity.kept_in(format!("the identity file {}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::NoKeyring;

    #[test]
    fn makes_an_identity_once_and_a_file_that_it_opens() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
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
        let others = Identity::generate();
        let error = AgeFile::new(at("a.age")).load(&others).err().unwrap();
        assert_eq!(error.code, "secret/not-a-recipient");
    }
}
