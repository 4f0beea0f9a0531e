//! One observation of a host: its facts, the wanted state, and the differences.

use super::expanded_spec::{ExpandedSpec, Prefetch, expanded_spec, expanded_spec_with};
use super::retry::{may_retry, wait_before_retry};
use super::undoes::undoes;
use super::withheld_state::{WithheldState, desired_state_withheld, unlike};
use super::{InUse, Project, SecretValues, Session};
use crate::apply::{Runs, survey, surveyed};
use crate::diagnostic::{Diagnostic, Problems};
use crate::facts::Facts;
use crate::host;
use crate::module::Expansion;
use crate::plan::shown::{PlanDocument, PlanInputs, sha256_of_all};
use crate::plan::{
    IdentityCheck, Item, Ledger, Plan, Scope, endangered, identity_questions, make_checked,
    redact_former,
};
use crate::resource::{Answers, Wanted};
use std::time::Instant;

/// The result of one observation.
pub struct Snapshot {
    /// The host's facts.
    pub facts: Facts,
    /// The host's ledger.
    pub ledger: Option<Ledger>,
    /// The wanted resources.
    pub wanted: Vec<Wanted>,
    /// Their activations, and the notes of the expansion (its resources have moved to `wanted`).
    pub expansion: Expansion,
    /// The secrets that the wanted resources contain.
    pub in_use: InUse,
    /// The differences.
    pub plan: Plan,
    /// The plan as shown, saved and compared.
    pub shown: PlanDocument,
    /// For a plan shown without values: how the values would change what is shown.
    pub unlike: Vec<String>,
    /// The server's identity.
    pub identity_check: IdentityCheck,
    /// The host's answers.
    pub answers: Answers,
}

impl Session<'_> {
    /// Observes everything: in one round trip if the guess was right, otherwise with a second one.
    ///
    /// # Errors
    ///
    /// The host cannot be queried, is not supported, or is another installation; the spec does not expand; or no plan
    /// is possible, for example because a secret that the host has is missing here.
    pub async fn snapshot(&mut self, prefetch: Prefetch) -> Result<Snapshot, Problems> {
        // The first questions are sent together with the command that starts the shell.
        let mut answers = self.ask(&prefetch.questions).await?;
        self.runs = Runs::read(&answers);
        self.lap("the host's answer");
        let facts = self.read(&answers);
        supported(&facts, host::is_root(&answers))?;
        let ledger = Ledger::read(&answers, &self.project.spec.id.text).map_err(|one| vec![one])?;
        let expanded_spec = match self.project.values {
            SecretValues::Withheld => {
                desired_state_withheld(self.project, &facts, ledger.as_ref(), &answers)?
            }
            _ => {
                expanded_spec_with(self.project, &facts, &self.project.secrets, &prefetch.secrets)?
            }
        };
        let known = self.project.known(&facts)?;
        known.iter().try_for_each(|known| known.admit(self.project, &expanded_spec))?;
        let expanded_spec =
            expanded_spec.and_orphans(self.project, &self.scope, ledger.as_ref())?;
        let mut questions = expanded_spec.questions();
        let blind = WithheldState::of(self.project, &facts, ledger.as_ref(), &answers)?;
        blind.iter().for_each(|blind| blind.ask(&mut questions));
        let missing = questions.without(&prefetch.questions);
        if !missing.is_empty() {
            answers.extend(self.ask(&missing).await?);
            self.lap("second round trip");
        }
        self.remembered.iter().for_each(|known| self.host_cache.store(known));
        let identity = identity_questions(&expanded_spec.wanted, &answers);
        if !identity.is_empty() {
            answers.extend(self.ask(&identity).await?);
            self.lap("host identity");
        }
        let (mut plan, identity_check) =
            planned(self.project, &self.scope, &expanded_spec, &answers)?;
        let in_use = InUse::new(self.project, &expanded_spec, &answers)?;
        let ExpandedSpec { expansion, wanted, .. } = expanded_spec;
        let lost = endangered(&wanted, &answers, &|name| self.project.secrets.irreplaceable(name));
        if !lost.is_empty() {
            return Err(lost);
        }
        let survey = survey(&plan, &expansion.activations);
        if !survey.is_empty() {
            answers.extend(self.ask(&survey).await?);
            self.lap("survey");
        }
        surveyed(&mut plan, &expansion.surveyed, &answers);
        if let Some(known) = &known {
            known.redact(self.project, &mut plan, ledger.as_ref(), &answers);
        }
        let key = Some(self.connection.host_key().fingerprint.clone());
        let bound = bound(self.project, key, &expansion, &answers);
        let shown_plan =
            blind.map(|blind| blind.plan(self.project, &expansion, &answers)).transpose()?;
        let unlike = shown_plan.iter().flat_map(|shown_plan| unlike(&plan, shown_plan)).collect();
        let shown_plan = shown_plan.as_ref().unwrap_or(&plan);
        let shown = shown(self.project, shown_plan, bound, &wanted, &in_use, ledger.as_ref());
        self.lap("the plan");
        Ok(Snapshot {
            facts,
            ledger,
            wanted,
            expansion,
            in_use,
            plan,
            shown,
            unlike,
            identity_check,
            answers,
        })
    }

    /// Observes again a host that had these facts.
    ///
    /// # Errors
    ///
    /// Fails as `snapshot` does.
    pub async fn snapshot_again(&mut self, facts: &Facts) -> Result<Snapshot, Problems> {
        self.snapshot(Prefetch::new(self.project, Some(facts))).await
    }

    /// Observes repeatedly, for a while, as long as an item that `counts` cannot be observed: a service that was just
    /// restarted answers late.
    ///
    /// # Errors
    ///
    /// Another observation fails, as for `snapshot`.
    pub async fn snapshot_until_seen(
        &mut self,
        mut snapshot: Snapshot,
        counts: impl Fn(&Snapshot, &Item) -> bool,
    ) -> Result<Snapshot, Problems> {
        let first = Instant::now();
        while may_retry(first)
            && snapshot.plan.items.iter().any(|item| item.is_unseen() && counts(&snapshot, item))
        {
            wait_before_retry().await;
            snapshot = self.snapshot_again(&snapshot.facts).await?;
        }
        Ok(snapshot)
    }
}

