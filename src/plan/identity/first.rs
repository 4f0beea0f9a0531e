//! Whether a homeserver is only now being created, so that no one has an account there.

use super::super::secrets::needed_database;
use super::super::{Ledger, Plan};
use super::{IdentityCheck, deployed_key};
use crate::resource::{Action, Answers, Observed, Wanted};

/// Returns whether this plan creates the homeserver, or an earlier run that did not end well did. If the database is
/// elsewhere, the signing key stands for it.
pub fn creates_homeserver(
    identity_check: &IdentityCheck,
    wanted: &[Wanted],
    plan: &Plan,
    ledger: Option<&Ledger>,
) -> bool {
    let Some(file) = deployed_key::file(wanted) else { return false };
    // The host records it at the end of an apply.
    if identity_check.installation.identity.is_some() {
        return false;
    }
    let of = needed_database(file, wanted).unwrap_or(file).address();
    let mut items = plan.items.iter();
    let mut known = ledger.into_iter().flat_map(|ledger| &ledger.resources);
    items.any(|item| item.address == *of && item.change.action == Action::Create)
        || known.any(|entry| entry.made && entry.address == of.to_string())
}

/// Returns whether the homeserver's database is on the host; `None` if that cannot be seen, or if it is elsewhere.
pub fn has_database(wanted: &[Wanted], answers: &Answers) -> Option<bool> {
    let database = needed_database(deployed_key::file(wanted)?, wanted)?;
    match database.resource.observe(&database.context, answers) {
        Observed::Present(_) => Some(true),
        Observed::Absent => Some(false),
        Observed::Unknown(_) => None,
    }
}
