//! The Secret Service of a desktop session, through the crate keyring. Its calls block on D-Bus, so each runs in its
//! own thread: a blocking D-Bus call inside an async runtime panics.

use super::keyring::{Keyring, KeyringFailure, SERVICE};
use keyring::{Entry, Error};

/// The desktop's keyring.
pub(super) struct Desktop;

impl Keyring for Desktop {
    fn get(&self, account: &str) -> Result<Option<Vec<u8>>, KeyringFailure> {
        match apart(|| entry(account)?.get_secret().map_err(refused)) {
            Ok(value) => Ok(Some(value)),
            Err(Failure::NoEntry) => Ok(None),
            Err(Failure::Real(failure)) => Err(failure),
        }
    }

    fn set(&self, account: &str, value: &[u8]) -> Result<(), KeyringFailure> {
        apart(|| entry(account)?.set_secret(value).map_err(refused)).map_err(
            |failure| match failure {
                Failure::NoEntry => KeyringFailure::Refused("it took no entry".to_owned()),
                Failure::Real(failure) => failure,
            },
        )
    }

    fn remove(&self, account: &str) -> Result<(), KeyringFailure> {
        match apart(|| entry(account)?.delete_credential().map_err(refused)) {
            Ok(()) | Err(Failure::NoEntry) => Ok(()),
            Err(Failure::Real(failure)) => Err(failure),
        }
    }
}

enum Failure {
    NoEntry,
    Real(KeyringFailure),
}

/// The first call connects; without a session bus it fails at once with that reason.
fn entry(account: &str) -> Result<Entry, Failure> {
    let absent = |error: &Error| Failure::Real(KeyringFailure::Absent(error.to_string()));
    Entry::store_status().as_ref().map_err(absent)?;
    Entry::new(SERVICE, account).map_err(|error| absent(&error))
}

/// Uses only the kind of the error and the platform's message: other variants contain the stored bytes.
fn refused(error: Error) -> Failure {
    match error {
        Error::NoEntry => Failure::NoEntry,
        error => Failure::Real(KeyringFailure::Refused(error.to_string())),
    }
}

fn apart<T: Send>(call: impl FnOnce() -> Result<T, Failure> + Send) -> Result<T, Failure> {
    std::thread::scope(|scope| scope.spawn(call).join()).unwrap_or_else(|_| {
        Err(Failure::Real(KeyringFailure::Refused("its client crashed".to_owned())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test environment usually has no session bus; with one, an unknown account has no value, and a locked store
    /// is not queried. tests/cli uses a real Secret Service.
    #[tokio::test]
    async fn a_missing_session_is_reported_immediately() {
        let begun = std::time::Instant::now();
        let said = Desktop.get("test/none");
        match std::env::var_os("DBUS_SESSION_BUS_ADDRESS") {
            None => assert!(matches!(said, Err(KeyringFailure::Absent(_)))),
            Some(_) => assert!(!matches!(said, Ok(Some(_)))),
        }
        assert!(begun.elapsed().as_secs() < 5);
    }
}
