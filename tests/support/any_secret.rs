//! A store with a value for every name, valid wherever a module takes a secret.

use matrixform::for_tests::diagnostic::Diagnostic;
use matrixform::for_tests::secret::{Secret, SecretSource};

/// The store.
pub(crate) struct Any;

impl SecretSource for Any {
    fn secret(&self, name: &str, _: Option<&str>) -> Result<Secret, Diagnostic> {
        Ok(Secret::new(name, "ed25519 a_test Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6MTIzNDU"))
    }
}
