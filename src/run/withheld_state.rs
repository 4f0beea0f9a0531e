//! The same plan without the values of secrets. If the approved plan was made without them, this one is compared with
//! it, since what a plan shows of a file depends on the known values. The plan that is carried out has the values.

use super::expanded_spec::{ExpandedSpec, expanded_spec_with};
use super::snapshot::planned;
use super::{Project, SecretValues};
use crate::apply::surveyed;
use crate::diagnostic::Problems;
use crate::facts::Facts;
use crate::module::Expansion;
use crate::plan::{Ledger, Plan, secrets_in_use};
use crate::resource::{Action, Answers, Questions};
use crate::secret::Withheld;
use std::collections::BTreeMap;

/// Returns the wanted state of a host, with only the names of secrets.
pub(super) fn desired_state_withheld(
    project: &Project,
    facts: &Facts,
    ledger: Option<&Ledger>,
    answers: &Answers,
) -> Result<ExpandedSpec, Problems> {
    let there = secrets_in_use(answers, ledger);
    expanded_spec_with(project, facts, &Withheld { in_use: there.as_ref() }, &BTreeMap::new())
}

/// The wanted state without secret values.
pub(super) struct WithheldState {
    expanded_spec: ExpandedSpec,
}

impl WithheldState {
    /// Returns `None` if the approved plan was made with secret values.
    pub(super) fn of(
        project: &Project,
        facts: &Facts,
        ledger: Option<&Ledger>,
        answers: &Answers,
    ) -> Result<Option<WithheldState>, Problems> {
        if project.values != SecretValues::AsWithheld {
            return Ok(None);
        }
        let expanded_spec = desired_state_withheld(project, facts, ledger, answers)?;
        Ok(Some(WithheldState {
            expanded_spec: expanded_spec.and_orphans(project, &project.scope, ledger)?,
        }))
    }

    /// Adds its questions.
    pub(super) fn ask(&self, questions: &mut Questions) {
        for (function, args) in self.expanded_spec.questions().calls() {
            questions.ask(function, &args);
        }
    }

    /// Returns its plan.
    pub(super) fn plan(
        self,
        project: &Project,
        expansion: &Expansion,
        answers: &Answers,
    ) -> Result<Plan, Problems> {
        let (mut plan, _) = planned(project, &project.scope, &self.expanded_spec, answers)?;
        surveyed(&mut plan, &expansion.surveyed, answers);
        Ok(plan)
    }
}

/// Lists actions that differ from a plan without values: a secret was changed by hand on the host.
pub(super) fn unlike(plan: &Plan, shown: &Plan) -> Vec<String> {
    let actions = |plan: &Plan| -> BTreeMap<String, Action> {
        let items = plan.items.iter();
        items.map(|item| (item.address.to_string(), item.change.action.clone())).collect()
    };
    let (now, shown) = (actions(plan), actions(shown));
    let differs = |address: &&String| now.get(*address) != shown.get(*address);
    let all = now.keys().chain(shown.keys().filter(|address| !now.contains_key(*address)));
    all.filter(differs)
        .map(|address| format!("{address}: with the secrets available, it differs from the plan"))
        .collect()
}
