//! The keyring of the operating system behind a trait, so that tests and builds without a desktop
//! need none. No keyring at all is something to report; one that refuses is an error.

/// Why a keyring gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyringFailure {
    /// There is none here, for this reason.
    Absent(String),
    /// There is one, and it refused (locked, dismissed): its values must not be taken for missing.
    Refused(String),
}

/// A keyring.
pub trait Keyring: Send + Sync {
    /// The value of an account, if it has one.
    fn get(&self, account: &str) -> Result<Option<Vec<u8>>, KeyringFailure>;
    /// Stores a value.
    fn set(&self, account: &str, value: &[u8]) -> Result<(), KeyringFailure>;
    /// Removes an account; none there is fine.
    fn remove(&self, account: &str) -> Result<(), KeyringFailure>;
}

/// The service under which all secrets are stored.
pub(super) const SERVICE: &str = "matrixform";

/// No keyring, for this reason.
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

/// The keyring of this session.
#[cfg(feature = "desktop-keyring")]
pub fn desktop_keyring() -> Box<dyn Keyring> {
    Box::new(super::desktop::Desktop)
}

/// The keyring of this session: this build knows none.
#[cfg(not(feature = "desktop-keyring"))]
pub fn desktop_keyring() -> Box<dyn Keyring> {
    Box::new(NoKeyring("this build has no keyring support".to_owned()))
}
