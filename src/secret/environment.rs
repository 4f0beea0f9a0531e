//! Secrets from environment variables. The caller passes the variables in: only the command line reads them.

use super::Secret;
use crate::diagnostic::Diagnostic;
use std::collections::{BTreeMap, HashMap};

const PREFIX: &str = "MATRIXFORM_SECRET_";

/// Returns the environment variable of a secret: `MATRIXFORM_SECRET_SYNAPSE_DB_PASSWORD` for `synapse/db-password`.
pub fn variable(name: &str) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{PREFIX}{}", name.chars().map(upper).collect::<String>())
}

/// The variables that contain secrets.
pub(super) struct EnvironmentStore {
    values: BTreeMap<String, Secret>,
}

impl EnvironmentStore {
    /// Keeps those of `variables` that contain secrets.
    pub(super) fn new(variables: HashMap<String, String>) -> EnvironmentStore {
        let ours = variables.into_iter().filter(|(variable, _)| variable.starts_with(PREFIX));
        let values = ours.map(|(variable, value)| {
            let secret = Secret::new(variable.as_str(), value);
            (variable, secret)
        });
        EnvironmentStore { values: values.collect() }
    }

    /// Returns the secret, if its variable is set. An empty one is an error, not a missing secret: pipelines pass an
    /// empty value for a secret that they were not allowed to read.
    pub(super) fn get(&self, name: &str) -> Result<Option<Secret>, Diagnostic> {
        let variable = variable(name);
        let Some(value) = self.values.get(&variable) else { return Ok(None) };
        if value.expose().is_empty() {
            let message = format!("the environment variable `{variable}` is empty");
            let help = "set its value, or unset it so that the other stores are used";
            return Err(Diagnostic::error("secret/empty", message).help(help));
        }
        Ok(Some(Secret::new(name, value.expose())))
    }

    /// Returns all values, for masking.
    pub(super) fn all(&self) -> impl Iterator<Item = &Secret> {
        self.values.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_variables() {
        assert_eq!(variable("synapse/db-password"), "MATRIXFORM_SECRET_SYNAPSE_DB_PASSWORD");
    }

    #[test]
    fn an_empty_variable_is_an_error() {
        let set = |value: &str| {
            EnvironmentStore::new(HashMap::from([(variable("a/b"), value.to_owned())])).get("a/b")
        };
        assert_eq!(set("value").unwrap().unwrap().expose(), b"value");
        assert_eq!(set("").unwrap_err().code, "secret/empty");
    }
}
