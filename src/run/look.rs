//! One look at a host: what it is, what is wanted of it, and what differs.

use super::want::{Guess, Want, want, want_with};
use super::{Project, Session};
use crate::apply::{survey, surveyed};
use crate::diagnostic::{Diagnostic, Problems};
use crate::facts::Facts;
use crate::host;
use crate::module::Expansion;
use crate::plan::{Judged, Plan, endangered, identity_questions, make_judged};
use crate::resource::{Answers, Wanted};

/// What one look at the host gave.
pub struct Look {
    /// What the host is.
    pub facts: Facts,
    /// The wanted resources.
    pub wanted: Vec<Wanted>,
    /// Their activations, and what expansion had to say (its resources have moved to `wanted`).
    pub expansion: Expansion,
    /// What differs.
    pub plan: Plan,
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
        let want = want_with(self.project, &facts, &self.project.secrets, &guess.secrets)?;
        let missing = want.questions().without(&guess.questions);
        let Want { expansion, wanted, .. } = want;
        if !missing.is_empty() {
            answers.extend(self.ask(&missing).await?);
            self.lap("its second answer");
        }
        self.remembered.iter().for_each(|known| self.memory.keep(known));
        let identity = identity_questions(&wanted, &answers);
        if !identity.is_empty() {
            answers.extend(self.ask(&identity).await?);
            self.lap("who the host is");
        }
        let (mut plan, judged) = planned(self.project, &wanted, &expansion, &answers)?;
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
        self.lap("the plan");
        Ok(Look { facts, wanted, expansion, plan, judged, answers })
    }

    /// Looks again at a host that was like this.
    pub async fn look_again(&mut self, facts: &Facts) -> Result<Look, Problems> {
        self.look(Guess::new(self.project, Some(facts))).await
    }
}

impl Look {
    /// The same look with the secrets that have been generated since.
    pub(super) fn again(self, project: &Project) -> Result<Look, Problems> {
        let Want { expansion, wanted, .. } = want(project, &self.facts)?;
        let (mut plan, judged) = planned(project, &wanted, &expansion, &self.answers)?;
        surveyed(&mut plan, &expansion, &self.answers);
        let (facts, answers) = (self.facts, self.answers);
        Ok(Look { facts, wanted, expansion, plan, judged, answers })
    }
}

/// The plan for these answers, and who the server is by them.
fn planned(
    project: &Project,
    wanted: &[Wanted],
    expansion: &Expansion,
    answers: &Answers,
) -> Result<(Plan, Judged), Problems> {
    make_judged(&project.claim(), &project.host_name(), wanted, &expansion.activations, answers)
}

/// Refuses what matrixform cannot work on.
fn supported(facts: &Facts, is_root: bool) -> Result<(), Problems> {
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
