//! The identity that opens age files, and its sources: the environment, a file of this user's own, the keyring. The
//! first source that has one is used; a source that refuses is an error.

use crate::diagnostic::Diagnostic;
use crate::secret::access;
use crate::secret::keyring::{Keyring, KeyringFailure, SERVICE};
use ::age::secrecy::ExposeSecret;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use zeroize::Zeroizing;

/// The account of the identity in the keyring: one for all inventories of a user.
pub(in crate::secret) const ACCOUNT: &str = "age-identity";

/// The variable that holds an identity, or the path of its file.
const VARIABLE: &str = "MATRIXFORM_AGE_IDENTITY";

/// The prefix of a private key.
const PREFIX: &str = "AGE-SECRET-KEY-1";

/// The places to look for identities, besides the keyring.
#[derive(Clone, Debug, Default)]
pub struct IdentityPlaces {
    /// The value of `MATRIXFORM_AGE_IDENTITY`: an identity, or the path of its file.
    pub variable: Option<String>,
    /// The usual file, such as `~/.config/matrixform/age-identity`.
    pub file: Option<PathBuf>,
}

/// Private keys from one source.
pub(in crate::secret) struct AgeIdentity {
    keys: Vec<::age::x25519::Identity>,
    /// The source, in words.
    pub(in crate::secret) from: String,
}

impl AgeIdentity {
    /// Generates a new identity.
    pub(super) fn generate() -> AgeIdentity {
        AgeIdentity {
            keys: vec![::age::x25519::Identity::generate()],
            from: "a new one".to_owned(),
        }
    }

    /// Returns the identity with this place as its source.
    pub(super) fn with_source(self, from: String) -> AgeIdentity {
        AgeIdentity { from, ..self }
    }

    /// Parses the output of `age-keygen`: one key per line, comments. No message quotes a line.
    fn parse(text: &str, from: String) -> Result<AgeIdentity, Diagnostic> {
        let lines = text.lines().map(str::trim).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let keys =
            lines.map(|(at, line)| ::age::x25519::Identity::from_str(line).map_err(|_| at + 1));
        let wrong = |what: String| {
            Diagnostic::error("secret/identity", format!("{from}: {what}")).help(format!(
                "an identity is a line starting with `{PREFIX}`, as printed by `age-keygen`"
            ))
        };
        let keys = keys
            .collect::<Result<Vec<_>, usize>>()
            .map_err(|line| wrong(format!("line {line} is not an age identity")))?;
        if keys.is_empty() {
            return Err(wrong("it contains no age identity".to_owned()));
        }
        // Following a recovery kit's steps may have added a key twice.
        let mut different: Vec<::age::x25519::Identity> = Vec::new();
        for key in keys {
            let public = key.to_public().to_string();
            if !different.iter().any(|known| known.to_public().to_string() == public) {
                different.push(key);
            }
        }
        Ok(AgeIdentity { keys: different, from })
    }

    /// Returns the private keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &dyn ::age::Identity> {
        self.keys.iter().map(|key| key as &dyn ::age::Identity)
    }

    /// Returns the public halves.
    pub(in crate::secret) fn publics(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.to_public().to_string()).collect()
    }

    /// Formats it like `age-keygen`, for a store or a recovery kit.
    pub(in crate::secret) fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for key in &self.keys {
            text.push_str(key.to_string().expose_secret());
            text.push('\n');
        }
        text
    }
}