impl Snapshot {
    /// Returns the same observation with the secrets that have been generated since.
    pub(super) fn again(self, project: &Project, scope: &Scope) -> Result<Snapshot, Problems> {
        let expanded_spec = expanded_spec(project, &self.facts)?.and_orphans(
            project,
            scope,
            self.ledger.as_ref(),
        )?;
        let (mut plan, identity_check) = planned(project, scope, &expanded_spec, &self.answers)?;
        let in_use = InUse::new(project, &expanded_spec, &self.answers)?;
        let ExpandedSpec { expansion, wanted, .. } = expanded_spec;
        surveyed(&mut plan, &expansion.surveyed, &self.answers);
        let ledger = self.ledger.as_ref();
        let bound = bound(project, self.shown.bound.host_key, &expansion, &self.answers);
        let blind = WithheldState::of(project, &self.facts, ledger, &self.answers)?;
        let shown_plan =
            blind.map(|blind| blind.plan(project, &expansion, &self.answers)).transpose()?;
        let unlike = shown_plan.iter().flat_map(|shown_plan| unlike(&plan, shown_plan)).collect();
        let shown_plan = shown_plan.as_ref().unwrap_or(&plan);
        let shown = shown(project, shown_plan, bound, &wanted, &in_use, ledger);
        let (facts, ledger, answers) = (self.facts, self.ledger, self.answers);
        Ok(Snapshot {
            facts,
            ledger,
            wanted,
            expansion,
            in_use,
            plan,
            shown,
            unlike,
            identity_check,
            answers,
        })
    }
}

/// Returns the plan as shown; values known to the last filter do not even end up in a file.
fn shown(
    project: &Project,
    plan: &Plan,
    bound: PlanInputs,
    wanted: &[Wanted],
    in_use: &InUse,
    ledger: Option<&Ledger>,
) -> PlanDocument {
    let masker = project.secrets.masker();
    let mut visible = plan.clone();
    redact_former(&mut visible, wanted, ledger, in_use.is_compared(project));
    let mut shown = PlanDocument::of(&visible, bound, project.spec.base());
    in_use.show_secrets(project, plan, wanted, &mut shown);
    shown.masked(&|text| masker.mask(text))
}

/// Returns what the plan was made from.
fn bound(
    project: &Project,
    host_key: Option<String>,
    expansion: &Expansion,
    answers: &Answers,
) -> PlanInputs {
    PlanInputs {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        installation: project.spec.id.text.clone(),
        spec: sha256_of_all(project.spec.texts()),
        host_key,
        machine: host::machine(answers),
        facts: expansion.facts.clone(),
    }
}

/// Returns the plan for these answers, and the server's identity by them.
pub(super) fn planned(
    project: &Project,
    scope: &Scope,
    expanded_spec: &ExpandedSpec,
    answers: &Answers,
) -> Result<(Plan, IdentityCheck), Problems> {
    let (claim, host) = (project.claim(), project.host_name());
    let activations = &expanded_spec.expansion.activations;
    let (mut plan, identity_check) =
        make_checked(&claim, &host, &expanded_spec.wanted, activations, answers, scope)?;
    plan.allow.clone_from(&project.allow);
    if !project.scope.is_whole() && !plan.is_empty() {
        plan.refusals.extend(Runs::read(answers).whole_only());
    }
    let applied = expanded_spec.ledger.as_ref().and_then(|ledger| ledger.applied.as_ref());
    if !plan.is_empty() {
        plan.undoes = applied.and_then(|applied| undoes(project.repository.revision(), applied));
    }
    plan.risks.splice(0..0, plan.undoes.clone());
    plan.remarks = expanded_spec.ledger.iter().flat_map(|ledger| ledger.remarks(&plan)).collect();
    expanded_spec.forgotten.mark(&mut plan);
    Ok((plan, identity_check))
}

/// Refuses a host that matrixform does not support.
pub(super) fn supported(facts: &Facts, is_root: bool) -> Result<(), Problems> {
    let os = facts.os.id.as_deref().unwrap_or("an unknown system");
    if !matches!(os, "ubuntu" | "debian") {
        let version = facts.os.version.as_deref().unwrap_or("");
        let runs = format!("the host runs {os} {version}");
        return Err(vec![
            Diagnostic::error("host/unsupported", runs.trim_end())
                .help("matrixform works on Ubuntu 24.04 and Debian 12 and 13"),
        ]);
    }
    if !is_root {
        return Err(vec![
            Diagnostic::error("host/not-root", "the shell on the host does not run as root")
                .help("log in as root, or set `become = \"sudo\"` in `[host]`"),
        ]);
    }
    Ok(())
}
