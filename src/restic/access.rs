//! Access to one repository for restic, and its environment.

use crate::diagnostic::Diagnostic;
use crate::secret::Secret;
use std::collections::{BTreeMap, BTreeSet};

/// A repository with its secrets.
#[derive(Clone, Debug)]
pub struct ResticAccess {
    /// Its URL, without credentials.
    pub url: String,
    /// A user of the server, and their password.
    pub login: Option<(String, Secret)>,
    /// The password that encrypts it.
    pub password: Secret,
    /// Secrets, by the environment variables that the storage backend reads.
    pub environment: Vec<(String, Secret)>,
}

impl ResticAccess {
    /// Returns the environment variables for it; restic's own begin with `prefix`.
    ///
    /// # Errors
    ///
    /// A secret cannot be an environment variable.
    pub(super) fn variables(&self, prefix: &str) -> Result<Vec<(String, String)>, Diagnostic> {
        let mut variables = vec![
            (format!("{prefix}REPOSITORY"), self.full_url()),
            // Trimmed, as restic does when it reads a password file on the host.
            (format!("{prefix}PASSWORD"), text(&self.password)?.trim().to_owned()),
        ];
        for (name, secret) in &self.environment {
            variables.push((name.clone(), text(secret)?));
        }
        Ok(variables)
    }

    /// Returns the URL with the login, which restic before 0.17 accepts nowhere else.
    fn full_url(&self) -> String {
        let Some((user, password)) = &self.login else { return self.url.clone() };
        let Some((scheme, rest)) = self.url.split_once("://") else { return self.url.clone() };
        let password = password.expose();
        let password = password.strip_suffix(b"\n").unwrap_or(password);
        format!("{scheme}://{}:{}@{rest}", encoded(user.as_bytes()), encoded(password))
    }
}

fn text(secret: &Secret) -> Result<String, Diagnostic> {
    let text = std::str::from_utf8(secret.expose()).ok().filter(|text| !text.contains('\0'));
    text.map(str::to_owned).ok_or_else(|| {
        let message = format!("the secret `{}` is not text that restic accepts", secret.name());
        Diagnostic::error("restic/secret", message)
    })
}

/// Percent-encodes each byte for a URL.
fn encoded(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// Returns this program's environment with the given variables. Its own restic variables are dropped, and so are those
/// of a storage backend for which any is given: half of one login and half of another would not work.
pub(super) fn merged(
    own: &BTreeMap<String, String>,
    given: &[(String, String)],
) -> BTreeMap<String, String> {
    let family = |name: &str| name.split('_').next().unwrap_or_default().to_owned();
    let families: BTreeSet<String> = given.iter().map(|(name, _)| family(name)).collect();
    let is_kept = |name: &str| {
        let is_restics = name.starts_with("RESTIC_") && name != "RESTIC_CACHE_DIR";
        !is_restics && (name == "RESTIC_CACHE_DIR" || !families.contains(&family(name)))
    };
    let mut merged: BTreeMap<String, String> = own
        .iter()
        .filter(|(name, _)| is_kept(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    merged.extend(given.iter().cloned());
    merged.insert("RESTIC_PROGRESS_FPS".to_owned(), "1".to_owned());
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_escaped_in_the_url() {
        let access = ResticAccess {
            url: "rest:https://example.org/a/".to_owned(),
            login: Some(("ada".to_owned(), Secret::new("x", "p@:/?\n"))),
            password: Secret::new("y", " word\n"),
            environment: vec![("AWS_SECRET_ACCESS_KEY".to_owned(), Secret::new("z", "k"))],
        };
        let variables: BTreeMap<String, String> =
            access.variables("RESTIC_FROM_").unwrap().into_iter().collect();
        assert_eq!(
            variables["RESTIC_FROM_REPOSITORY"],
            "rest:https://%61%64%61:%70%40%3A%2F%3F@example.org/a/"
        );
        assert_eq!(variables["RESTIC_FROM_PASSWORD"], "word");
        assert_eq!(variables["AWS_SECRET_ACCESS_KEY"], "k");
        let odd = ResticAccess { password: Secret::new("y", "a\0b"), ..access };
        assert!(odd.variables("RESTIC_").is_err());
    }

    #[test]
    fn settings_of_other_repositories_are_dropped() {
        let own =
            ["PATH", "RESTIC_PASSWORD_FILE", "RESTIC_CACHE_DIR", "AWS_SESSION_TOKEN", "B2_KEY"];
        let own = own.map(|name| (name.to_owned(), "own".to_owned())).into();
        let given = [("AWS_ACCESS_KEY_ID", "id"), ("RESTIC_PASSWORD", "word")];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let merged = merged(&own, &given);
        let names: Vec<&str> = merged.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "AWS_ACCESS_KEY_ID",
                "B2_KEY",
                "PATH",
                "RESTIC_CACHE_DIR",
                "RESTIC_PASSWORD",
                "RESTIC_PROGRESS_FPS"
            ]
        );
    }
}
