//! The operating system's keyring behind a trait, so that tests and builds without a desktop need none. A missing
//! keyring is reported; one that refuses is an error.

/// Why a keyring did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyringFailure {
    /// There is no keyring, for this reason.
    Absent(String),
    /// There is one, but it refused (locked, dismissed): its values must not count as missing.
    Refused(String),
}

/// A keyring.
pub trait Keyring: Send + Sync {
    /// Returns the value of an account, if it has one.
    ///
    /// # Errors
    ///
    /// There is no keyring (`KeyringFailure::Absent`), or it refuses (`KeyringFailure::Refused`).
    fn get(&self, account: &str) -> Result<Option<Vec<u8>>, KeyringFailure>;
    /// Stores a value.
    ///
    /// # Errors
    ///
    /// There is no keyring (`KeyringFailure::Absent`), or it refuses (`KeyringFailure::Refused`).
    fn set(&self, account: &str, value: &[u8]) -> Result<(), KeyringFailure>;
    /// Removes an account; a missing one is not an error.
    ///
    /// # Errors
    ///
    /// There is no keyring (`KeyringFailure::Absent`), or it refuses (`KeyringFailure::Refused`).
    fn remove(&self, account: &str) -> Result<(), KeyringFailure>;
}

/// The service under which all secrets are stored.
pub(super) const SERVICE: &str = "matrixform";

/// A missing keyring, for this reason.
pub struct NoKeyring(pub String);

impl Keyring for NoKeyring {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>, KeyringFailure> {
        Err(KeyringFailure::Absent(self.0.clone()))
    }

    fn set(&self, _: &str, _: &[u8]) -> Result<(), KeyringFailure> {
        Err(KeyringFailure::Absent(self.0.clone()))
    }

    fn remove(&self, _: &str) -> Result<(), KeyringFailure> {
        Err(KeyringFailure::Absent(self.0.clone()))
    }
}

/// Returns the keyring of this session.
#[cfg(feature = "desktop-keyring")]
pub fn desktop_keyring() -> Box<dyn Keyring> {
    Box::new(super::desktop::Desktop)
}

/// Returns the keyring of this session: this build supports none.
#[cfg(not(feature = "desktop-keyring"))]
pub fn desktop_keyring() -> Box<dyn Keyring> {
    Box::new(NoKeyring("this build has no keyring support".to_owned()))
}
