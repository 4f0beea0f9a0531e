//! The same plan without the values of secrets. Where the approved one was made so, this is what is compared with it: what
//! can be shown of a file depends on what is known of it. What is carried out is the plan with the values.

use super::look::planned;
use super::want::{Want, want_with};
use super::{Project, Values};
use crate::apply::surveyed;
use crate::diagnostic::Problems;
use crate::facts::Facts;
use crate::module::Expansion;
use crate::plan::{Ledger, Plan, secrets_in_use};
use crate::resource::{Action, Answers, Questions};
use crate::secret::Withheld;
use std::collections::BTreeMap;

/// What is wanted of a host, by the names of secrets alone.
pub(super) fn want_withheld(
    project: &Project,
    facts: &Facts,
    ledger: Option<&Ledger>,
    answers: &Answers,
) -> Result<Want, Problems> {
    let there = secrets_in_use(answers, ledger);
    want_with(project, facts, &Withheld { in_use: there.as_ref() }, &BTreeMap::new())
}

/// What is wanted, without values.
pub(super) struct Blind {
    want: Want,
}

impl Blind {
    /// None where the approved plan was not made so.
    pub(super) fn of(
        project: &Project,
        facts: &Facts,
        ledger: Option<&Ledger>,
        answers: &Answers,
    ) -> Result<Option<Blind>, Problems> {
        if project.values != Values::AsWithheld {
            return Ok(None);
        }
        let want = want_withheld(project, facts, ledger, answers)?;
        Ok(Some(Blind { want: want.and_orphans(project, ledger)? }))
    }

    /// Asks what it needs to know.
    pub(super) fn ask(&self, questions: &mut Questions) {
        for (function, words) in self.want.questions().calls() {
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
        let (mut plan, _) = planned(project, &self.want, answers)?;
        surveyed(&mut plan, expansion, answers);
        Ok(plan)
    }
}

/// What would be done otherwise than a plan without values shows: a secret of the host that somebody changed by hand.
pub(super) fn unlike(plan: &Plan, told: &Plan) -> Vec<String> {
    let actions = |plan: &Plan| -> BTreeMap<String, Action> {
        let items = plan.items.iter();
        items.map(|item| (item.address.to_string(), item.change.action.clone())).collect()
    };
    let (now, told) = (actions(plan), actions(told));
    let differs = |address: &&String| now.get(*address) != told.get(*address);
    let all = now.keys().chain(told.keys().filter(|address| !now.contains_key(*address)));
    all.filter(differs)
        .map(|address| {
            format!("{address}: with the secrets at hand it is not as the plan shows it")
        })
        .collect()
}
