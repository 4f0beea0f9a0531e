//! `matrixform secrets import`: copies values from the other stores, a file or the host into the store for new
//! secrets. All or none; a different stored value stays unless it is named.

use super::args::SecretsImportArgs;
use super::{check_form, from_host, one, over};
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::Project;
use crate::secret::{OverwritePolicy, PLAN_KEY, Secret, Store, StoreResult};
use std::collections::BTreeMap;

/// A value, and where it was found.
pub(super) type FoundValue = (Secret, String);

/// Runs the command.
pub(super) async fn import(
    project: &Project,
    args: &SecretsImportArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let wanted = |name: &str| args.only.is_empty() || args.only.iter().any(|only| only == name);
    let mut found = if args.from_host {
        from_host::read(project, output).await?
    } else if let Some(file) = &args.from {
        let secrets = project.secrets.read_file(file).map_err(one)?.into_values();
        secrets.map(|secret| (secret, file.display().to_string())).collect()
    } else {
        elsewhere(project)?
    };
    found.retain(|(secret, _)| wanted(secret.name()));
    let missed = args.only.iter().find(|only| !found.iter().any(|(one, _)| one.name() == *only));
    if let Some(name) = missed {
        let message = format!("there is no `{name}` to import");
        return Err(one(Diagnostic::error("secret/missing", message)));
    }
    store(project, args, &found, output)
}

/// Returns what the stores other than the one for new secrets have of the secrets that the spec names.
fn elsewhere(project: &Project) -> Result<Vec<FoundValue>, Problems> {
    if !matches!(project.secrets.home(), Store::Age(_)) {
        let message = "there is no age file to import into";
        return Err(one(Diagnostic::error("secret/no-age-file", message).help(
            "create it with `matrixform secrets create`, or name the source: `--from FILE`, `--from-host`",
        )));
    }
    let mut found = Vec::new();
    for name in super::names(project) {
        let elsewhere = project.secrets.elsewhere(name).map_err(one)?;
        found.extend(elsewhere.map(|(secret, store)| (secret, store.to_string())));
    }
    Ok(found)
}

fn store(
    project: &Project,
    args: &SecretsImportArgs,
    found: &[FoundValue],
    output: &mut Output,
) -> Result<Exit, Problems> {
    let secrets: Vec<Secret> = found.iter().map(|(secret, _)| secret.clone()).collect();
    secrets.iter().try_for_each(|secret| check_form(project, secret)).map_err(one)?;
    let policy = |name: &str| {
        let replace = args.replace.iter().any(|replace| replace == name);
        match over(project, name, replace) {
            // The host's value is the one in use.
            OverwritePolicy::Permanent(_) if args.from_host && replace => {
                OverwritePolicy::KeepPrevious
            }
            OverwritePolicy::Permanent(_) if args.from_host => OverwritePolicy::Refuse,
            // A new plan key from `create` is unused; the imported one made the versions on the hosts.
            _ if name == PLAN_KEY => OverwritePolicy::Replace,
            over => over,
        }
    };
    // Decided before the store is locked.
    let policies: BTreeMap<&str, OverwritePolicy> =
        secrets.iter().map(|secret| (secret.name(), policy(secret.name()))).collect();
    let put = |name: &str| policies.get(name).copied().unwrap_or(OverwritePolicy::Refuse);
    let puts = project.secrets.put(&secrets, &put).map_err(one)?;
    let home = project.secrets.home();
    for ((secret, from), put) in found.iter().zip(&puts) {
        let name = secret.name();
        output.result(&match put {
            StoreResult::New => format!("{name}: imported from {from}"),
            StoreResult::Replaced => format!("{name}: replaced from {from}"),
            StoreResult::Same => format!("{name}: already there"),
        });
    }
    let count = puts.iter().filter(|put| **put != StoreResult::Same).count();
    let message = format!("imported {count} of {} into {home}", puts.len());
    output.problems(&[Diagnostic::note("secret/imported", message)]);
    Ok(Exit::Done)
}
