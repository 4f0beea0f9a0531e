//! The secrets in use as known from an observation: their names, and which values exist here and on the host.

use super::{ExpandedSpec, Project, SecretValues};
use crate::diagnostic::{Diagnostic, Problems};
use crate::plan::shown::{self, PlanDocument, SecretVersions, Secrets};
use crate::plan::{Ledger, Plan, changing, secret_names, secrets_in_use};
use crate::resource::{Answers, Wanted};
use crate::secret::{PLAN_KEY, PlanKey, Secret, variable};
use std::collections::{BTreeMap, BTreeSet};

/// The secrets of an observation.
#[derive(Debug, Default)]
pub struct InUse {
    names: BTreeSet<String>,
    there: Option<BTreeSet<String>>,
    on_host: SecretVersions,
    /// The versions of the values at hand; `None` without the plan key.
    pub(super) at_hand: Option<SecretVersions>,
}

impl InUse {
    /// Gets the plan key from the stores, if there are any secrets.
    pub(super) fn new(
        project: &Project,
        expanded_spec: &ExpandedSpec,
        answers: &Answers,
    ) -> Result<InUse, Problems> {
        let names = secret_names(&expanded_spec.wanted);
        let has_values = !names.is_empty() && project.values != SecretValues::Withheld;
        let key = has_values.then(|| project.secrets.plan_key()).transpose();
        let key = key.map_err(|problem| vec![problem])?.flatten();
        Ok(InUse {
            at_hand: key.map(|key| versions(&key, &expanded_spec.secrets)),
            there: secrets_in_use(answers, expanded_spec.ledger.as_ref()),
            on_host: expanded_spec
                .ledger
                .iter()
                .flat_map(|one: &Ledger| one.secrets.clone())
                .collect(),
            names,
        })
    }

    /// Returns the versions against which a plan is compared.
    pub fn values(&self) -> shown::KnownVersions<'_> {
        shown::KnownVersions {
            names: &self.names,
            in_use: self.there.as_ref(),
            on_host: &self.on_host,
            at_hand: self.at_hand.as_ref(),
        }
    }

    /// Adds to a plan what happens to secrets, as far as that is to be shown.
    pub(super) fn show_secrets(
        &self,
        project: &Project,
        plan: &Plan,
        wanted: &[Wanted],
        shown: &mut PlanDocument,
    ) {
        let at_hand = self.at_hand.as_ref();
        shown.secrets = match project.values {
            SecretValues::AtHand => Secrets::changed(&changed(plan, wanted), at_hand),
            SecretValues::Unversioned => Secrets::changed(&changed(plan, wanted), None),
            SecretValues::Withheld | SecretValues::AsWithheld => Secrets::withheld(self.values()),
        };
    }

    /// Whether the host's values of all secrets are known, or the values are at hand.
    pub(super) fn is_compared(&self, project: &Project) -> bool {
        project.values != SecretValues::Withheld
            || self.names.iter().all(|name| self.on_host.contains_key(name))
    }
}

/// Returns the secrets that change; one that is still to be generated has no value to compare.
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

/// Explains why a saved plan can never be applied to any host: it assumes that secrets are unchanged, and that cannot
/// be verified.
pub fn uncompared(plan: &PlanDocument) -> Option<Diagnostic> {
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

/// Warns about a plan to be saved in which a secret changes without the plan naming the new value.
pub fn unversioned(plan: &PlanDocument) -> Option<Diagnostic> {
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
