//! The recipients of the age file; every change re-encrypts the file.

use super::age::{Created, IdentityHome, Recipient, create};
use super::stores::Stores;
use crate::diagnostic::Diagnostic;
use zeroize::Zeroizing;

impl Stores {
    /// Creates the age file of these stores, for this user and `others`.
    ///
    /// # Errors
    ///
    /// The secrets cannot be locked (`secret/lock`), the file already exists (`secret/exists`), the identity cannot be
    /// read or stored, or the file cannot be written.
    pub fn create_age(
        &self,
        home: IdentityHome,
        others: &[Recipient],
    ) -> Result<Created, Diagnostic> {
        let Some(file) = &self.age else {
            return Err(Diagnostic::bug("an age file without a spec to stand beside"));
        };
        let _lock = self.lock()?;
        create(file.path(), &self.identity, self.keyring.as_ref(), home, others, &[])
    }

    /// Returns everyone who can open the age file, and the public keys of this user.
    ///
    /// # Errors
    ///
    /// There is no age file (`secret/no-age-file`), no identity is found here (`secret/no-identity`), or it does not
    /// open the file.
    pub fn recipients(&self) -> Result<(Vec<Recipient>, Vec<String>), Diagnostic> {
        let Some(file) = self.age_file() else { return Err(self.no_age_file()) };
        Ok((self.open_age(file)?.recipients, self.age_identity()?.publics()))
    }

    /// Re-encrypts the age file for the recipients that `change` derives from the present ones, and returns them.
    /// Nobody can lock themselves out.
    ///
    /// # Errors
    ///
    /// There is no age file (`secret/no-age-file`), it cannot be opened or written, `change` fails, or the current user
    /// would no longer be a recipient (`secret/recipients`).
    pub fn change_recipients(
        &self,
        change: &mut dyn FnMut(&mut Vec<Recipient>) -> Result<(), Diagnostic>,
    ) -> Result<Vec<Recipient>, Diagnostic> {
        let Some(file) = self.age_file() else { return Err(self.no_age_file()) };
        let _lock = self.lock()?;
        let mut document = self.open_age(file)?;
        let own = self.age_identity()?.publics();
        // A file made by hand lists no recipients: then this user comes first.
        let unnamed = document.recipients.is_empty();
        change(&mut document.recipients)?;
        if !document.recipients.iter().any(|one| own.contains(&one.key)) {
            let key = own.first().filter(|_| unnamed).ok_or_else(locked_out)?;
            document.recipients.insert(0, Recipient::new(key, "")?);
        }
        file.save(&document)?;
        self.state().aged = Some(document.secrets);
        Ok(document.recipients)
    }

    /// Returns the identity that opens the age file, in the format of `age-keygen`: only for a recovery kit.
    ///
    /// # Errors
    ///
    /// No identity is found here (`secret/no-identity`), or the one that is found cannot be read.
    pub fn identity_text(&self) -> Result<Zeroizing<String>, Diagnostic> {
        self.age_identity().map(|identity| identity.text())
    }

    fn no_age_file(&self) -> Diagnostic {
        let path = self.age.as_ref().map(|file| file.path().display().to_string());
        let message = format!("there is no age file {}", path.unwrap_or_default());
        Diagnostic::error("secret/no-age-file", message)
            .help("create it with `matrixform secrets create`")
    }
}

fn locked_out() -> Diagnostic {
    let message = "this would remove your own access to the age file";
    Diagnostic::error("secret/recipients", message)
        .help("first add another identity of your own, and use that")
}