/// Finds the identity; if there is none, returns what was tried, one line each.
pub(in crate::secret) fn find(
    places: &IdentityPlaces,
    keyring: &dyn Keyring,
) -> Result<Result<AgeIdentity, Vec<String>>, Diagnostic> {
    let mut tried = Vec::new();
    match places.variable.as_deref().filter(|value| !value.is_empty()) {
        Some(value) => return variable(value).map(Ok),
        None => tried.push(format!("tried the environment: `{VARIABLE}` is not set")),
    }
    if let Some(file) = &places.file {
        if let Some(text) = access::read(file, "identity file")? {
            return AgeIdentity::parse(&text, format!("the identity file {}", file.display()))
                .map(Ok);
        }
        tried.push(format!("tried the file {}: it does not exist", file.display()));
    }
    match keyring.get(ACCOUNT) {
        Ok(Some(value)) => {
            let value = Zeroizing::new(value);
            let text = Zeroizing::new(String::from_utf8_lossy(&value).into_owned());
            AgeIdentity::parse(&text, format!("the keyring's account `{ACCOUNT}`")).map(Ok)
        }
        Ok(None) => {
            tried.push(format!("tried the keyring: it has no account `{ACCOUNT}`"));
            Ok(Err(tried))
        }
        Err(KeyringFailure::Absent(reason)) => {
            tried.push(format!("tried the keyring: not available ({reason})"));
            Ok(Err(tried))
        }
        Err(KeyringFailure::Refused(reason)) => Err(refused(&reason)),
    }
}

fn variable(value: &str) -> Result<AgeIdentity, Diagnostic> {
    if value.trim_start().starts_with(PREFIX) || value.trim_start().starts_with('#') {
        return AgeIdentity::parse(value, format!("the environment variable `{VARIABLE}`"));
    }
    let path = Path::new(value);
    let text = access::read(path, "identity file")?.ok_or_else(|| {
        let what = format!("`{VARIABLE}` is neither an identity nor the path of a file");
        Diagnostic::error("secret/identity", what)
            .help(format!("set it to `{PREFIX}…`, or to the path of a file that contains it"))
    })?;
    AgeIdentity::parse(&text, format!("the identity file {value}"))
}

/// Returns the error for a keyring that exists but does not answer.
fn refused(reason: &str) -> Diagnostic {
    let message = format!("the keyring did not return the age identity: {reason}");
    Diagnostic::error("secret/keyring", message).help(format!(
        "unlock the keyring (its `{SERVICE}` entry `{ACCOUNT}`), or set `{VARIABLE}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::NoKeyring;
    use std::os::unix::fs::PermissionsExt;

    fn look(places: &IdentityPlaces) -> Result<Result<AgeIdentity, Vec<String>>, Diagnostic> {
        find(places, &NoKeyring("no session bus".to_owned()))
    }

    #[test]
    fn the_environment_gives_a_value_or_a_file() {
        let identity = AgeIdentity::generate();
        let value = Some(identity.text().to_string());
        let found = look(&IdentityPlaces { variable: value, file: None }).unwrap().unwrap();
        assert_eq!(found.publics(), identity.publics());
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("id");
        std::fs::write(&path, format!("# made\n\n{}", *identity.text())).unwrap();
        let variable = Some(path.display().to_string());
        let places = IdentityPlaces { variable, file: None };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(look(&places).err().unwrap().code, "secret/file-access");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(look(&places).unwrap().unwrap().publics(), identity.publics());
    }

    #[test]
    fn a_repeated_key_counts_once() {
        let text = AgeIdentity::generate().text();
        let twice = format!("{}{}", *text, *text);
        let places = IdentityPlaces { variable: Some(twice), file: None };
        assert_eq!(look(&places).unwrap().unwrap().publics().len(), 1);
    }

    #[test]
    fn no_message_quotes_an_identity() {
        for text in ["AGE-SECRET-KEY-1CANARY", "# x\nAGE-SECRET-KEY-1CANARY\n", "/no/CANARY/file"] {
            let places = IdentityPlaces { variable: Some(text.to_owned()), file: None };
            let shown = look(&places).err().unwrap().render(false);
            assert!(!shown.contains("CANARY"), "{shown}");
        }
    }

    #[test]
    fn attempts_are_reported() {
        let file = Some(PathBuf::from("/nowhere/age-identity"));
        let tried = look(&IdentityPlaces { variable: None, file }).unwrap().err().unwrap();
        assert_eq!(tried.len(), 3, "{tried:?}");
    }
}
