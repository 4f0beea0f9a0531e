//! The services of the used modules that commands work with: the single `[accounts]` and the single `[backups]`.

use super::host_values::HostValues;
use super::run::Runner;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::expansion::{AccountService, BackupService};
use crate::module::form::Form;
use crate::module::manifest::Manifest;
use serde::de::DeserializeOwned;

/// How to reach the accounts of the homeserver, if a module of the spec has them.
pub(super) fn accounts(
    runner: &Runner,
    universe: &HostValues<'_>,
) -> Result<Option<AccountService>, Problems> {
    service(runner, universe, ("accounts", "module/accounts"), |module| module.accounts.as_ref())
}

/// How to reach the backups, if a module of the spec makes them.
pub(super) fn backups(
    runner: &Runner,
    universe: &HostValues<'_>,
) -> Result<Option<BackupService>, Problems> {
    service(runner, universe, ("backups", "module/backups"), |module| module.backups.as_ref())
}

fn service<T: DeserializeOwned>(
    runner: &Runner,
    universe: &HostValues<'_>,
    (key, code): (&str, &'static str),
    form: impl Fn(&Manifest) -> Option<&Form>,
) -> Result<Option<T>, Problems> {
    let mut forms = universe.named_modules.modules.iter().filter_map(|module| form(module));
    let Some(form) = forms.next() else { return Ok(None) };
    let value = runner.form(form, &universe.frame)?;
    let read = serde_json::to_value(&value).and_then(serde_json::from_value);
    read.map(Some).map_err(|error| {
        let message = format!("`[{key}]` cannot be read: {error}");
        vec![Diagnostic::error(code, message).at(&form.place)]
    })
}
