//! One look at a host: what it is, what is wanted of it, and what differs.

use super::undoes::undoes;
use super::want::{Guess, Want, want, want_with};
use super::{Project, Session};
use crate::apply::{survey, surveyed};
use crate::diagnostic::{Diagnostic, Problems};
use crate::facts::Facts;
use crate::host;
use crate::module::Expansion;
use crate::plan::shown::{Bound, Shown, sha256_of_all};
use crate::plan::{Judged, Ledger, Plan, endangered, identity_questions, make_judged};
use crate::resource::{Answers, Wanted};

/// What one look at the host gave.
pub struct Look {
    /// What the host is.
    pub facts: Facts,
    /// What the host remembers of what it was made to be.
    pub ledger: Option<Ledger>,
    /// The wanted resources.
    pub wanted: Vec<Wanted>,
    /// Their activations, and what expansion had to say (its resources have moved to `wanted`).
    pub expansion: Expansion,
    /// What differs.
    pub plan: Plan,
    /// The same, as it is shown, kept and compared.
    pub shown: Shown,
    /// Who the server is.
    pub judged: Judged,
    /// What the host answered.
    pub answers: Answers,
}

impl Session<'_> {
    /// Looks at everything: one flight when `guess` was right, a second one otherwise.
    pub async fn look(&mut self, guess: Guess) -> Result<Look, Problems> {
        // The first flight leaves together with the command that starts the shell.
        let mut answers = self.ask(&guess.questions).await?;
        self.lap("the host's answer");
        let facts = self.read(&answers);
        supported(&facts, host::is_root(&answers))?;
        let ledger = Ledger::read(&answers, &self.project.spec.id.text).map_err(|one| vec![one])?;
        let want = want_with(self.project, &facts, &self.project.secrets, &guess.secrets)?;
        let known = self.project.known(&facts)?;
        known.iter().try_for_each(|known| known.admit(self.project, &want))?;
        let want = want.and_orphans(self.project, ledger.as_ref())?;
        let missing = want.questions().without(&guess.questions);
        if !missing.is_empty() {
            answers.extend(self.ask(&missing).await?);
            self.lap("its second answer");
        }
        self.remembered.iter().for_each(|known| self.memory.keep(known));
        let identity = identity_questions(&want.wanted, &answers);
        if !identity.is_empty() {
            answers.extend(self.ask(&identity).await?);
            self.lap("who the host is");
        }
        let (mut plan, judged) = planned(self.project, &want, &answers)?;
        let Want { expansion, wanted, .. } = want;
        let lost = endangered(&wanted, &answers, &|name| self.project.secrets.irreplaceable(name));
        if !lost.is_empty() {
            return Err(lost);
        }
        let survey = survey(&plan, &expansion.activations);
        if !survey.is_empty() {
            answers.extend(self.ask(&survey).await?);
            self.lap("what else the host does");
        }
        surveyed(&mut plan, &expansion, &answers);
        if let Some(known) = &known {
            known.conceal(&mut plan, ledger.as_ref());
        }
        let key = Some(self.connection.host_key().fingerprint.clone());
        let bound = bound(self.project, key, &expansion, &answers);
        let shown = shown(self.project, &plan, bound);
        self.lap("the plan");
        Ok(Look { facts, ledger, wanted, expansion, plan, shown, judged, answers })
    }

    /// Looks again at a host that was like this.
    pub async fn look_again(&mut self, facts: &Facts) -> Result<Look, Problems> {
        self.look(Guess::new(self.project, Some(facts))).await
    }
}

impl Look {
    /// The same look with the secrets that have been generated since.
    pub(super) fn again(self, project: &Project) -> Result<Look, Problems> {
        let want = want(project, &self.facts)?.and_orphans(project, self.ledger.as_ref())?;
        let (mut plan, judged) = planned(project, &want, &self.answers)?;
        let Want { expansion, wanted, .. } = want;
        surveyed(&mut plan, &expansion, &self.answers);
        let bound = bound(project, self.shown.bound.host_key, &expansion, &self.answers);
        let shown = shown(project, &plan, bound);
        let (facts, ledger, answers) = (self.facts, self.ledger, self.answers);
        Ok(Look { facts, ledger, wanted, expansion, plan, shown, judged, answers })
    }
}

/// The plan as it is shown; what the last filter knows does not even get into a file.
fn shown(project: &Project, plan: &Plan, bound: Bound) -> Shown {
    let masker = project.secrets.masker();
    Shown::of(plan, bound, project.spec.base()).masked(&|text| masker.mask(text))
}

/// What the plan is made from.
fn bound(
    project: &Project,
    host_key: Option<String>,
    expansion: &Expansion,
    answers: &Answers,
) -> Bound {
    Bound {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        installation: project.spec.id.text.clone(),
        spec: sha256_of_all(project.spec.texts()),
        host_key,
        machine: host::machine(answers),
        facts: expansion.facts.clone(),
    }
}

/// The plan for these answers, and who the server is by them.
fn planned(project: &Project, want: &Want, answers: &Answers) -> Result<(Plan, Judged), Problems> {
    let (claim, host) = (project.claim(), project.host_name());
    let activations = &want.expansion.activations;
    let (mut plan, judged) =
        make_judged(&claim, &host, &want.wanted, activations, answers, &project.scope)?;
    plan.allow.clone_from(&project.allow);
    let applied = want.ledger.as_ref().and_then(|ledger| ledger.applied.as_ref());
    if !plan.is_empty() {
        plan.undoes = applied.and_then(|applied| undoes(project.repository.revision(), applied));
    }
    plan.risks.splice(0..0, plan.undoes.clone());
    want.forgotten.mark(&mut plan);
    Ok((plan, judged))
}

/// Refuses what matrixform cannot work on.
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
            Diagnostic::error("host/not-root", "the shell on the host is not root's")
                .help("log in as root, or set `become = \"sudo\"` in `[host]`"),
        ]);
    }
    Ok(())
}
