//! restic on this machine: found in PATH, asked for its version, and run with all settings in its own environment.
//! Secrets are never in arguments or in files. Its output is limited.

mod access;
mod child;
mod error;

pub use access::ResticAccess;
pub use error::{ResticError, advice};

use crate::diagnostic::{Diagnostic, visible};
use child::{Ended, Progress};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The oldest version that can copy between repositories this way.
const OLDEST: (u32, u32) = (0, 14);

/// The limit for `restic version`.
const VERSION_TIMEOUT: Duration = Duration::from_secs(20);

/// The limit for the first access to a repository; restic retries an unreachable server for a quarter of an hour.
const LIST_TIMEOUT: Duration = Duration::from_secs(180);

/// restic, and the environment of this program.
pub struct Restic {
    program: PathBuf,
    variables: BTreeMap<String, String>,
    /// Its version, as printed: `0.14.0`.
    pub version: String,
}

impl Restic {
    /// Finds it in the PATH of these variables.
    ///
    /// # Errors
    ///
    /// It is missing, does not run, or is too old.
    pub async fn find(variables: &BTreeMap<String, String>) -> Result<Restic, Diagnostic> {
        let path = variables.get("PATH").map(String::as_str).unwrap_or_default();
        let directories = path.split(':').filter(|directory| directory.starts_with('/'));
        let program = directories.map(|directory| PathBuf::from(directory).join("restic"));
        let Some(program) = program.into_iter().find(|program| is_program(program)) else {
            let message = "restic is not installed on this machine, and this command needs it here";
            return Err(Diagnostic::error("restic/missing", message).help(INSTALL));
        };
        let mut restic = Restic { program, variables: variables.clone(), version: String::new() };
        let ended = restic.child(&[], &["version"], Some(VERSION_TIMEOUT), &mut |_| {}).await?;
        let output = String::from_utf8_lossy(&ended.out).into_owned();
        let version =
            output.strip_prefix("restic ").and_then(|rest| rest.split_whitespace().next());
        let version = version.filter(|_| ended.is_good).ok_or_else(|| {
            let message = format!("`{} version` does not run", restic.program.display());
            Diagnostic::error("restic/unusable", message).note_line(visible(output.trim()))
        })?;
        if number(version).is_none_or(|version| version < OLDEST) {
            let message = format!("restic {} is too old: 0.14 is needed", visible(version));
            return Err(Diagnostic::error("restic/old", message).help(INSTALL));
        }
        restic.version = visible(version);
        Ok(restic)
    }

    /// Whether a repository exists that its password opens.
    ///
    /// # Errors
    ///
    /// Any failure other than a missing repository.
    pub async fn exists(&self, at: &ResticAccess) -> Result<bool, Diagnostic> {
        let given = at.variables("RESTIC_")?;
        let args = ["cat", "config", "--no-lock"];
        let ended = self.child(&given, &args, Some(LIST_TIMEOUT), &mut |_| {}).await?;
        match ResticError::of(&ended, at) {
            None => Ok(true),
            Some(complaint) if complaint.is_absent() => Ok(false),
            Some(complaint) => Err(complaint.diagnostic(at, "opening it")),
        }
    }

    /// Runs it on a repository; returns its output.
    ///
    /// # Errors
    ///
    /// It failed, with its own message.
    pub async fn at(&self, at: &ResticAccess, args: &[&str]) -> Result<Vec<u8>, ResticError> {
        let given = at.variables("RESTIC_").map_err(ResticError::unusable)?;
        self.run(at, &given, args, &mut |_| {}).await
    }

    /// The same for long operations: each line is reported as it arrives.
    ///
    /// # Errors
    ///
    /// It failed, with its own message.
    pub async fn work(
        &self,
        at: &ResticAccess,
        args: &[&str],
        progress: &mut Progress<'_>,
    ) -> Result<Vec<u8>, ResticError> {
        let given = at.variables("RESTIC_").map_err(ResticError::unusable)?;
        self.run(at, &given, args, progress).await
    }

    /// The same on a repository into which another one is copied.
    ///
    /// # Errors
    ///
    /// It failed, with its own message.
    pub async fn copy(
        &self,
        from: &ResticAccess,
        to: &ResticAccess,
        args: &[&str],
        progress: &mut Progress<'_>,
    ) -> Result<Vec<u8>, ResticError> {
        let given = to.variables("RESTIC_").and_then(|mut given| {
            given.extend(from.variables("RESTIC_FROM_")?);
            Ok(given)
        });
        self.run(from, &given.map_err(ResticError::unusable)?, args, progress).await
    }

    async fn run(
        &self,
        at: &ResticAccess,
        given: &[(String, String)],
        args: &[&str],
        progress: &mut Progress<'_>,
    ) -> Result<Vec<u8>, ResticError> {
        let ended = self.child(given, args, None, progress).await.map_err(ResticError::unusable)?;
        match ResticError::of(&ended, at) {
            None => Ok(ended.out),
            Some(complaint) => Err(complaint),
        }
    }

    async fn child(
        &self,
        given: &[(String, String)],
        args: &[&str],
        limit: Option<Duration>,
        progress: &mut Progress<'_>,
    ) -> Result<Ended, Diagnostic> {
        let variables = access::merged(&self.variables, given);
        child::run(&self.program, args, &variables, limit, progress).await
    }
}

/// Returns the beginning of a snapshot's id (8 digits), as restic shows and accepts it.
pub fn short_id(id: &str) -> String {
    id.chars().take(8).collect()
}

/// How to install it.
const INSTALL: &str = "install it: `apt install restic`, `dnf install restic`, `brew install restic`, or https://restic.net";

fn is_program(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, is_enough) in
            [("0.14.0", true), ("0.9.6", false), ("0.18.0-dev", true), ("1.0", true), ("x", false)]
        {
            assert_eq!(
                number(version).is_some_and(|version| version >= OLDEST),
                is_enough,
                "{version}"
            );
        }
    }
}
