//! How the accounts of the homeserver are reached: the one `[accounts]` of the modules in use.

use super::run::Runner;
use super::universe::Universe;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::expansion::AccountService;

/// The service, where a module of the spec has one.
pub(super) fn service(
    runner: &Runner,
    universe: &Universe<'_>,
) -> Result<Option<AccountService>, Problems> {
    let mut forms = universe.world.modules.iter().filter_map(|one| one.accounts.as_ref());
    let Some(form) = forms.next() else { return Ok(None) };
    let value = runner.form(form, &universe.frame)?;
    let read = serde_json::to_value(&value).and_then(serde_json::from_value);
    read.map(Some).map_err(|error| {
        let message = format!("`[accounts]` cannot be read: {error}");
        vec![Diagnostic::error("module/accounts", message).at(&form.place)]
    })
}
