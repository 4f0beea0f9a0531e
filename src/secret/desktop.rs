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

/// The first call connects; without a session bus it fails at once.
fn entry(account: &str) -> Result<Entry, Failure> {
    let absent = || Failure::Real(KeyringFailure::Absent(ABSENT.to_owned()));
    Entry::store_status().as_ref().map_err(|_| absent())?;
    Entry::new(SERVICE, account).map_err(|_| absent())
}

/// What is wrong if nothing answers: the library only knows D-Bus errors.
const ABSENT: &str = "no program in this session offers one, such as GNOME Keyring or KWallet";

/// Uses only the kind of the error: some variants contain the stored bytes, others the library's own words.
fn refused(error: Error) -> Failure {
    let why = match error {
        Error::NoEntry => return Failure::NoEntry,
        Error::NoStorageAccess(_) => "it is locked",
        Error::TooLong(..) => "the value is too long for it",
        Error::Ambiguous(_) => "it has several entries under this name",
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "what it holds is damaged",
        _ => "it could not be unlocked or did not answer",
    };
    Failure::Real(KeyringFailure::Refused(why.to_owned()))
}

fn apart<T: Send>(call: impl FnOnce() -> Result<T, Failure> + Send) -> Result<T, Failure> {
    std::thread::scope(|scope| scope.spawn(call).join()).unwrap_or_else(|_| {
        Err(Failure::Real(KeyringFailure::Refused("its client crashed".to_owned())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn library_messages_are_not_shown() {
        let platform = || "zbus: org.freedesktop.DBus.Error.ServiceUnknown".into();
        for (error, expected) in [
            (Error::NoStorageAccess(platform()), "it is locked"),
            (Error::PlatformFailure(platform()), "it could not be unlocked or did not answer"),
            (Error::BadEncoding(b"hunter2".to_vec()), "what it holds is damaged"),
        ] {
            match refused(error) {
                Failure::Real(KeyringFailure::Refused(why)) => assert_eq!(why, expected),
                _ => panic!("{expected}"),
            }
        }
    }

    /// The test environment usually has no session bus; with one, an unknown account has no value, and a locked store
    /// is not queried. tests/cli uses a real Secret Service.
    #[tokio::test]
    async fn a_missing_session_is_reported_immediately() {
        let begun = std::time::Instant::now();
        let result = Desktop.get("test/none");
        match std::env::var_os("DBUS_SESSION_BUS_ADDRESS") {
            None => assert_eq!(result, Err(KeyringFailure::Absent(ABSENT.to_owned()))),
            Some(_) => assert!(!matches!(result, Ok(Some(_)))),
        }
        assert!(begun.elapsed().as_secs() < 5);
    }
}
