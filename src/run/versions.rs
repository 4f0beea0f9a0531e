//! What a look knows of the secrets in use: their names, and which values they have here and on the host.

use super::{DesiredState, Project, SecretValues};
use crate::diagnostic::{Diagnostic, Problems};
use crate::plan::shown::{self, SecretVersions, Secrets, Shown};
use crate::plan::{Ledger, Plan, changing, secret_names, secrets_in_use};
use crate::resource::{Answers, Wanted};
use crate::secret::{PLAN_KEY, PlanKey, Secret, variable};
use std::collections::{BTreeMap, BTreeSet};

/// The secrets of a look.
#[derive(Debug, Default)]
pub struct InUse {
    names: BTreeSet<String>,
    there: Option<BTreeSet<String>>,
    on_host: SecretVersions,
    /// The versions of the values at hand; none without the plan key.
    pub(super) at_hand: Option<SecretVersions>,
}

impl InUse {
    /// Asks the stores for the plan key, where there are secrets at all.
    pub(super) fn new(
        project: &Project,
        desired_state: &DesiredState,
        answers: &Answers,
    ) -> Result<InUse, Problems> {
        let names = secret_names(&desired_state.wanted);
        let has_values = !names.is_empty() && project.values != SecretValues::Withheld;
        let key = has_values.then(|| project.secrets.plan_key()).transpose();
        let key = key.map_err(|problem| vec![problem])?.flatten();
        Ok(InUse {
            at_hand: key.map(|key| versions(&key, &desired_state.secrets)),
            there: secrets_in_use(answers, desired_state.ledger.as_ref()),
            on_host: desired_state
                .ledger
                .iter()
                .flat_map(|one: &Ledger| one.secrets.clone())
                .collect(),
            names,
        })
    }

    /// The same, as a plan is compared with it.
    pub fn values(&self) -> shown::KnownVersions<'_> {
        shown::KnownVersions {
            names: &self.names,
            in_use: self.there.as_ref(),
            on_host: &self.on_host,
            at_hand: self.at_hand.as_ref(),
        }
    }

    /// Says in a plan what becomes of secrets, as far as it is to be shown.
    pub(super) fn show_secrets(
        &self,
        project: &Project,
        plan: &Plan,
        wanted: &[Wanted],
        shown: &mut Shown,
    ) {
        let at_hand = self.at_hand.as_ref();
        shown.secrets = match project.values {
            SecretValues::AtHand => Secrets::changed(&changed(plan, wanted), at_hand),
            SecretValues::Unversioned => Secrets::changed(&changed(plan, wanted), None),
            SecretValues::Withheld | SecretValues::AsWithheld => Secrets::withheld(self.values()),
        };
    }

    /// Whether it is known of all secrets which value the host has, or the values are at hand.
    pub(super) fn is_compared(&self, project: &Project) -> bool {
        project.values != SecretValues::Withheld
            || self.names.iter().all(|name| self.on_host.contains_key(name))
    }
}

/// Those that change; one that is still to be generated has no value to compare.
fn changed(plan: &Plan, wanted: &[Wanted]) -> BTreeSet<String> {
    let mut names = changing(plan, wanted);
    let pending = wanted.iter().flat_map(|item| item.resource.pending_secrets());
    for name in pending {
        names.remove(&name);
    }
    names
}

fn versions(key: &PlanKey, secrets: &BTreeMap<String, Secret>) -> SecretVersions {
    let known = secrets.values().filter(|secret| !secret.is_pending());
    known.map(|secret| (secret.name().to_owned(), key.version(secret))).collect()
}

/// Why a saved plan can never be applied, whatever the host is: it assumes secrets unchanged, and that cannot be
/// verified.
pub fn uncompared(plan: &Shown) -> Option<Diagnostic> {
    let names = &plan.secrets.uncompared;
    let message = format!(
        "the plan was made without secrets, and the host has no record to compare {} with",
        names.join(", ")
    );
    (!names.is_empty()).then(|| {
        Diagnostic::error("plan/uncompared", message)
            .help(
                "run `matrixform secrets generate SPEC` where the secrets are, which creates the plan key, and `matrixform apply \
                 SPEC` once there; then make the plan again",
            )
            .exit(crate::diagnostic::Exit::Stale)
    })
}

/// What to know of a plan that is to be saved: a secret changes, and nothing in it says to which value.
pub fn unversioned(plan: &Shown) -> Option<Diagnostic> {
    let secrets = &plan.secrets;
    let names = secrets.changed.iter().filter(|(_, version)| version.is_none());
    let names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
    let message = format!(
        "secrets not compared: without a plan key the plan cannot say which value of {} it is for, and cannot be \
         applied",
        names.join(", ")
    );
    secrets.is_unversioned().then(|| {
        Diagnostic::warning("plan/uncompared", message).help(format!(
            "create one with `matrixform secrets generate SPEC`, or set `{}` to yours; then plan again",
            variable(PLAN_KEY)
        ))
    })
}
