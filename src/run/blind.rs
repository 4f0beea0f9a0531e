//! The same plan without the values of secrets. Where the approved one was made so, this is what is compared with it: what
//! can be shown of a file depends on what is known of it. What is carried out is the plan with the values.

use super::desired_state::{DesiredState, desired_state_with};
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

/// What is wanted of a host, by the names of secrets alone.
pub(super) fn desired_state_withheld(
    project: &Project,
    facts: &Facts,
    ledger: Option<&Ledger>,
    answers: &Answers,
) -> Result<DesiredState, Problems> {
    let there = secrets_in_use(answers, ledger);
    desired_state_with(project, facts, &Withheld { in_use: there.as_ref() }, &BTreeMap::new())
}

/// What is wanted, without values.
pub(super) struct Blind {
    desired_state: DesiredState,
}

impl Blind {
    /// None where the approved plan was not made so.
    pub(super) fn of(
        project: &Project,
        facts: &Facts,
        ledger: Option<&Ledger>,
        answers: &Answers,
    ) -> Result<Option<Blind>, Problems> {
        if project.values != SecretValues::AsWithheld {
            return Ok(None);
        }
        let desired_state = desired_state_withheld(project, facts, ledger, answers)?;
        Ok(Some(Blind {
            desired_state: desired_state.and_orphans(project, &project.scope, ledger)?,
        }))
    }

    /// Asks what it needs to know.
    pub(super) fn ask(&self, questions: &mut Questions) {
        for (function, words) in self.desired_state.questions().calls() {
            questions.ask(function, &words);
        }
    }

    /// Its plan.
    pub(super) fn plan(
        self,
        project: &Project,
        expansion: &Expansion,
        answers: &Answers,
    ) -> Result<Plan, Problems> {
        let (mut plan, _) = planned(project, &project.scope, &self.desired_state, answers)?;
        surveyed(&mut plan, &expansion.surveyed, answers);
        Ok(plan)
    }
}

/// What would be done otherwise than a plan without values shows: a secret of the host that someone changed by hand.
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
