//! How the operator's machine reaches a repository: with the host's own credentials to read, with others to delete.

use crate::diagnostic::Diagnostic;
use crate::module::RepositoryAccess;
use crate::restic::ResticAccess;
use crate::secret::{Secret, SecretSource};
use std::collections::BTreeMap;

/// Returns access with credentials that can read: the host's own or, if the repository is a directory on the host,
/// those for removing snapshots.
///
/// # Errors
///
/// The repository is a directory on the host and has no `prune.url`, or a secret is missing.
pub fn reading(
    repository: &RepositoryAccess,
    secrets: &dyn SecretSource,
) -> Result<ResticAccess, Diagnostic> {
    if !repository.url.starts_with('/') {
        let login = (repository.user.as_deref(), repository.user_password.as_deref());
        return access(repository, &repository.url, login, &repository.environment, secrets);
    }
    if repository.prune.as_ref().is_some_and(|prune| prune.url.is_some()) {
        return deleting(repository, secrets);
    }
    let (name, url) = (&repository.name, &repository.url);
    let message = format!("`{name}` is a directory on the host ({url}), not reached from here");
    Err(Diagnostic::error("backup/on-host", message)
        .help(format!("add `prune.url`, such as `sftp:root@host:{url}`")))
}

/// Returns access with the credentials that may delete.
///
/// # Errors
///
/// The spec has none, or a secret is missing.
pub fn deleting(
    repository: &RepositoryAccess,
    secrets: &dyn SecretSource,
) -> Result<ResticAccess, Diagnostic> {
    let name = &repository.name;
    let Some(prune) = repository.prune.as_ref().filter(|_| repository.has_prune()) else {
        let message = format!("the spec has no credentials that may delete in `{name}`");
        return Err(Diagnostic::error("backup/no-prune", message).help(
            "add `prune` to the repository, with a `user` who may delete; `matrixform explain backup.repositories.prune` lists the options",
        ));
    };
    let url = prune.url.as_deref().unwrap_or(&repository.url);
    let login = (prune.user.as_deref(), prune.user_password.as_deref());
    access(repository, url, login, &prune.environment, secrets)
}

fn access(
    repository: &RepositoryAccess,
    url: &str,
    (user, user_password): (Option<&str>, Option<&str>),
    environment: &Option<BTreeMap<String, String>>,
    secrets: &dyn SecretSource,
) -> Result<ResticAccess, Diagnostic> {
    let login = match (user, user_password) {
        (Some(user), Some(password)) => Some((user, secrets.secret(password, None)?)),
        _ => None,
    };
    let environment = environment.iter().flatten();
    let environment = environment
        .map(|(name, secret)| Ok((name.clone(), secrets.secret(secret, None)?)))
        .collect::<Result<Vec<(String, Secret)>, Diagnostic>>()?;
    Ok(ResticAccess {
        url: url.to_owned(),
        login: login.map(|(user, password)| (user.to_owned(), password)),
        password: secrets.secret(&repository.password, None)?,
        environment,
    })
}
